#include "formats/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "base/json.h"
#include "formats/byte_reader.h"

namespace diptych {
namespace {

constexpr std::uint64_t kHeaderBytesMax = std::uint64_t{64} << 20;
constexpr std::size_t kTensorsMax = 200'000;
constexpr std::size_t kNameBytesMax = 512;
constexpr std::int64_t kAxisMax = std::int64_t{1} << 40;
constexpr int kDepthMax = 4;
constexpr std::size_t kValuesMax = kTensorsMax * (6 + Shape::kRankMax);

constexpr std::pair<std::string_view, DType> kTypes[] = {
    {"F32", DType::kF32},   {"F16", DType::kF16},        {"BF16", DType::kBf16},
    {"F64", DType::kF64},   {"I64", DType::kI64},        {"I32", DType::kI32},
    {"I16", DType::kI16},   {"I8", DType::kI8},          {"U8", DType::kU8},
    {"BOOL", DType::kBool}, {"F8_E4M3", DType::kF8E4M3}, {"F8_E5M2", DType::kF8E5M2},
};

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("no safetensors file: {}", what));
}

template <class... Args>
std::unexpected<Error> bad_tensor(std::string_view name, fmt::format_string<Args...> format,
                                  Args&&... args) {
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("tensor \"{}\": {}", name, fmt::format(format, std::forward<Args>(args)...)));
}

// A tensor as the header describes it; offsets are relative to the data.
struct Described {
  WeightInfo info;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

Result<DType> read_type(const std::string& name, const Json& type) {
  if (!type.is_string()) return bad_tensor(name, "dtype is no string");
  const auto row =
      std::ranges::find(kTypes, type.as_string(), &std::pair<std::string_view, DType>::first);
  if (row != std::end(kTypes)) return row->second;
  return fail(ErrorCode::kUnsupported,
              fmt::format("tensor \"{}\": elements of type {} are not supported", name,
                          type.as_string().substr(0, 20)));
}

Result<Shape> read_shape(const std::string& name, const Json& shape) {
  if (!shape.is_array()) return bad_tensor(name, "shape is no array");
  const Json::Array& sizes = shape.as_array();
  if (sizes.size() > Shape::kRankMax) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("tensor \"{}\": {} axes; at most {} are supported", name, sizes.size(),
                            Shape::kRankMax));
  }
  std::vector<std::int64_t> checked;
  for (const Json& size : sizes) {
    if (!size.is_int() || size.as_int() < 0 || size.as_int() > kAxisMax) {
      return bad_tensor(name, "shape is no list of sizes");
    }
    checked.push_back(size.as_int());
  }
  return Shape(std::span<const std::int64_t>(checked));
}

Result<std::uint64_t> size_in_bytes(const std::string& name, DType dtype, const Shape& shape) {
  std::int64_t bytes = describe(dtype).block_bytes;
  for (const std::int64_t size : shape.sizes()) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) {
      return bad_tensor(name, "a shape of {} is too large", shape.to_string());
    }
  }
  return static_cast<std::uint64_t>(bytes);
}

Result<Described> read_tensor(const std::string& name, const Json& value, std::uint64_t data_size) {
  if (name.empty() || name.size() > kNameBytesMax || name.contains('\0')) {
    return bad_tensor(name.substr(0, kNameBytesMax), "a name has 1 to {} bytes and no zero",
                      kNameBytesMax);
  }
  if (!value.is_object() || value.as_object().size() != 3) {
    return bad_tensor(name, "not described by dtype, shape and data_offsets");
  }
  Described tensor;
  tensor.info.name = name;
  TRY(tensor.info.dtype, read_type(name, value["dtype"]));
  TRY(tensor.info.shape, read_shape(name, value["shape"]));
  TRY(tensor.info.bytes, size_in_bytes(name, tensor.info.dtype, tensor.info.shape));
  const Json& offsets = value["data_offsets"];
  if (!offsets.is_array() || offsets.as_array().size() != 2 || !offsets[0].is_int() ||
      !offsets[1].is_int() || offsets[0].as_int() < 0) {
    return bad_tensor(name, "data_offsets is no pair of offsets");
  }
  tensor.begin = static_cast<std::uint64_t>(offsets[0].as_int());
  tensor.end = static_cast<std::uint64_t>(offsets[1].as_int());
  if (offsets[1].as_int() < offsets[0].as_int() || tensor.end > data_size) {
    return bad_tensor(name, "data_offsets {} to {} lie outside the {} bytes of data", tensor.begin,
                      offsets[1].as_int(), data_size);
  }
  if (tensor.end - tensor.begin != tensor.info.bytes) {
    return bad_tensor(name, "{} bytes of data for {} {}; it needs {}", tensor.end - tensor.begin,
                      describe(tensor.info.dtype).name, tensor.info.shape.to_string(),
                      tensor.info.bytes);
  }
  return tensor;
}

Result<SafetensorsMetadata> read_metadata(const Json& value) {
  if (!value.is_object()) return broken("__metadata__ is no object");
  SafetensorsMetadata metadata;
  for (const auto& [name, text] : value.as_object()) {
    if (!text.is_string()) return broken(fmt::format("__metadata__ \"{}\" is no string", name));
    metadata.emplace(name, text.as_string());
  }
  return metadata;
}

// Sorted by offset, each tensor begins where the one before it ends, and the last ends the file.
Status check_layout(std::vector<Described>& tensors, std::uint64_t data_size) {
  std::ranges::sort(tensors, {},
                    [](const Described& tensor) { return std::pair(tensor.begin, tensor.end); });
  std::uint64_t expected = 0;
  for (const Described& tensor : tensors) {
    if (tensor.begin != expected) {
      return bad_tensor(tensor.info.name, "begins at {}, {} at {}", tensor.begin,
                        tensor.begin < expected ? "inside the tensor that ends"
                                                : "with a hole after the one that ends",
                        expected);
    }
    expected = tensor.end;
  }
  if (expected != data_size) {
    return broken(fmt::format("{} bytes of data, tensors use {}", data_size, expected));
  }
  return {};
}

Result<Json> read_header(ByteReader& reader) {
  const auto size = reader.take_value<std::uint64_t>();
  if (!size) return broken("shorter than 8 bytes");
  if (*size < 2 || *size > kHeaderBytesMax) {
    return broken(fmt::format("a header of {} bytes; the limit is {}", *size, kHeaderBytesMax));
  }
  const auto text = reader.take_text(*size);
  if (!text) return broken(fmt::format("the header of {} bytes is longer than the file", *size));
  if (!text->starts_with('{')) return broken("the header does not begin with {");
  auto header = parse_json(*text, {.depth_max = kDepthMax, .values_max = kValuesMax});
  if (!header) return broken(header.error().message);
  return header;
}

}  // namespace

Result<SafetensorsHeader> parse_safetensors(std::span<const std::byte> file) {
  ByteReader reader(file);
  TRY(const Json json, read_header(reader));
  const std::uint64_t data_begin = reader.position();
  SafetensorsHeader header;
  std::vector<Described> tensors;
  for (const auto& [name, value] : json.as_object()) {
    if (name == "__metadata__") {
      TRY(header.metadata, read_metadata(value));
      continue;
    }
    if (tensors.size() == kTensorsMax) {
      return broken(fmt::format("more than {} tensors", kTensorsMax));
    }
    TRY(Described tensor, read_tensor(name, value, reader.left()));
    tensors.push_back(std::move(tensor));
  }
  TRY_STATUS(check_layout(tensors, reader.left()));
  std::ranges::sort(tensors, {},
                    [](const Described& tensor) -> const std::string& { return tensor.info.name; });
  for (Described& tensor : tensors) {
    header.offsets.push_back(data_begin + tensor.begin);
    header.tensors.push_back(std::move(tensor.info));
  }
  return header;
}

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::open(const Path& path) {
  TRY(MappedFile file, MappedFile::open(path));
  auto header = parse_safetensors(file.bytes());
  if (!header) {
    Error error = std::move(header).error();
    error.message = fmt::format("{}: {}", path.string(), error.message);
    return fail(std::move(error));
  }
  return std::shared_ptr<const SafetensorsFile>(
      new SafetensorsFile(std::move(file), std::move(*header)));
}

std::span<const std::byte> SafetensorsFile::bytes(TensorId tensor) const {
  return file_.bytes().subspan(static_cast<std::size_t>(header_.offsets[tensor.value]),
                               static_cast<std::size_t>(header_.tensors[tensor.value].bytes));
}

void SafetensorsFile::release(TensorId tensor) const { file_.release(bytes(tensor)); }

std::string_view safetensors_name(DType dtype) {
  const auto row = std::ranges::find(kTypes, dtype, &std::pair<std::string_view, DType>::second);
  return row == std::end(kTypes) ? std::string_view() : row->first;
}

}  // namespace diptych
