#pragma once
// Plain values as bytes, between a worker process and its parent: same program, same machine.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/check.h"

namespace diptych::bench {

class WireWriter {
 public:
  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(std::string_view text) {
    put(std::uint64_t{text.size()});
    bytes_ += text;
  }
  void put(const std::vector<std::uint32_t>& words) {
    put(std::uint64_t{words.size()});
    bytes_.append(reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0]);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void get(T& value) {
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
  }
  void get(std::string& text) { text = take(size()); }
  void get(std::vector<std::uint32_t>& words) {
    words.resize(size());
    if (words.empty()) return;
    const std::size_t bytes = words.size() * sizeof words[0];
    std::memcpy(words.data(), take(bytes).data(), bytes);
  }

 private:
  std::size_t size() {
    std::uint64_t value = 0;
    get(value);
    return value;
  }
  std::string_view take(std::size_t size) {
    CHECK(size <= rest_.size());
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
};

}  // namespace diptych::bench
