#include "formats/config_json.h"

#include <fmt/format.h>

#include <string>

namespace diptych {
namespace {

constexpr int kDepthMax = 16;
constexpr std::size_t kValuesMax = 1'000'000;

// Replaces Python's words for numbers that JSON lacks, outside of strings, by null.
std::string without_python_numbers(std::string_view text) {
  constexpr std::string_view kWords[] = {"-Infinity", "Infinity", "NaN"};
  std::string out;
  out.reserve(text.size());
  bool quoted = false;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t taken = 1;
    std::string_view written = text.substr(at, 1);
    if (quoted && text[at] == '\\') {
      taken = 2;
      written = text.substr(at, 2);
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      for (const std::string_view word : kWords) {
        if (!text.substr(at).starts_with(word)) continue;
        taken = word.size();
        written = "null";
        break;
      }
    }
    out += written;
    at += taken;
  }
  return out;
}

}  // namespace

Result<Json> parse_config_json(std::string_view text) {
  TRY(Json json,
      parse_json(without_python_numbers(text), {.depth_max = kDepthMax, .values_max = kValuesMax}));
  if (!json.is_object()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}, not an object", json.kind()));
  }
  return json;
}

Result<Json> read_config_json(const Path& path, std::size_t bytes_max) {
  TRY(const std::string text, read_file(path, bytes_max));
  auto json = parse_config_json(text);
  if (json) return json;
  Error error = std::move(json).error();
  error.message = fmt::format("{}: {}", path.string(), error.message);
  return fail(std::move(error));
}

}  // namespace diptych
