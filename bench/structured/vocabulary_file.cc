#include "structured/vocabulary_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/file.h"

namespace diptych::bench {

namespace {

constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;
constexpr std::array<std::string_view, 7> kEndTexts = {
    "<|end_of_text|>", "<|eom_id|>", "<|eot_id|>", "<|im_end|>", "<|endoftext|>", "</s>", "<eos>"};

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<grammar::TokenEntry> read_line(std::string_view line) {
  if (line.size() < 2 || (line[0] != '0' && line[0] != '1') || line[1] != ' ') return std::nullopt;
  grammar::TokenEntry entry{.special = line[0] == '1'};
  line.remove_prefix(2);
  if (line.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < line.size(); i += 2) {
    const auto high = hex_digit(line[i]), low = hex_digit(line[i + 1]);
    if (!high || !low) return std::nullopt;
    entry.bytes += static_cast<char>(*high << 4U | *low);
  }
  return entry;
}

}  // namespace

Result<grammar::VocabularySource> read_vocabulary(const std::string& path,
                                                  std::vector<grammar::Token> ends) {
  TRY(const std::string text, read_file(path, kFileBytesMax));
  grammar::VocabularySource source{.ends = std::move(ends)};
  const bool find_ends = source.ends.empty();
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const auto entry = read_line(rest.substr(0, length));
    const std::size_t number = source.tokens.size();
    if (!entry) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: line {} is not '0|1 hex'", path, number + 1), "vocab");
    }
    if (find_ends && entry->special &&
        std::ranges::find(kEndTexts, entry->bytes) != kEndTexts.end()) {
      source.ends.push_back(static_cast<grammar::Token>(number));
    }
    source.tokens.push_back(*entry);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  if (source.ends.empty()) {
    return fail(ErrorCode::kInvalidArgument, path + ": no end token was recognised; name it",
                "ends");
  }
  return source;
}

grammar::VocabularySource byte_vocabulary() {
  grammar::VocabularySource source;
  for (int byte = 0; byte < 256; ++byte) {
    source.tokens.push_back({.bytes = std::string(1, static_cast<char>(byte))});
  }
  source.ends = {static_cast<grammar::Token>(source.tokens.size())};
  source.tokens.push_back({.bytes = "<end>", .special = true});
  return source;
}

}  // namespace diptych::bench
