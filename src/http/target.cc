#include "http/target.h"

#include <fmt/format.h>

#include <optional>

#include "base/unicode.h"

namespace diptych {

namespace {

constexpr std::size_t kQueryCountMax = 256;

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

enum class Plus { kPlus, kSpace };

Result<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kSpace) {
      decoded += ' ';
      continue;
    }
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("Bad percent escape in the URL: '{}'.", text.substr(i, 3)));
    }
    decoded += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  if (!is_valid_utf8(decoded)) {
    return fail(ErrorCode::kInvalidArgument, "The URL is not valid UTF-8.");
  }
  return decoded;
}

// "a%2F..%2Fb" is one segment of the URL but climbs like three.
bool climbs(std::string_view segment) {
  while (true) {
    const std::size_t slash = segment.find('/');
    const std::string_view part = segment.substr(0, slash);
    if (part == ".." || part == ".") return true;
    if (slash == std::string_view::npos) return false;
    segment.remove_prefix(slash + 1);
  }
}

bool has_control_character(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

std::string_view strip_authority(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

Status parse_path(std::string_view path, Target& target) {
  if (!path.starts_with('/')) {
    return fail(ErrorCode::kInvalidArgument, "The URL's path must begin with '/'.");
  }
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    TRY(std::string segment, percent_decode(path.substr(0, slash), Plus::kPlus));
    if (has_control_character(segment)) {
      return fail(ErrorCode::kInvalidArgument, "The URL's path contains a control character.");
    }
    if (climbs(segment)) {
      return fail(ErrorCode::kInvalidArgument, "The URL's path contains '.' or '..'.");
    }
    target.segments.push_back(std::move(segment));
    path = slash == std::string_view::npos ? "" : path.substr(slash);
  }
  return {};
}

Status parse_query(std::string_view query, Target& target) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
    if (pair.empty()) continue;
    if (target.query.size() == kQueryCountMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("More than {} query parameters.", kQueryCountMax));
    }
    const std::size_t equals = pair.find('=');
    TRY(std::string name, percent_decode(pair.substr(0, equals), Plus::kSpace));
    const auto raw_value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    TRY(std::string value, percent_decode(raw_value, Plus::kSpace));
    target.query.emplace_back(std::move(name), std::move(value));
  }
  return {};
}

}  // namespace

std::string Target::path() const {
  std::string path;
  for (const std::string& segment : segments) {
    path += '/';
    path += segment;
  }
  return path;
}

std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find_first_of("?#"));
}

Result<Target> parse_target(std::string_view text) {
  text = strip_authority(text.substr(0, text.find('#')));
  const std::size_t question = text.find('?');
  Target target;
  TRY_STATUS(parse_path(text.substr(0, question), target));
  if (question != std::string_view::npos) {
    TRY_STATUS(parse_query(text.substr(question + 1), target));
  }
  return target;
}

}  // namespace diptych
