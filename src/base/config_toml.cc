// The only file that knows toml++.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/config.h"

namespace diptych {
namespace {

std::string place(std::string_view file, const toml::node& node) {
  return fmt::format("{} line {}", file, node.source().begin.line);
}

Result<ConfigSetting> setting_of(const std::string& name, const toml::node& node,
                                 std::string_view file) {
  ConfigSetting setting{.name = name, .text = "", .source = place(file, node), .quoted = false};
  if (const auto* text = node.as_string()) {
    setting.text = text->get();
    setting.quoted = true;
  } else if (const auto* integer = node.as_integer()) {
    setting.text = std::to_string(integer->get());
  } else if (const auto* number = node.as_floating_point()) {
    setting.text = fmt::format("{}", number->get());
  } else if (const auto* boolean = node.as_boolean()) {
    setting.text = boolean->get() ? "true" : "false";
  } else {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} must be text, a number or a boolean", setting.source, name),
                name, "invalid_option");
  }
  return setting;
}

// Also bounds the recursion of apply_tables() to the depth of our own names.
bool is_section(const ConfigTable& table, const std::string& name) {
  return std::ranges::any_of(table.rows(), [prefix = name + "."](const ConfigRow& row) {
    return row.name.starts_with(prefix);
  });
}

Status apply_tables(ConfigTable& table, const toml::table& tables, const std::string& prefix,
                    std::string_view file) {
  for (const auto& [key, node] : tables) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      if (!is_section(table, name)) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("{}: there is no section \"{}\"", place(file, node), name), name,
                    "unknown_option");
      }
      TRY_STATUS(apply_tables(table, *inner, name + ".", file));
      continue;
    }
    TRY(const ConfigSetting setting, setting_of(name, node, file));
    TRY_STATUS(table.apply(setting));
  }
  return {};
}

}  // namespace

Status apply_toml(ConfigTable& table, std::string_view toml, std::string_view file) {
  try {
    const toml::table tables = toml::parse(toml, file);
    return apply_tables(table, tables, "", file);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} line {}: {}", file, error.source().begin.line, error.description()),
                "", "invalid_toml");
  }
}

}  // namespace diptych
