#pragma once
// A range of code points as sequences of byte ranges: what UTF-8 makes of it.

#include <array>
#include <cstdint>
#include <vector>

#include "grammar/text/language.h"

namespace diptych::grammar {

struct ByteRange {
  std::uint8_t first = 0, last = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct Utf8Sequence {  // any byte of bytes[0], then any of bytes[1], …
  std::array<ByteRange, 4> bytes;
  int length = 0;
};

// Appends the sequences, disjoint and ascending; surrogates are left out.
void append_utf8_sequences(CodePointRange range, std::vector<Utf8Sequence>& out);

}  // namespace diptych::grammar
