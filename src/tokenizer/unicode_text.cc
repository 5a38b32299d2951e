#include "tokenizer/unicode_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/check.h"

namespace diptych {
namespace {

constexpr char32_t kCapitalIWithDot =
    0x130;  // the only character whose lower case is two: i and U+0307

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

const utf8proc_uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

std::string compose(std::string_view text) {  // NFC
  if (is_ascii(text)) return std::string(text);
  utf8proc_uint8_t* composed = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const utf8proc_ssize_t size =
      utf8proc_map(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &composed, options);
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(composed, std::free);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  CHECK(size >= 0);  // the text is valid
  return {reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size)};
}

void append(std::string& out, char32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

char32_t lower(char32_t code_point) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point)));
}

}  // namespace

std::string normalize_lowercase(std::string_view valid_utf8) {
  const std::string composed = compose(valid_utf8);
  std::string out;
  out.reserve(composed.size());
  bool after_space = false;
  for (std::string_view rest = composed; !rest.empty();) {
    const Character character = first_character(rest);
    rest.remove_prefix(character.size);
    const bool space = class_of(character.code_point) == CharacterClass::kSpace;
    if (space) {
      if (!after_space) out += ' ';
    } else if (character.code_point == kCapitalIWithDot) {
      out += "i\u0307";
    } else {
      append(out, lower(character.code_point));
    }
    after_space = space;
  }
  return out;
}

Character first_character(std::string_view valid_utf8) {
  utf8proc_int32_t code_point = 0;
  const auto size = utf8proc_iterate(bytes_of(valid_utf8),
                                     static_cast<utf8proc_ssize_t>(valid_utf8.size()), &code_point);
  CHECK(size > 0);
  return {static_cast<char32_t>(code_point), static_cast<std::size_t>(size)};
}

CharacterClass class_of(char32_t code_point) {
  if (code_point == ' ' || (code_point >= '\t' && code_point <= '\r') || code_point == 0x85) {
    return CharacterClass::kSpace;
  }
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharacterClass::kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharacterClass::kNumber;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharacterClass::kSpace;
    default:
      return CharacterClass::kOther;
  }
}

}  // namespace diptych
