#pragma once
// A bounded cursor over little-endian bytes: a read past the end gives nothing instead of a guess.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace diptych {

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  std::optional<std::span<const std::byte>> take(std::uint64_t size) {
    if (size > left()) return std::nullopt;
    const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(size));
    position_ += taken.size();
    return taken;
  }
  std::optional<std::string_view> take_text(std::uint64_t size) {
    const auto taken = take(size);
    if (!taken) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(taken->data()), taken->size());
  }
  template <class Value>
    requires std::is_arithmetic_v<Value>
  std::optional<Value> take_value() {  // on a little-endian machine, the only kind we build for
    const auto taken = take(sizeof(Value));
    if (!taken) return std::nullopt;
    Value value;
    std::memcpy(&value, taken->data(), sizeof value);
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

}  // namespace diptych
