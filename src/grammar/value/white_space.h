#pragma once
// White space between tokens of JSON, by policy. A count says how much of it has come in a row.

#include <cstdint>

#include "grammar/policy.h"

namespace diptych::grammar {

// False: the byte may not come here. Tidy: 1 is one space; 2 + n a newline and n blanks.
inline bool next_blank(const Policy& policy, std::uint16_t& blank, std::uint8_t byte) {
  constexpr std::uint16_t kBlanksMax = 64;
  const bool is_space = byte == ' ' || byte == '\t';
  switch (policy.whitespace) {
    case Whitespace::kNone:
      return false;
    case Whitespace::kAny:
      if ((!is_space && byte != '\n' && byte != '\r') || blank >= policy.whitespace_max) {
        return false;
      }
      ++blank;
      return true;
    case Whitespace::kTidy:
      break;
  }
  if (blank == 0 && byte == ' ') {
    blank = 1;
  } else if (blank == 0 && byte == '\n') {
    blank = 2;
  } else if (blank >= 2 && is_space && blank < kBlanksMax + 2) {
    ++blank;
  } else {
    return false;
  }
  return true;
}

inline bool is_blank(std::uint8_t byte) {
  return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

}  // namespace diptych::grammar
