#pragma once
// A small language's texts, one by one.

#include <cstdint>

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

}  // namespace diptych::grammar
