#include "image/models/tensor_names.h"

#include <fmt/format.h>

#include <algorithm>

namespace diptych {

TensorNames TensorNames::below(std::string_view prefix) const {
  return TensorNames(source_, prefix_ + std::string(prefix));
}

bool TensorNames::has(std::string_view name) const { return shape(name) != nullptr; }

bool TensorNames::has_any(std::string_view beginning) const {
  const std::string wanted = prefix_ + std::string(beginning);
  const auto all = source_.index();
  const auto first = std::ranges::lower_bound(all, wanted, {}, &WeightInfo::name);
  return first != all.end() && first->name.starts_with(wanted);
}

const Shape* TensorNames::shape(std::string_view name) const {
  const auto tensor = source_.find(prefix_ + std::string(name));
  return tensor ? &source_.info(*tensor).shape : nullptr;
}

std::int64_t TensorNames::size(std::string_view name, int axis) const {
  const Shape* found = shape(name);
  return found != nullptr && axis < found->rank() ? (*found)[axis] : 0;
}

int TensorNames::count(std::string_view beginning, std::string_view end, int limit) const {
  int found = 0;
  while (found < limit && has_any(fmt::format("{}{}{}", beginning, found, end))) ++found;
  return found;
}

const WeightInfo* TensorNames::find_ending(std::string_view ending) const {
  const auto all = source_.index();
  auto info = std::ranges::lower_bound(all, prefix_, {}, &WeightInfo::name);
  for (; info != all.end() && info->name.starts_with(prefix_); ++info) {
    if (info->name.ends_with(ending)) return &*info;
  }
  return nullptr;
}

}  // namespace diptych
