#include "app/config_flags.h"

#include <fmt/format.h>

#include <algorithm>

namespace diptych {
namespace {

std::string help_of(const ConfigRow& row, std::string_view default_text) {
  std::string help(row.doc);
  if (const std::string limits = limits_text(row); !limits.empty())
    help += fmt::format(" {}.", limits);
  if (!default_text.empty()) help += fmt::format(" [{}]", default_text);
  return help;
}

}  // namespace

void ConfigFlags::add(CLI::App& command, const ConfigTable& table,
                      const std::vector<std::string_view>& sections) {
  for (const ConfigRow& row : table.rows()) {
    const bool wanted =
        sections.empty() || std::ranges::any_of(sections, [&row](std::string_view section) {
          return row.name.starts_with(section);
        });
    if (!wanted) continue;
    Flag& flag = flags_.emplace_back(Flag{.row = &row, .text = "", .option = nullptr});
    const std::string name(row.flag);
    const std::string help = help_of(row, table.default_of(row.name));
    if (std::holds_alternative<bool*>(row.target)) {
      flag.option = command.add_flag(name, flag.text, help);  // --x, or --x=false
    } else {
      flag.option =
          command.add_option(name, flag.text, help)->type_name(std::string(type_name(row)));
    }
    flag.option->group(std::string(row.name.substr(0, row.name.find('.'))));
  }
}

std::vector<ConfigSetting> ConfigFlags::given() const {
  std::vector<ConfigSetting> settings;
  for (const Flag& flag : flags_) {
    if (flag.option->count() == 0) continue;
    settings.push_back({.name = std::string(flag.row->name),
                        .text = flag.text,
                        .source = std::string(flag.row->flag)});
  }
  return settings;
}

}  // namespace diptych
