#include "http/access_log.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"

namespace diptych {

namespace {
constexpr std::size_t kPathShown = 256;
constexpr std::size_t kIdShown = 128;
}  // namespace

std::string request_line(const RequestNote& note, Duration took) {
  const double ms = std::chrono::duration<double, std::milli>(took).count();
  std::string line =
      fmt::format("{} {} {} {}B {:.1f}ms {}", note.method, note.path.substr(0, kPathShown),
                  note.status, note.sent_bytes, ms, note.request_id);
  if (!note.key_id.empty()) line += " key=" + note.key_id;
  if (!note.client_request_id.empty()) line += " client=" + note.client_request_id;
  if (note.left_while) line += fmt::format(" left={}", name_of(*note.left_while));
  return line;
}

void log_request(const RequestNote& note, Duration took) {
  if (log_enabled(LogLevel::kInfo)) log_line(LogLevel::kInfo, request_line(note, took));
}

std::string_view loggable_id(std::string_view id) {
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7f; };
  return id.size() <= kIdShown && std::ranges::all_of(id, is_plain) ? id : std::string_view();
}

}  // namespace diptych
