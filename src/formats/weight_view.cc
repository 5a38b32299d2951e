#include "formats/weight_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace diptych {
namespace {

class WeightView final : public WeightSource {
 public:
  explicit WeightView(std::vector<WeightViewBuilder::Entry> sorted) : entries_(std::move(sorted)) {
    index_.reserve(entries_.size());
    for (const auto& entry : entries_) index_.push_back(entry.info);
  }

  std::span<const WeightInfo> index() const override { return index_; }

  std::span<const std::byte> bytes(TensorId tensor) const override {
    const auto& entry = entries_[tensor.value];
    if (!entry.from.source) return entry.owned;
    return entry.from.source->bytes(entry.from.tensor)
        .subspan(static_cast<std::size_t>(entry.begin), static_cast<std::size_t>(entry.info.bytes));
  }

  void release(TensorId tensor) const override {
    const WeightRef& from = entries_[tensor.value].from;
    if (from.source) from.source->release(from.tensor);
  }

 private:
  std::vector<WeightViewBuilder::Entry> entries_;
  std::vector<WeightInfo> index_;
};

}  // namespace

void WeightViewBuilder::add(std::string name, WeightRef from) {
  WeightInfo info = from.info();
  info.name = std::move(name);
  entries_.push_back({std::move(info), std::move(from), 0, {}});
}

Status WeightViewBuilder::add_part(std::string name, WeightRef from, int part, int parts) {
  WeightInfo info = from.info();
  if (info.shape.rank() == 0 || info.shape[0] % parts != 0) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("tensor \"{}\" of shape {} cannot be divided into {}", info.name,
                            info.shape.to_string(), parts));
  }
  info.shape[0] /= parts;
  info.bytes /= static_cast<std::uint64_t>(parts);
  info.name = std::move(name);
  const std::uint64_t begin = info.bytes * static_cast<std::uint64_t>(part);
  entries_.push_back({std::move(info), std::move(from), begin, {}});
  return {};
}

Status WeightViewBuilder::add_reshaped(std::string name, WeightRef from, const Shape& shape) {
  WeightInfo info = from.info();
  if (info.shape.element_count() != shape.element_count()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("tensor \"{}\" of shape {} is no {}", info.name, info.shape.to_string(),
                            shape.to_string()));
  }
  info.name = std::move(name);
  info.shape = shape;
  entries_.push_back({std::move(info), std::move(from), 0, {}});
  return {};
}

void WeightViewBuilder::add_owned(std::string name, DType dtype, const Shape& shape,
                                  std::vector<std::byte> bytes) {
  const std::uint64_t size = bytes.size();
  entries_.push_back({{std::move(name), dtype, shape, size}, {}, 0, std::move(bytes)});
}

Result<SharedWeights> WeightViewBuilder::finish() && {
  const auto name = [](const Entry& entry) -> const std::string& { return entry.info.name; };
  std::ranges::sort(entries_, {}, name);
  const auto twin = std::ranges::adjacent_find(entries_, {}, name);
  if (twin != entries_.end()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("two tensors are named \"{}\"", twin->info.name));
  }
  return SharedWeights(std::make_shared<WeightView>(std::move(entries_)));
}

}  // namespace diptych
