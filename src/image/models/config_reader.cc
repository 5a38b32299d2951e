#include "image/models/config_reader.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace diptych {
namespace {

constexpr std::size_t kListMax = 4096;
constexpr std::size_t kShownMax = 80;  // bytes of a value in a message

std::string shown(const Json* value) {
  if (value == nullptr) return "missing";
  std::string text = dump_json(*value);
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "…";
  return text;
}

constexpr ConfigChoice<Op> kActivations[] = {
    {"silu", Op::kSilu},         {"swish", Op::kSilu},
    {"gelu", Op::kGelu},         {"quick_gelu", Op::kQuickGelu},
    {"gelu_new", Op::kGeluTanh}, {"gelu_pytorch_tanh", Op::kGeluTanh},
    {"relu", Op::kRelu},
};

}  // namespace

ConfigReader::ConfigReader(const Json& config, std::string_view part)
    : config_(config), part_(part) {
  if (!config.is_object())
    error_ = {ErrorCode::kInvalidArgument,
              fmt::format("{} must be an object, got {}", part, config.kind())};
}

void ConfigReader::fail(std::string_view name, std::string_view rule) {
  if (failed()) return;
  error_ = {ErrorCode::kUnsupported,
            fmt::format("{}: {} is {}; {}", part_, name, shown(config_.find(name)), rule),
            std::string(name)};
}

const Json* ConfigReader::field(std::string_view name) {
  known_.emplace_back(name);
  const Json* value = config_.find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool ConfigReader::has(std::string_view name) { return field(name) != nullptr; }

int ConfigReader::checked(std::string_view name, const Json& value, IntegerRange range) {
  if (value.is_int() && value.as_int() >= range.low && value.as_int() <= range.high)
    return static_cast<int>(value.as_int());
  fail(name, fmt::format("whole numbers from {} to {} are supported", range.low, range.high));
  return range.low;
}

int ConfigReader::integer(std::string_view name, int missing, IntegerRange range) {
  const Json* value = field(name);
  return value == nullptr ? missing : checked(name, *value, range);
}

float ConfigReader::number(std::string_view name, float missing) {
  const Json* value = field(name);
  if (value == nullptr) return missing;
  if (value->is_number() && std::isfinite(static_cast<float>(value->as_double())))
    return static_cast<float>(value->as_double());
  fail(name, "a finite number is needed");
  return missing;
}

bool ConfigReader::flag(std::string_view name, bool missing) {
  const Json* value = field(name);
  if (value == nullptr) return missing;
  if (value->is_bool()) return value->as_bool();
  fail(name, "true or false is needed");
  return missing;
}

std::string ConfigReader::text(std::string_view name, std::string_view missing) {
  const Json* value = field(name);
  if (value == nullptr) return std::string(missing);
  if (value->is_string()) return value->as_string();
  fail(name, "a string is needed");
  return std::string(missing);
}

std::vector<std::string> ConfigReader::texts(std::string_view name) {
  std::vector<std::string> out;
  const Json* value = field(name);
  if (value == nullptr) return out;
  if (!value->is_array() || value->as_array().size() > kListMax) {
    fail(name, "a list of strings is needed");
    return out;
  }
  for (const Json& item : value->as_array()) {
    if (!item.is_string()) fail(name, "a list of strings is needed");
    out.push_back(item.is_string() ? item.as_string() : "");
  }
  return out;
}

std::vector<int> ConfigReader::integers(std::string_view name, IntegerRange range) {
  std::vector<int> out;
  const Json* value = field(name);
  if (value == nullptr) return out;
  if (!value->is_array() || value->as_array().size() > kListMax) {
    fail(name, "a list of whole numbers is needed");
    return out;
  }
  for (const Json& item : value->as_array()) out.push_back(checked(name, item, range));
  return out;
}

std::vector<float> ConfigReader::numbers(std::string_view name) {
  std::vector<float> out;
  const Json* value = field(name);
  if (value == nullptr) return out;
  if (!value->is_array() || value->as_array().size() > kListMax) {
    fail(name, "a list of numbers is needed");
    return out;
  }
  for (const Json& item : value->as_array()) {
    if (!item.is_number()) fail(name, "a list of numbers is needed");
    out.push_back(item.is_number() ? static_cast<float>(item.as_double()) : 0);
  }
  return out;
}

template <class T>
std::vector<T> ConfigReader::spread(std::string_view name, std::size_t count,
                                    std::vector<T> values) {
  if (values.size() != count)
    fail(name, fmt::format("one value or a list of {}, one for each block, is needed", count));
  values.resize(count);
  return values;
}

std::vector<int> ConfigReader::integer_each(std::string_view name, std::size_t count, int missing,
                                            IntegerRange range) {
  const Json* value = field(name);
  if (value != nullptr && value->is_array()) return spread(name, count, integers(name, range));
  return std::vector<int>(count, integer(name, missing, range));
}

std::vector<bool> ConfigReader::flag_each(std::string_view name, std::size_t count, bool missing) {
  const Json* value = field(name);
  if (value == nullptr || !value->is_array()) return std::vector<bool>(count, flag(name, missing));
  std::vector<bool> flags;
  for (const Json& item : value->as_array()) {
    if (!item.is_bool()) fail(name, "a list of true and false is needed");
    flags.push_back(item.is_bool() && item.as_bool());
  }
  return spread(name, count, std::move(flags));
}

void ConfigReader::only(std::string_view name, const Json& value) {
  const Json* given = field(name);
  if (given == nullptr || *given == value) return;
  if (given->is_number() && value.is_number() && given->as_double() == value.as_double()) return;
  fail(name, fmt::format("only {} is supported", dump_json(value)));
}

void ConfigReader::no_effect(std::initializer_list<std::string_view> names) {
  known_.insert(known_.end(), names.begin(), names.end());
}

Status ConfigReader::finish(Warnings& warnings) {
  if (failed()) return std::unexpected(error_);
  for (const auto& [name, value] : config_.as_object()) {
    const bool off = value.is_null() || (value.is_bool() && !value.as_bool());
    if (off || name.starts_with('_') || std::ranges::find(known_, name) != known_.end()) continue;
    warnings.push_back({name, fmt::format("{}: {} is {}; the field is unknown and was not used",
                                          part_, name, shown(&value))});
  }
  return {};
}

Op read_activation(ConfigReader& reader, std::string_view name, Op missing) {
  return reader.choice<Op>(name, kActivations, missing);
}

}  // namespace diptych
