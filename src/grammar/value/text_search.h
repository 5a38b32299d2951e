#pragma once
// A small language's texts, one by one.

#include <cstdint>
#include <string_view>

#include "grammar/text/json_string.h"
#include "grammar/text/language.h"
#include "grammar/value/value_hash.h"

namespace diptych::grammar {

// Whether the language has a text that `taken` does not know. `text`: hash of what stands before
// it. For languages with few texts: it looks at each until it finds one.
template <class Taken>
bool has_other_text(Languages& languages, Language language, std::uint64_t text,
                    const Taken& taken) {
  if (languages.accepts_empty(language) && !taken(text)) return true;
  const auto branches = languages.branches(language);  // a copy: the search makes further ones
  for (const auto& branch : branches) {
    for (const CodePointRange& range : branch.ranges) {
      for (char32_t c = range.first; c <= range.last; ++c) {
        if (has_other_text(languages, branch.rest, with_character(text, c), taken)) return true;
      }
    }
  }
  return false;
}

// Whether the character or escape that has begun in `at` can become one after which `fresh` holds
// for the rest of the language and the text's hash. Looks at a few, if any of them will do.
template <class Fresh>
bool has_fresh_character(Languages& languages, Escapes escapes, const StringState& at,
                         std::uint64_t text, const Fresh& fresh) {
  constexpr std::string_view kEscape = "\\u\"/bfnrt0123456789aAbBcCdDeEfF";
  const auto leads_on = [&](std::uint8_t byte) {
    StringState after;
    if (next_in_string(languages, escapes, at, byte, after) != StringStep::kInside) return false;
    if (const auto c = completed_character(at, byte)) {
      return fresh(after.language, with_character(text, *c));
    }
    return has_fresh_character(languages, escapes, after, text, fresh);
  };
  for (const char byte : kEscape) {
    if (leads_on(static_cast<std::uint8_t>(byte))) return true;
  }
  for (std::uint8_t byte = 0x80; byte < 0xc0; ++byte) {
    if (leads_on(byte)) return true;
  }
  return false;
}

}  // namespace diptych::grammar
