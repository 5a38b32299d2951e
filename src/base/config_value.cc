#include "base/config_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace diptych {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

struct Unit {
  std::string_view name;
  double size;
};
// Largest first: values are shown in the largest unit that leaves a whole number.
constexpr std::array kByteUnits = {Unit{"GiB", 1024.0 * 1024 * 1024}, Unit{"MiB", 1024.0 * 1024},
                                   Unit{"KiB", 1024.0}, Unit{"", 1}};
constexpr std::array kTimeUnits = {Unit{"h", 3600}, Unit{"m", 60}, Unit{"s", 1}, Unit{"ms", 1e-3}};

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

std::string number_text(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string in_units(double value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    const double count = value / unit.size;
    if (count >= 1 && std::abs(count - std::round(count)) < 1e-9) {
      return number_text(std::round(count)) + std::string(unit.name);
    }
  }
  return number_text(value) + std::string(units.back().name);
}

std::string limit_text(const ConfigRow& row, double limit) {
  if (std::holds_alternative<ByteCount>(row.target)) return in_units(limit, kByteUnits);
  const bool is_time = std::holds_alternative<std::chrono::milliseconds*>(row.target) ||
                       std::holds_alternative<Duration*>(row.target);
  return is_time ? in_units(limit, kTimeUnits) : number_text(limit);
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "10 s" is 10 of the unit "s".
std::optional<double> with_unit(std::string_view text, std::span<const Unit> units) {
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  const auto unit = std::ranges::find(units, text, &Unit::name);
  if (unit == units.end()) return std::nullopt;
  return count * unit->size;
}

Status check_range(const ConfigRow& row, double value) {
  if (value >= row.min && value <= row.max) return {};
  return bad("must be " + limits_text(row));
}

template <class Rep>
Status set_time(const ConfigRow& row, std::string_view text, Rep& target) {
  const auto seconds = with_unit(text, kTimeUnits);
  if (!seconds) return bad("must be a time such as 500ms, 10s, 5m or 1h");
  TRY_STATUS(check_range(row, *seconds));
  target = std::chrono::duration_cast<Rep>(std::chrono::duration<double>(*seconds));
  return {};
}

Status set_text(const ConfigRow& row, std::string_view text, std::string& target) {
  if (!row.choices.empty() && std::ranges::find(row.choices, text) == row.choices.end()) {
    return bad("must be " + limits_text(row));
  }
  target = text;
  return {};
}

Status set_switch(std::string_view text, bool& target) {
  if (text != "true" && text != "false") return bad("must be true or false");
  target = text == "true";
  return {};
}

template <class Number>
Status set_number(const ConfigRow& row, std::string_view text, Number& target) {
  const auto number = whole<Number>(text);
  if (!number)
    return bad(
        fmt::format("must be {} {}", type_name(row) == "integer" ? "an" : "a", type_name(row)));
  TRY_STATUS(check_range(row, static_cast<double>(*number)));
  target = *number;
  return {};
}

Status set_bytes(const ConfigRow& row, std::string_view text, std::size_t& target) {
  const auto bytes = with_unit(text, kByteUnits);
  if (!bytes || *bytes < 0 || *bytes > 0x1p62)
    return bad("must be a size such as 64KiB, 256MiB or 1000000");
  TRY_STATUS(check_range(row, *bytes));
  target = static_cast<std::size_t>(*bytes);
  return {};
}

std::string time_text(std::chrono::duration<double> time) {
  return in_units(time.count(), kTimeUnits);
}

}  // namespace

Status set_from_text(const ConfigRow& row, std::string_view text) {
  return std::visit(
      Overloaded{
          [&](std::string* target) { return set_text(row, text, *target); },
          [&](Path* target) -> Status {
            *target = Path(text);
            return {};
          },
          [&](bool* target) { return set_switch(text, *target); },
          [&](int* target) { return set_number(row, text, *target); },
          [&](double* target) { return set_number(row, text, *target); },
          [&](ByteCount target) { return set_bytes(row, text, *target.value); },
          [&](std::chrono::milliseconds* target) { return set_time(row, text, *target); },
          [&](Duration* target) { return set_time(row, text, *target); },
      },
      row.target);
}

std::string current_text(const ConfigRow& row) {
  return std::visit(
      Overloaded{
          [](const std::string* target) { return *target; },
          [](const Path* target) { return target->string(); },
          [](const bool* target) { return std::string(*target ? "true" : "false"); },
          [](const int* target) { return std::to_string(*target); },
          [](const double* target) { return number_text(*target); },
          [](ByteCount target) { return in_units(static_cast<double>(*target.value), kByteUnits); },
          [](const std::chrono::milliseconds* target) { return time_text(*target); },
          [](const Duration* target) { return time_text(*target); },
      },
      row.target);
}

std::string_view type_name(const ConfigRow& row) {
  constexpr std::array<std::string_view, std::variant_size_v<ConfigTarget>> kNames = {
      "text", "path", "boolean", "integer", "number", "size", "time", "time"};
  return kNames[row.target.index()];
}

bool is_written_in_quotes(const ConfigRow& row, bool quoted) {
  const std::string_view type = type_name(row);
  if (type == "size") return true;  // either way: 1000 or "256MiB"
  return quoted == (type == "text" || type == "path" || type == "time");
}

std::string limits_text(const ConfigRow& row) {
  if (!row.choices.empty()) return fmt::format("one of {}", fmt::join(row.choices, ", "));
  const bool has_min = row.min != std::numeric_limits<double>::lowest();
  const bool has_max = row.max != std::numeric_limits<double>::max();
  if (has_min && has_max) {
    return fmt::format("{} to {}", limit_text(row, row.min), limit_text(row, row.max));
  }
  if (has_min) return limit_text(row, row.min) + " or more";
  if (has_max) return limit_text(row, row.max) + " or less";
  return "";
}

}  // namespace diptych
