#include "compute/backends/ggml/resident_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace diptych {
namespace {

struct TypeRow {
  DType ours;
  ggml_type ggml;
};
constexpr TypeRow kTypes[] = {
    {DType::kF32, GGML_TYPE_F32},   {DType::kF16, GGML_TYPE_F16},   {DType::kBf16, GGML_TYPE_BF16},
    {DType::kQ4_0, GGML_TYPE_Q4_0}, {DType::kQ4_1, GGML_TYPE_Q4_1}, {DType::kQ5_0, GGML_TYPE_Q5_0},
    {DType::kQ5_1, GGML_TYPE_Q5_1}, {DType::kQ8_0, GGML_TYPE_Q8_0}, {DType::kQ2K, GGML_TYPE_Q2_K},
    {DType::kQ3K, GGML_TYPE_Q3_K},  {DType::kQ4K, GGML_TYPE_Q4_K},  {DType::kQ5K, GGML_TYPE_Q5_K},
    {DType::kQ6K, GGML_TYPE_Q6_K},
};

std::vector<std::byte> convert(std::span<const float> values, const ggml_tensor* to) {
  std::vector<std::byte> bytes(ggml_nbytes(to));
  const auto count = static_cast<std::int64_t>(values.size());
  if (to->type == GGML_TYPE_F16) {
    ggml_fp32_to_fp16_row(values.data(), reinterpret_cast<ggml_fp16_t*>(bytes.data()), count);
  } else if (to->type == GGML_TYPE_BF16) {
    ggml_fp32_to_bf16_row(values.data(), reinterpret_cast<ggml_bf16_t*>(bytes.data()), count);
  } else {
    ggml_quantize_chunk(to->type, values.data(), bytes.data(), 0, ggml_nrows(to), to->ne[0],
                        nullptr);
  }
  return bytes;
}

void fill(ggml_tensor* tensor, const WeightSource& weights, TensorId source) {
  if (ggml_type_of(weights.info(source).dtype) == tensor->type) {
    const auto bytes = weights.bytes(source);
    CHECK(bytes.size() == ggml_nbytes(tensor));
    ggml_backend_tensor_set(tensor, bytes.data(), 0, bytes.size());
    return;
  }
  const std::vector<float> values = read_as_f32(weights, source);
  if (tensor->type == GGML_TYPE_F32) {
    ggml_backend_tensor_set(tensor, values.data(), 0, values.size() * sizeof(float));
    return;
  }
  const std::vector<std::byte> bytes = convert(values, tensor);
  ggml_backend_tensor_set(tensor, bytes.data(), 0, bytes.size());
}

}  // namespace

std::optional<ggml_type> ggml_type_of(DType dtype) {
  const auto row = std::ranges::find(kTypes, dtype, &TypeRow::ours);
  if (row == std::end(kTypes)) return std::nullopt;
  return row->ggml;
}

ResidentTensors::ResidentTensors(std::size_t count_max)
    : context_(make_ggml_context(count_max * ggml_tensor_overhead())) {}

ggml_tensor* ResidentTensors::add_weight(TensorId source, ggml_type type, const GgmlDims& dims) {
  ggml_tensor* tensor = ggml_new_tensor(context_.get(), type, 4, dims.data());
  CHECK(tensor != nullptr);
  weights_.push_back({tensor, source});
  return tensor;
}

ggml_tensor* ResidentTensors::add_constant(const GgmlDims& dims, std::vector<float> values) {
  ggml_tensor* tensor = ggml_new_tensor(context_.get(), GGML_TYPE_F32, 4, dims.data());
  CHECK(tensor != nullptr && ggml_nbytes(tensor) == values.size() * sizeof(float));
  constants_.push_back({tensor, std::move(values)});
  return tensor;
}

Status ResidentTensors::allocate_and_fill(ggml_backend_t stream, const WeightSource& weights) {
  if (weights_.empty() && constants_.empty()) return {};
  buffer_.reset(ggml_backend_alloc_ctx_tensors(context_.get(), stream));
  if (!buffer_) {
    std::size_t wanted = 0;
    for (const Weight& weight : weights_) wanted += ggml_nbytes(weight.tensor);
    return fail(ErrorCode::kOutOfMemory, fmt::format("{} has no room for {} MiB of weights",
                                                     ggml_backend_name(stream), wanted >> 20));
  }
  ggml_backend_buffer_set_usage(buffer_.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
  for (const Weight& weight : weights_) {
    fill(weight.tensor, weights, weight.source);
    weights.release(weight.source);
  }
  for (Constant& constant : constants_) {
    ggml_backend_tensor_set(constant.tensor, constant.values.data(), 0,
                            constant.values.size() * sizeof(float));
    constant.values = {};
  }
  return {};
}

std::uint64_t ResidentTensors::bytes() const {
  return buffer_ ? ggml_backend_buffer_get_size(buffer_.get()) : 0;
}

}  // namespace diptych
