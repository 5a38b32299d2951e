#include "base/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/config_value.h"

namespace diptych {
namespace {

// The nearest name by edit distance, for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string suggestion(std::span<const ConfigRow> rows, std::string_view name) {
  const auto distance = [name](const ConfigRow& row) { return edit_distance(row.name, name); };
  const auto nearest = std::ranges::min_element(rows, {}, distance);
  if (nearest == rows.end() || distance(*nearest) > 3) return "";
  return fmt::format("; did you mean \"{}\"?", nearest->name);
}

}  // namespace

ConfigTable::ConfigTable(std::vector<ConfigRow> rows) : rows_(std::move(rows)) {
  for (const ConfigRow& row : rows_) {
    CHECK(std::ranges::count(rows_, row.name, &ConfigRow::name) == 1);
    CHECK(std::ranges::count(rows_, row.flag, &ConfigRow::flag) == 1);
    states_.push_back({.default_text = current_text(row)});
  }
}

std::optional<std::size_t> ConfigTable::index_of(std::string_view name) const {
  const auto row = std::ranges::find(rows_, name, &ConfigRow::name);
  if (row == rows_.end()) return std::nullopt;
  return static_cast<std::size_t>(row - rows_.begin());
}

Status ConfigTable::apply(const ConfigSetting& setting) {
  const auto index = index_of(setting.name);
  if (!index) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: there is no option \"{}\"{}", setting.source, setting.name,
                            suggestion(rows_, setting.name)),
                setting.name, "unknown_option");
  }
  const ConfigRow& row = rows_[*index];
  const bool well_written = !setting.quoted || is_written_in_quotes(row, *setting.quoted);
  const Status status = well_written
                            ? set_from_text(row, setting.text)
                            : Status(fail(ErrorCode::kInvalidArgument,
                                          fmt::format("must be written as {}", type_name(row))));
  if (!status) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} is \"{}\" but {}", setting.source, row.name, setting.text,
                            status.error().message),
                setting.name, "invalid_option");
  }
  states_[*index].source = setting.source;
  return {};
}

std::string_view ConfigTable::default_of(std::string_view name) const {
  const auto index = index_of(name);
  CHECK(index.has_value());
  return states_[*index].default_text;
}

std::string_view ConfigTable::source_of(std::string_view name) const {
  const auto index = index_of(name);
  CHECK(index.has_value());
  return states_[*index].source;
}

std::string environment_name(const ConfigRow& row) {
  std::string name = "DIPTYCH_";
  for (const char c : row.flag.substr(2)) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Status apply_environment(ConfigTable& table, const std::function<const char*(const char*)>& get) {
  for (const ConfigRow& row : table.rows()) {
    const std::string variable = environment_name(row);
    const char* text = get(variable.c_str());
    if (text == nullptr) continue;
    TRY_STATUS(table.apply({.name = std::string(row.name), .text = text, .source = variable}));
  }
  return {};
}

}  // namespace diptych
