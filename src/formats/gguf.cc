#include "formats/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/unicode.h"
#include "formats/gguf_reader.h"

namespace diptych {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint64_t kTensorsMax = 200'000;
constexpr std::uint64_t kKeysMax = 65'536;
constexpr std::uint64_t kNameBytesMax = 512;
constexpr std::uint32_t kAxesMax = 4;
constexpr std::int64_t kAxisMax = std::int64_t{1} << 40;
constexpr std::uint64_t kAlignmentDefault = 32;
constexpr std::uint64_t kAlignmentMax = std::uint64_t{1} << 20;
constexpr std::string_view kShapeKey = "comfy.gguf.orig_shape.";

struct TypeRow {
  std::int32_t id;
  std::string_view name;
  std::optional<DType> dtype;  // none: known by name only
};
constexpr TypeRow kTypes[] = {
    {0, "F32", DType::kF32},   {1, "F16", DType::kF16},   {2, "Q4_0", DType::kQ4_0},
    {3, "Q4_1", DType::kQ4_1}, {6, "Q5_0", DType::kQ5_0}, {7, "Q5_1", DType::kQ5_1},
    {8, "Q8_0", DType::kQ8_0}, {10, "Q2_K", DType::kQ2K}, {11, "Q3_K", DType::kQ3K},
    {12, "Q4_K", DType::kQ4K}, {13, "Q5_K", DType::kQ5K}, {14, "Q6_K", DType::kQ6K},
    {24, "I8", DType::kI8},    {25, "I16", DType::kI16},  {26, "I32", DType::kI32},
    {27, "I64", DType::kI64},  {28, "F64", DType::kF64},  {30, "BF16", DType::kBf16},
    {9, "Q8_1", {}},           {15, "Q8_K", {}},          {16, "IQ2_XXS", {}},
    {17, "IQ2_XS", {}},        {18, "IQ3_XXS", {}},       {19, "IQ1_S", {}},
    {20, "IQ4_NL", {}},        {21, "IQ3_S", {}},         {22, "IQ2_S", {}},
    {23, "IQ4_XS", {}},        {29, "IQ1_M", {}},         {34, "TQ1_0", {}},
    {35, "TQ2_0", {}},         {39, "MXFP4", {}},
};

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("no GGUF file: {}", what));
}

template <class... Args>
std::unexpected<Error> bad_tensor(std::string_view name, fmt::format_string<Args...> format,
                                  Args&&... args) {
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("tensor \"{}\": {}", name, fmt::format(format, std::forward<Args>(args)...)));
}

// Errors get what they are about: a tensor or a key.
template <class T>
Result<T> about(std::string_view what, Result<T> result) {
  if (result) return result;
  Error error = std::move(result).error();
  error.message = fmt::format("{}: {}", what, error.message);
  return fail(std::move(error));
}

struct Counts {
  std::uint64_t tensors, keys;
};

Result<Counts> read_counts(GgufReader& reader) {
  TRY(const std::uint32_t version, reader.value<std::uint32_t>());
  if (version != 2 && version != 3) {
    const bool swapped = version >= 1U << 24 && version << 8 == 0;
    return fail(ErrorCode::kUnsupported,
                swapped ? "a big-endian GGUF file"
                        : fmt::format("GGUF of version {}; 2 and 3 are supported", version));
  }
  TRY(const std::uint64_t tensors, reader.value<std::uint64_t>());
  TRY(const std::uint64_t keys, reader.value<std::uint64_t>());
  if (tensors > kTensorsMax) {
    return broken(fmt::format("{} tensors; the limit is {}", tensors, kTensorsMax));
  }
  if (keys > kKeysMax) return broken(fmt::format("{} keys; the limit is {}", keys, kKeysMax));
  return Counts{tensors, keys};
}

Status read_metadata(GgufReader& reader, std::uint64_t count, GgufHeader& header) {
  for (std::uint64_t i = 0; i < count; ++i) {
    TRY(const std::string_view key, reader.text(kNameBytesMax));
    TRY(Json value, about(fmt::format("key \"{}\"", key), reader.metadata_value()));
    if (!header.metadata.emplace(key, std::move(value)).second) {
      return broken(fmt::format("key \"{}\" twice", key));
    }
  }
  return {};
}

Result<std::uint64_t> read_alignment(const GgufHeader& header) {
  const auto found = header.metadata.find("general.alignment");
  if (found == header.metadata.end()) return kAlignmentDefault;
  const Json& value = found->second;
  if (!value.is_int() || value.as_int() < 1 ||
      static_cast<std::uint64_t>(value.as_int()) > kAlignmentMax ||
      (value.as_int() & (value.as_int() - 1)) != 0) {
    return broken("general.alignment is no power of two up to 1 MiB");
  }
  return static_cast<std::uint64_t>(value.as_int());
}

// A tensor as the file describes it; the offset is relative to the data.
struct Described {
  WeightInfo info;
  std::uint64_t begin = 0;
};

Result<DType> read_type(GgufReader& reader, std::string_view name) {
  TRY(const std::int32_t id, reader.value<std::int32_t>());
  const auto row = std::ranges::find(kTypes, id, &TypeRow::id);
  if (row != std::end(kTypes) && row->dtype) return *row->dtype;
  return fail(ErrorCode::kUnsupported,
              fmt::format("tensor \"{}\": elements of type {} are not supported", name,
                          row == std::end(kTypes) ? fmt::format("{}", id) : row->name));
}

// ne[0], the fastest axis, is torch's last one.
Result<Shape> read_axes(GgufReader& reader, std::string_view name) {
  TRY(const std::uint32_t axes, reader.value<std::uint32_t>());
  if (axes > kAxesMax) return bad_tensor(name, "{} axes; the limit is {}", axes, kAxesMax);
  std::vector<std::int64_t> sizes(axes);
  for (std::uint32_t i = 0; i < axes; ++i) {
    TRY(sizes[axes - 1 - i], reader.value<std::int64_t>());
    if (sizes[axes - 1 - i] < 0 || sizes[axes - 1 - i] > kAxisMax) {
      return bad_tensor(name, "an axis of {} elements", sizes[axes - 1 - i]);
    }
  }
  return Shape(std::span<const std::int64_t>(sizes));
}

Result<std::uint64_t> size_in_bytes(const WeightInfo& info) {
  const DTypeRow& type = describe(info.dtype);
  std::int64_t count = 1;
  for (const std::int64_t size : info.shape.sizes()) {
    if (__builtin_mul_overflow(count, size, &count)) {
      return bad_tensor(info.name, "a shape of {} is too large", info.shape.to_string());
    }
  }
  const std::int64_t row = info.shape.rank() > 0 ? info.shape.back() : 1;
  if (row % type.block_elements != 0) {
    return bad_tensor(info.name, "rows of {} elements are no blocks of {}", row,
                      type.block_elements);
  }
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(count / type.block_elements, type.block_bytes, &bytes)) {
    return bad_tensor(info.name, "a shape of {} is too large", info.shape.to_string());
  }
  return static_cast<std::uint64_t>(bytes);
}

// The shape before conversion, which needed rows that are whole blocks.
Status restore_shape(const GgufHeader& header, WeightInfo& info) {
  const auto found = header.metadata.find(std::string(kShapeKey) + info.name);
  if (found == header.metadata.end()) return {};
  std::vector<std::int64_t> sizes;
  std::int64_t count = 1;
  bool good = found->second.is_array() && found->second.as_array().size() <= Shape::kRankMax;
  for (std::size_t i = 0; good && i < found->second.as_array().size(); ++i) {
    const Json& size = found->second[i];
    good = size.is_int() && size.as_int() >= 0 && size.as_int() <= kAxisMax &&
           !__builtin_mul_overflow(count, size.as_int(), &count);
    if (good) sizes.push_back(size.as_int());
  }
  if (!good || count != info.shape.element_count()) {
    return bad_tensor(info.name, "{}{} is no shape of its elements", kShapeKey, info.name);
  }
  info.shape = Shape(std::span<const std::int64_t>(sizes));
  return {};
}

Result<Described> read_tensor(GgufReader& reader, const GgufHeader& header) {
  TRY(const std::string_view name, reader.text(kNameBytesMax));
  if (name.empty() || name.contains('\0') || !is_valid_utf8(name)) {
    return broken("a tensor without a readable name");
  }
  Described tensor;
  tensor.info.name = name;
  TRY(tensor.info.shape, read_axes(reader, name));
  TRY(tensor.info.dtype, read_type(reader, name));
  TRY(tensor.begin, reader.value<std::uint64_t>());
  TRY(tensor.info.bytes, size_in_bytes(tensor.info));
  TRY_STATUS(restore_shape(header, tensor.info));
  return tensor;
}

// Aligned, inside the data, none inside another. Padding between them is fine.
Status check_layout(std::vector<Described>& tensors, std::uint64_t alignment,
                    std::uint64_t data_size) {
  std::ranges::sort(tensors, {}, &Described::begin);
  std::uint64_t end = 0;
  for (const Described& tensor : tensors) {
    const auto& [info, begin] = tensor;
    if (begin % alignment != 0) {
      return bad_tensor(info.name, "its offset {} is no multiple of {}", begin, alignment);
    }
    if (begin > data_size || info.bytes > data_size - begin) {
      return bad_tensor(info.name, "{} bytes at {} lie outside the {} bytes of data", info.bytes,
                        begin, data_size);
    }
    if (begin < end) {
      return bad_tensor(info.name, "begins at {}, inside the tensor that ends at {}", begin, end);
    }
    end = begin + info.bytes;
  }
  return {};
}

Status finish_header(std::vector<Described> tensors, std::uint64_t data_begin, GgufHeader& header) {
  const auto name = [](const Described& tensor) -> const std::string& { return tensor.info.name; };
  std::ranges::sort(tensors, {}, name);
  const auto twin = std::ranges::adjacent_find(tensors, {}, name);
  if (twin != tensors.end()) return broken(fmt::format("tensor \"{}\" twice", twin->info.name));
  for (Described& tensor : tensors) {
    header.offsets.push_back(data_begin + tensor.begin);
    header.tensors.push_back(std::move(tensor.info));
  }
  return {};
}

}  // namespace

bool is_gguf(std::span<const std::byte> file) {
  return file.size() >= kMagic.size() &&
         std::memcmp(file.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<GgufHeader> parse_gguf(std::span<const std::byte> file) {
  if (!is_gguf(file)) return broken("it does not begin with GGUF");
  GgufReader reader(file.subspan(kMagic.size()));
  TRY(const Counts counts, read_counts(reader));
  GgufHeader header;
  TRY_STATUS(read_metadata(reader, counts.keys, header));
  TRY(const std::uint64_t alignment, read_alignment(header));
  std::vector<Described> tensors;
  for (std::uint64_t i = 0; i < counts.tensors; ++i) {
    TRY(Described tensor, read_tensor(reader, header));
    tensors.push_back(std::move(tensor));
  }
  const std::uint64_t described = kMagic.size() + reader.position();
  const std::uint64_t data_begin =
      std::min<std::uint64_t>((described + alignment - 1) / alignment * alignment, file.size());
  TRY_STATUS(check_layout(tensors, alignment, file.size() - data_begin));
  TRY_STATUS(finish_header(std::move(tensors), data_begin, header));
  return header;
}

Result<std::shared_ptr<const GgufFile>> GgufFile::open(const Path& path) {
  TRY(MappedFile file, MappedFile::open(path));
  TRY(GgufHeader header, about(path.string(), parse_gguf(file.bytes())));
  return std::shared_ptr<const GgufFile>(new GgufFile(std::move(file), std::move(header)));
}

std::span<const std::byte> GgufFile::bytes(TensorId tensor) const {
  return file_.bytes().subspan(static_cast<std::size_t>(header_.offsets[tensor.value]),
                               static_cast<std::size_t>(header_.tensors[tensor.value].bytes));
}

void GgufFile::release(TensorId tensor) const { file_.release(bytes(tensor)); }

}  // namespace diptych
