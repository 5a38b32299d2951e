// How far the end of the document is.
#include <algorithm>
#include <string_view>

#include "grammar/value/json_walker.h"

namespace diptych::grammar {
namespace {

using Bytes = Endings::Bytes;

constexpr Bytes kLiteralBytes[] = {4, 5, 4};
constexpr std::uint32_t kNamesMax = 64;  // looked at for the cheapest

}  // namespace

std::optional<std::uint32_t> JsonWalker::bytes_to_end(const Place& place) {
  const Bytes bytes = bytes_left(place);
  if (bytes >= Endings::kNotKnown) return std::nullopt;
  return static_cast<std::uint32_t>(std::min<Bytes>(bytes, 0xffff'ffff));
}

Endings::Bytes JsonWalker::bytes_left(const Place& place) {
  const Bytes open = place.b != 0 || place.c != 0 ? 10 : 0;  // of a character or escape, at most
  switch (place.mode) {
    case Mode::kValue:
      return endings_.of_value(place.stack);
    case Mode::kColon:
      return 1 + endings_.of_value(place.stack);
    case Mode::kString:
      return open + endings_.of_string({place.a}) + endings_.after_value(place.stack);
    case Mode::kStrings: {
      Bytes worst = 0;
      const auto tracks = string_tracks_[place.a];
      for (std::size_t at = 0; at < tracks.size(); at += 2) {
        worst = std::max(worst, endings_.of_string({tracks[at]}));
      }
      return open + worst + endings_.after_value(place.stack);
    }
    case Mode::kNumber:
      return endings_.of_number(place.a) + endings_.after_value(place.stack);
    case Mode::kLiteral:
      return kLiteralBytes[place.a] - place.blank + endings_.after_value(place.stack);
    case Mode::kFirstItem:
    case Mode::kFirstKey:
    case Mode::kAfter:
      return endings_.of_container(place.stack);
    case Mode::kNextKey:
      return 1 + key_bytes_left({.stack = place.stack,
                                 .mode = Mode::kKey,
                                 .a = free_tracks(stack_[place.stack]),
                                 .d = all_names(place.stack)});
    case Mode::kKey:
      return open + key_bytes_left(place);
    case Mode::kDone:
      break;
  }
  return 0;
}

// The cheapest name that still fits.
Endings::Bytes JsonWalker::key_bytes_left(const Place& place) {
  const StackRow row = stack_[place.stack];
  const ObjectPlan& plan = frames_.object_plan(row.frame);
  Bytes best = Endings::kNotKnown;
  const std::uint32_t begin = place.d & 0xffff, end = place.d >> 16;
  for (std::uint32_t i = begin; i < std::min(end, begin + kNamesMax); ++i) {
    if (!frames_.may_come(row.frame, plan.names.indexes[i], amounts(row))) continue;
    const Bytes name = plan.names.texts[i].size() - place.blank + 1;
    best =
        std::min(best, name + endings_.of_member(place.stack, plan.names.indexes[i], amounts(row)));
  }
  const auto tracks = name_tracks_[place.a];
  for (std::size_t at = 0; at < tracks.size(); at += 2) {
    const std::uint32_t choice = plan.declared_count() + tracks[at + 1];
    // One character more than needed gives room to differ from names that came before.
    best = std::min(best, 4 + endings_.of_string({tracks[at]}) +
                              endings_.of_member(place.stack, choice, amounts(row)));
  }
  return best;
}

}  // namespace diptych::grammar
