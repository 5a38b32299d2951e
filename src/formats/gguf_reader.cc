#include "formats/gguf_reader.h"

#include <fmt/format.h>

#include <cmath>

#include "base/unicode.h"

namespace diptych {
namespace {

enum ValueType : std::int32_t {
  kU8 = 0,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64,
  kTypeCount
};
constexpr int kSizes[kTypeCount] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};  // 0: varies
constexpr std::uint64_t kArrayItemsKept = 64;
constexpr std::uint64_t kTextKeptMax = std::uint64_t{1} << 20;

std::unexpected<Error> unknown_type(std::int32_t type) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("metadata of the unknown type {}", type));
}

template <class Value>
Result<Json> as_json(Result<Value> read) {
  if (!read) return std::unexpected(std::move(read).error());
  return Json(*read);
}
template <class Small>
Result<Json> integer_json(Result<Small> read) {
  if (!read) return std::unexpected(std::move(read).error());
  return Json(static_cast<std::int64_t>(*read));
}
Result<Json> number_json(Result<double> read) {
  if (!read) return std::unexpected(std::move(read).error());
  return std::isfinite(*read) ? Json(*read) : Json();
}

}  // namespace

Result<std::string_view> GgufReader::text(std::uint64_t size_max) {
  TRY(const std::uint64_t size, value<std::uint64_t>());
  if (size > size_max) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a text of {} bytes; the limit is {}", size, size_max));
  }
  const auto read = bytes_.take_text(size);
  if (!read) return ends_early();
  return *read;
}

Result<Json> GgufReader::metadata_value() {
  TRY(const std::int32_t type, value<std::int32_t>());
  return type == kArray ? array() : scalar(type);
}

Result<Json> GgufReader::scalar(std::int32_t type) {
  switch (type) {
    case kU8:
      return integer_json(value<std::uint8_t>());
    case kI8:
      return integer_json(value<std::int8_t>());
    case kU16:
      return integer_json(value<std::uint16_t>());
    case kI16:
      return integer_json(value<std::int16_t>());
    case kU32:
      return integer_json(value<std::uint32_t>());
    case kI32:
      return integer_json(value<std::int32_t>());
    case kF32: {
      TRY(const float number, value<float>());
      return number_json(static_cast<double>(number));
    }
    case kBool: {
      TRY(const std::uint8_t flag, value<std::uint8_t>());
      return Json(flag != 0);
    }
    case kString: {
      TRY(const std::string_view read, text(kTextKeptMax));
      return is_valid_utf8(read) ? Json(read) : Json();
    }
    case kU64:
      return as_json(value<std::uint64_t>());
    case kI64:
      return as_json(value<std::int64_t>());
    case kF64:
      return number_json(value<double>());
    default:
      return unknown_type(type);
  }
}

Result<Json> GgufReader::array() {
  TRY(const std::int32_t type, value<std::int32_t>());
  TRY(const std::uint64_t count, value<std::uint64_t>());
  if (type < 0 || type >= kTypeCount) return unknown_type(type);
  if (type == kArray) return fail(ErrorCode::kUnsupported, "an array of arrays");
  if (count > kArrayItemsKept) {
    TRY_STATUS(skip(type, count));
    return Json();
  }
  Json items = Json::array();
  for (std::uint64_t i = 0; i < count; ++i) {
    TRY(Json item, scalar(type));
    items.push_back(std::move(item));
  }
  return items;
}

Status GgufReader::skip(std::int32_t type, std::uint64_t count) {
  if (type == kString) {
    // Each text takes 8 bytes at least, so a count beyond the file ends soon.
    for (std::uint64_t i = 0; i < count; ++i) TRY_STATUS(text(bytes_.left()));
    return {};
  }
  std::uint64_t size = 0;
  if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(kSizes[type]), &size) ||
      !bytes_.take(size)) {
    return ends_early();
  }
  return {};
}

}  // namespace diptych
