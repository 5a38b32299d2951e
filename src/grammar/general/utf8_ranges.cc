#include "grammar/general/utf8_ranges.h"

#include <algorithm>

namespace diptych::grammar {
namespace {

struct Plane {  // code points of one encoded length
  std::uint32_t first, last;
  int length;
};
constexpr std::array<Plane, 5> kPlanes = {{{0, 0x7F, 1},
                                           {0x80, 0x7FF, 2},
                                           {0x800, 0xD7FF, 3},
                                           {0xE000, 0xFFFF, 3},
                                           {0x1'0000, 0x10'FFFF, 4}}};
constexpr std::array<std::uint8_t, 5> kLead = {0, 0, 0xC0, 0xE0, 0xF0};

std::uint8_t byte_at(std::uint32_t code_point, int index, int length) {
  const int shift = 6 * (length - 1 - index);
  if (length == 1) return static_cast<std::uint8_t>(code_point);
  const std::uint32_t bits = code_point >> shift;
  return static_cast<std::uint8_t>(index == 0 ? kLead[static_cast<std::size_t>(length)] | bits
                                              : 0x80U | (bits & 0x3FU));
}

// Cuts until all bytes after the first that differs run over their whole range.
void split(std::uint32_t first, std::uint32_t last, int length, std::vector<Utf8Sequence>& out) {
  for (int tail = 1; tail < length; ++tail) {
    const std::uint32_t mask = (1U << (6 * tail)) - 1;
    if ((first & ~mask) == (last & ~mask)) continue;
    if ((first & mask) != 0) {
      split(first, first | mask, length, out);
      return split((first | mask) + 1, last, length, out);
    }
    if ((last & mask) != mask) {
      split(first, (last & ~mask) - 1, length, out);
      return split(last & ~mask, last, length, out);
    }
  }
  Utf8Sequence sequence{.bytes = {}, .length = length};
  for (int i = 0; i < length; ++i) {
    sequence.bytes[static_cast<std::size_t>(i)] = {byte_at(first, i, length),
                                                   byte_at(last, i, length)};
  }
  out.push_back(sequence);
}

}  // namespace

void append_utf8_sequences(CodePointRange range, std::vector<Utf8Sequence>& out) {
  for (const Plane& plane : kPlanes) {
    const std::uint32_t first = std::max<std::uint32_t>(range.first, plane.first);
    const std::uint32_t last = std::min<std::uint32_t>(range.last, plane.last);
    if (first <= last) split(first, last, plane.length, out);
  }
}

}  // namespace diptych::grammar
