#include "api/call.h"

namespace diptych {
namespace {

template <class Pairs>
const std::string* find_value(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace

std::string_view Call::param(std::string_view name) const {
  const std::string* value = find_value(path_params, name);
  return value ? std::string_view(*value) : std::string_view();
}

std::optional<std::string_view> Call::query_value(std::string_view name) const {
  const std::string* value = find_value(query, name);
  return value ? std::optional<std::string_view>(*value) : std::nullopt;
}

std::string_view Call::header(std::string_view name) const {
  const std::string* value = find_value(headers, name);
  return value ? std::string_view(*value) : std::string_view();
}

}  // namespace diptych
