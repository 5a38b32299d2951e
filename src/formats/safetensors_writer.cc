#include "formats/safetensors_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "compute/dequantize.h"
#include "compute/float_formats.h"

namespace diptych {
namespace {

constexpr std::size_t kHeaderAlignment = 8;

bool is_floating(DType dtype) {
  constexpr DType kFloating[] = {DType::kF32, DType::kF16,    DType::kBf16,
                                 DType::kF64, DType::kF8E4M3, DType::kF8E5M2};
  return std::ranges::find(kFloating, dtype) != std::end(kFloating) || is_quantised(dtype);
}

struct Written {
  TensorId tensor;
  DType dtype;
  std::uint64_t bytes;
};

// In the order of the file: wide elements first, so that each tensor is aligned to its elements.
Result<std::vector<Written>> plan_file(const WeightSource& source,
                                       const std::optional<DType>& wanted) {
  std::vector<Written> plan;
  for (std::uint32_t i = 0; i < source.index().size(); ++i) {
    const WeightInfo& info = source.index()[i];
    const DType dtype = wanted && is_floating(info.dtype) ? *wanted : info.dtype;
    if (safetensors_name(dtype).empty()) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("tensor \"{}\": safetensors files cannot hold {}; choose a dtype",
                              info.name, describe(dtype).name));
    }
    const auto count = static_cast<std::uint64_t>(info.shape.element_count());
    plan.push_back(
        {TensorId{i}, dtype, count * static_cast<std::uint64_t>(describe(dtype).block_bytes)});
  }
  std::ranges::sort(plan, {}, [](const Written& written) {
    return std::pair(-describe(written.dtype).block_bytes, written.tensor.value);
  });
  return plan;
}

std::string make_header(const WeightSource& source, const std::vector<Written>& plan,
                        const SafetensorsMetadata& metadata) {
  Json header = Json::object();
  Json::Object& members = header.as_object();
  if (!metadata.empty()) {
    Json object = Json::object();
    for (const auto& [name, text] : metadata) object.set(name, text);
    members.push_back({"__metadata__", std::move(object)});
  }
  std::uint64_t offset = 0;
  for (const Written& written : plan) {
    const WeightInfo& info = source.info(written.tensor);
    Json shape = Json::array();
    for (const std::int64_t size : info.shape.sizes()) shape.push_back(size);
    members.push_back(
        {info.name, Json::object({
                        {"dtype", safetensors_name(written.dtype)},
                        {"shape", std::move(shape)},
                        {"data_offsets", Json::array({offset, offset + written.bytes})},
                    })});
    offset += written.bytes;
  }
  std::string text = dump_json(header);
  text.resize((text.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  return text;
}

template <class Stored, class Narrow>
std::string narrowed(const std::vector<float>& values, Narrow narrow) {
  std::string bytes(values.size() * sizeof(Stored), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Stored stored = narrow(values[i]);
    std::memcpy(bytes.data() + i * sizeof stored, &stored, sizeof stored);
  }
  return bytes;
}

Result<std::string> convert(const WeightSource& source, TensorId tensor, DType dtype) {
  const std::vector<float> values = read_as_f32(source, tensor);
  if (dtype == DType::kBf16) return narrowed<std::uint16_t>(values, bf16_of_f32);
  if (dtype == DType::kF16) {
    for (const float value : values) {
      if (std::isfinite(value) && (f16_of_f32(value) & 0x7fffU) == 0x7c00U) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("tensor \"{}\": {} is too large for f16; choose bf16 or f32",
                                source.info(tensor).name, value));
      }
    }
    return narrowed<std::uint16_t>(values, f16_of_f32);
  }
  CHECK(dtype == DType::kF32);
  return narrowed<float>(values, [](float value) { return value; });
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Status write_safetensors(const Path& path, const WeightSource& source,
                         const SafetensorsOptions& options) {
  TRY(const std::vector<Written> plan, plan_file(source, options.dtype));
  TRY(AtomicFile file, AtomicFile::create(path));
  const std::string header = make_header(source, plan, options.metadata);
  const std::uint64_t header_size = header.size();
  TRY_STATUS(file.append(as_text(std::as_bytes(std::span(&header_size, 1)))));
  TRY_STATUS(file.append(header));
  const std::uint64_t in_all = source.bytes_in_all();
  std::uint64_t done = 0;
  for (const Written& written : plan) {
    const WeightInfo& info = source.info(written.tensor);
    if (written.dtype == info.dtype) {
      TRY_STATUS(file.append(as_text(source.bytes(written.tensor))));
    } else {
      TRY(const std::string bytes, convert(source, written.tensor, written.dtype));
      TRY_STATUS(file.append(bytes));
    }
    source.release(written.tensor);
    done += info.bytes;
    if (options.progress) options.progress(done, in_all);
  }
  return file.commit();
}

}  // namespace diptych
