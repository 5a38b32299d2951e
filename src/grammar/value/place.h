#pragma once
// A schema machine's state, unpacked.

#include <bit>
#include <cstdint>

#include "grammar/machine.h"
#include "grammar/value/document_stack.h"

namespace diptych::grammar {

enum class Mode : std::uint8_t {
  kValue,      // a value must come
  kString,     // in a string that one language constrains: a language, d targets
  kStrings,    // in a string that several constrain: a tracks
  kNumber,     // a tracks, b text so far (inside unique items)
  kLiteral,    // null, false, true: a which, blank characters read, d targets
  kFirstItem,  // after [
  kFirstKey,   // after {
  kNextKey,    // after a comma in an object
  kKey,        // in a key: see below
  kColon,      // after a key
  kAfter,      // after a value in a container
  kDone,
};

struct Place {
  StackId stack = 0;
  Mode mode = Mode::kValue;
  std::uint8_t unused = 0;
  std::uint16_t blank = 0;  // white space in a row (see white_space.h); kKey: bytes read
  std::uint32_t a = 0;      // kKey: tracks of undeclared names, 0 when none fits
  std::uint32_t b = 0;      // strings and keys: StringState::partial
  std::uint32_t c = 0;      // … and high_surrogate
  std::uint32_t d = 0;      // kKey: declared names that still fit, end << 16 | begin
  std::uint64_t hash = 0;   // of the text so far, where it matters

  static Place from(const MachineState& state) { return std::bit_cast<Place>(state.words); }
  MachineState packed() const { return {std::bit_cast<std::array<std::uint64_t, 4>>(*this)}; }
};
static_assert(sizeof(Place) == sizeof(MachineState));

}  // namespace diptych::grammar
