#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace diptych {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);

using Sha1 = std::array<std::uint8_t, 20>;
Sha1 sha1(std::string_view bytes);  // for WebSocket's handshake, which asks for it; not for secrets
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void update(std::span<const std::byte> bytes);
  Sha256 finish();

 private:
  void* context_;
};
std::string to_hex(std::span<const std::uint8_t> bytes);

// Equal without leaking where they differ through timing. For secrets.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace diptych
