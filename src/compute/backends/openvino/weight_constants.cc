#include "compute/backends/openvino/weight_constants.h"

#include <chrono>
#include <openvino/op/convert.hpp>
#include <openvino/op/gather.hpp>
#include <optional>

#include "compute/backends/openvino/node_marks.h"

namespace diptych::openvino {
namespace {

using ov::op::v0::Constant;

std::optional<ov::element::Type> known_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return ov::element::f32;
    case DType::kF16:
      return ov::element::f16;
    case DType::kBf16:
      return ov::element::bf16;
    default:
      return {};
  }
}

Output decompressed(const std::shared_ptr<Constant>& constant) {
  if (constant->get_element_type() == ov::element::f32) return constant;
  const auto convert = std::make_shared<ov::op::v0::Convert>(constant, ov::element::f32);
  ov::mark_as_decompression(convert);
  return convert;
}

}  // namespace

std::shared_ptr<Constant> WeightConstants::copy(TensorId tensor, const ov::Shape& shape,
                                                ov::element::Type type) const {
  auto made = std::make_shared<Constant>(type, shape, read_as_f32(source_, tensor));
  made->set_friendly_name(source_.info(tensor).name);
  source_.release(tensor);
  return made;
}

Output WeightConstants::packed(TensorId tensor, const ov::Shape& shape) {
  const auto type = known_type(source_.info(tensor).dtype);
  const std::byte* bytes = source_.bytes(tensor).data();
  const bool aligned = type && reinterpret_cast<std::uintptr_t>(bytes) % type->size() == 0;
  if (!aligned) return decompressed(copy(tensor, shape, compute_));
  shared_.push_back(tensor);
  const auto made = std::make_shared<Constant>(*type, shape, bytes, std::shared_ptr<void>());
  made->set_friendly_name(source_.info(tensor).name);
  return decompressed(made);
}

Output WeightConstants::copied(TensorId tensor, const ov::Shape& shape) {
  return copy(tensor, shape, ov::element::f32);
}

Output WeightConstants::rows(TensorId tensor, const Output& indices) {
  const auto sizes = source_.info(tensor).shape.sizes();
  const auto table = copy(tensor, ov::Shape(sizes.begin(), sizes.end()), compute_);
  const auto first_axis = Constant::create(ov::element::i64, {}, {0});
  const Output rows = std::make_shared<ov::op::v8::Gather>(table, indices, first_axis);
  if (compute_ == ov::element::f32) return rows;
  return std::make_shared<ov::op::v0::Convert>(rows, ov::element::f32);
}

PageSweeper::PageSweeper(const WeightSource& source, std::span<const TensorId> tensors)
    : source_(source), tensors_(tensors), thread_([this](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        while (!stopped.wait_for(lock, stop, std::chrono::milliseconds(20), [] { return false; }) &&
               !stop.stop_requested())
          sweep();
      }) {}

PageSweeper::~PageSweeper() {
  thread_.request_stop();
  thread_.join();
  sweep();
}

void PageSweeper::sweep() const {
  for (const TensorId tensor : tensors_) source_.release(tensor);
}

}  // namespace diptych::openvino
