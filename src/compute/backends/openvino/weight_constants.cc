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

std::shared_ptr<Constant> WeightConstants::constant(TensorId tensor, const ov::Shape& shape,
                                                    ov::element::Type type, const void* data,
                                                    std::shared_ptr<void> owner) const {
  auto made = std::make_shared<Constant>(type, shape, data, std::move(owner));
  made->set_friendly_name(source_.info(tensor).name);
  return made;
}

Output WeightConstants::packed(TensorId tensor, const ov::Shape& shape) {
  const auto type = known_type(source_.info(tensor).dtype);
  const std::byte* bytes = source_.bytes(tensor).data();
  if (type && reinterpret_cast<std::uintptr_t>(bytes) % type->size() == 0) {
    shared_.push_back(tensor);
    return decompressed(constant(tensor, shape, *type, bytes, nullptr));
  }
  const auto pages = std::make_shared<ConvertedPages>(source_, tensor, compute_);
  source_.release(tensor);
  converted_.push_back(pages);
  return decompressed(constant(tensor, shape, compute_, pages->data(), pages));
}

Output WeightConstants::copied(TensorId tensor, const ov::Shape& shape) {
  const auto made =
      std::make_shared<Constant>(ov::element::f32, shape, read_as_f32(source_, tensor));
  source_.release(tensor);
  return made;
}

Output WeightConstants::rows(TensorId tensor, const Output& indices) {
  const auto sizes = source_.info(tensor).shape.sizes();
  const auto pages = std::make_shared<ConvertedPages>(source_, tensor, compute_);
  source_.release(tensor);
  const auto table =
      constant(tensor, ov::Shape(sizes.begin(), sizes.end()), compute_, pages->data(), pages);
  const auto first_axis = Constant::create(ov::element::i64, {}, {0});
  const Output rows = std::make_shared<ov::op::v8::Gather>(table, indices, first_axis);
  if (compute_ == ov::element::f32) return rows;
  return std::make_shared<ov::op::v0::Convert>(rows, ov::element::f32);
}

void WeightConstants::drop_converted() {
  for (const auto& pages : converted_) pages->drop();
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
