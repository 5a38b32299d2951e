#include "grammar/general/grammar_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "grammar/text/code_point_set.h"
#include "grammar/text/utf8_text.h"

namespace diptych::grammar {
namespace {

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

}  // namespace

Compiled<GrammarText> GrammarText::open(std::string_view utf8, std::size_t bytes_max) {
  GrammarText text;
  if (utf8.size() > bytes_max) {
    auto refusal = text.malformed(
        fmt::format("the grammar has {} bytes; the limit is {}", utf8.size(), bytes_max));
    refusal.error().code = RefusalCode::kSchemaTooLarge;
    return refusal;
  }
  auto decoded = decode_utf8(utf8);
  if (!decoded) return text.malformed("the grammar is not UTF-8");
  text.text_ = std::move(*decoded);
  const std::size_t zero = text.text_.find(U'\0');
  if (zero != std::u32string::npos) return text.malformed(zero, "the character U+0000");
  return text;
}

bool GrammarText::take(char32_t c) {
  if (at_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool GrammarText::take(std::u32string_view word) {
  if (!looking_at(word)) return false;
  at_ += word.size();
  return true;
}

std::string GrammarText::place(std::size_t offset) const {
  const std::u32string_view before = std::u32string_view(text_).substr(0, offset);
  const auto line = std::ranges::count(before, U'\n') + 1;
  const std::size_t newline = before.rfind(U'\n');
  const std::size_t column =
      newline == std::u32string_view::npos ? before.size() : before.size() - newline - 1;
  return fmt::format("line {}, column {}", line, column + 1);
}

std::unexpected<Refusal> GrammarText::malformed(std::size_t offset, std::string message) const {
  return std::unexpected(Refusal{.code = RefusalCode::kMalformedGrammar,
                                 .keyword = {},
                                 .pointer = place(offset),
                                 .message = std::move(message),
                                 .hint = {}});
}

std::unexpected<Refusal> GrammarText::unsupported(std::size_t offset, std::string keyword,
                                                  std::string message, std::string hint) const {
  return std::unexpected(Refusal{.code = RefusalCode::kUnsupportedKeyword,
                                 .keyword = std::move(keyword),
                                 .pointer = place(offset),
                                 .message = std::move(message),
                                 .hint = std::move(hint)});
}

Compiled<char32_t> GrammarText::hexadecimal(int count) {
  constexpr std::u32string_view kLower = U"0123456789abcdef", kUpper = U"0123456789ABCDEF";
  char32_t value = 0;
  for (int i = 0; i < count; ++i) {
    const std::size_t digit = std::min(kLower.find(peek()), kUpper.find(peek()));
    if (digit == std::u32string_view::npos) {
      return malformed(fmt::format("{} hexadecimal digits are expected", count));
    }
    value = value << 4U | static_cast<char32_t>(digit);
    ++at_;
  }
  return value;
}

Compiled<std::uint32_t> GrammarText::number() {
  constexpr std::uint32_t kMost = 1'000'000'000;
  if (!is_digit(peek())) return malformed("a number is expected");
  const std::size_t begin = at_;
  std::uint64_t value = 0;
  while (is_digit(peek())) {
    value = std::min<std::uint64_t>(value * 10 + (take() - '0'), kMost + 1ULL);
  }
  if (value > kMost) return malformed(begin, fmt::format("a number above the limit of {}", kMost));
  return static_cast<std::uint32_t>(value);
}

bool is_scalar_value(char32_t code_point) {
  return code_point <= kCodePointMax && (code_point < 0xD800 || code_point > 0xDFFF);
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0U | c >> 6U);
  } else if (c < 0x10000) {
    put(0xE0U | c >> 12U);
    put(0x80U | (c >> 6U & 0x3FU));
  } else {
    put(0xF0U | c >> 18U);
    put(0x80U | (c >> 12U & 0x3FU));
    put(0x80U | (c >> 6U & 0x3FU));
  }
  put(0x80U | (c & 0x3FU));
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

}  // namespace diptych::grammar
