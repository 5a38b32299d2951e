#include "image/models/weight_list.h"

#include <algorithm>

#include <fmt/format.h>

namespace diptych {
namespace {

constexpr std::size_t kNamedMax = 5;

}  // namespace

WeightList::Scope::Scope(WeightList& list, std::string_view name)
    : list_(list), length_(list.scope_.size()) {
  list_.scope_ += name;
  list_.scope_ += '.';
}

WeightList::Scope::~Scope() { list_.scope_.resize(length_); }

WeightList::Scope WeightList::scope(std::string_view list, int index) {
  return Scope(*this, fmt::format("{}.{}", list, index));
}

void WeightList::tensor(std::string_view name, const Shape& shape) {
  const auto bytes = static_cast<std::uint64_t>(shape.element_count()) * sizeof(float);
  tensors_.push_back({scope_ + std::string(name), DType::kF32, shape, bytes});
}

void WeightList::linear(std::string_view module, int in, int out, Bias bias) {
  tensor(fmt::format("{}.weight", module), {out, in});
  if (bias == Bias::kWith) tensor(fmt::format("{}.bias", module), {out});
}

void WeightList::conv(std::string_view module, int in, int out, int kernel) {
  tensor(fmt::format("{}.weight", module), {out, in, kernel, kernel});
  tensor(fmt::format("{}.bias", module), {out});
}

void WeightList::norm(std::string_view module, int channels) {
  tensor(fmt::format("{}.weight", module), {channels});
  tensor(fmt::format("{}.bias", module), {channels});
}

std::vector<WeightInfo> WeightList::take() && {
  std::ranges::sort(tensors_, {}, &WeightInfo::name);
  return std::move(tensors_);
}

Status check_weights(const WeightSource& weights, std::span<const WeightInfo> expected,
                     std::string_view part) {
  std::vector<std::string> wrong;
  std::size_t count = 0;
  for (const WeightInfo& tensor : expected) {
    const auto found = weights.find(tensor.name);
    if (found && weights.info(*found).shape == tensor.shape) continue;
    if (++count > kNamedMax) continue;
    const std::string got =
        found ? "is " + weights.info(*found).shape.to_string() + " instead of " : "is missing: ";
    wrong.push_back(fmt::format("'{}' {}{}", tensor.name, got, tensor.shape.to_string()));
  }
  if (count == 0) return {};
  const std::string more =
      count > kNamedMax ? fmt::format(", and {} more", count - kNamedMax) : std::string();
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} of {} tensors of {} do not fit its config: {}{}", count,
                          expected.size(), part, fmt::join(wrong, ", "), more));
}

}  // namespace diptych
