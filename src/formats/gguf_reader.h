#pragma once
// The primitive values of a GGUF file: strings, numbers, arrays. For gguf.cc only.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "formats/byte_reader.h"

namespace diptych {

class GgufReader {
 public:
  explicit GgufReader(std::span<const std::byte> file) : bytes_(file) {}

  std::size_t position() const { return bytes_.position(); }
  std::size_t left() const { return bytes_.left(); }

  template <class Value>
  Result<Value> value() {
    const auto read = bytes_.take_value<Value>();
    if (!read) return ends_early();
    return *read;
  }
  Result<std::string_view> text(std::uint64_t size_max);
  // A metadata value: a scalar, a short array, or null for an array too long to keep.
  Result<Json> metadata_value();

 private:
  static std::unexpected<Error> ends_early() {
    return fail(ErrorCode::kInvalidArgument, "no GGUF file: it ends too early");
  }
  Result<Json> scalar(std::int32_t type);
  Result<Json> array();
  Status skip(std::int32_t type, std::uint64_t count);

  ByteReader bytes_;
};

}  // namespace diptych
