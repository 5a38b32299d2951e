#include <fmt/format.h>

#include "base/config.h"

namespace diptych {
namespace {

std::string or_nothing(std::string_view text) {
  return text.empty() ? "" : fmt::format("`{}`", text);
}

std::string_view section_of(std::string_view name) { return name.substr(0, name.find('.')); }

void append_section_head(std::string& out, std::string_view section) {
  out += fmt::format(
      "\n## {}\n\n| option | flag | environment | type | default | limits | meaning |\n"
      "|---|---|---|---|---|---|---|\n",
      section);
}

}  // namespace

std::string describe_text(const ConfigTable& table) {
  std::string out;
  for (const ConfigRow& row : table.rows()) {
    out += fmt::format("{:<34} {:<28} from {}\n", row.name, current_text(row),
                       table.source_of(row.name));
  }
  return out;
}

std::string describe_markdown(const ConfigTable& table) {
  std::string out;
  std::string_view section;
  for (const ConfigRow& row : table.rows()) {
    if (section_of(row.name) != section) {
      section = section_of(row.name);
      append_section_head(out, section);
    }
    out += fmt::format("| `{}` | `{}` | `{}` | {} | {} | {} | {} |\n", row.name, row.flag,
                       environment_name(row), type_name(row),
                       or_nothing(table.default_of(row.name)), limits_text(row), row.doc);
  }
  return out;
}

Json describe_json(const ConfigTable& table) {
  Json options = Json::array();
  for (const ConfigRow& row : table.rows()) {
    options.push_back(Json::object({{"name", row.name},
                                    {"flag", row.flag},
                                    {"environment", environment_name(row)},
                                    {"type", type_name(row)},
                                    {"default", table.default_of(row.name)},
                                    {"value", current_text(row)},
                                    {"source", table.source_of(row.name)},
                                    {"limits", limits_text(row)},
                                    {"doc", row.doc}}));
  }
  return options;
}

}  // namespace diptych
