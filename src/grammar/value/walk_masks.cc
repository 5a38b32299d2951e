// What a mask may leave out of a state.
#include <algorithm>

#include "grammar/value/json_walker.h"
#include "grammar/value/value_hash.h"

namespace diptych::grammar {

std::optional<PlainRun> JsonWalker::plain_run(const Place& place) {
  Languages& languages = nodes_.tables().languages;
  const StackRow& row = stack_[place.stack];
  if (place.mode == Mode::kString) {
    if (frames_.is_unique_item(row.frame) && row.set != 0) return std::nullopt;
    return plain_run_in_string(
        languages, {.language = {place.a}, .partial = place.b, .high_surrogate = place.c});
  }
  if (place.mode != Mode::kKey || name_tracks_[place.a].size() != 2) return std::nullopt;
  auto run = plain_run_in_string(
      languages,
      {.language = {name_tracks_[place.a][0]}, .partial = place.b, .high_surrogate = place.c});
  if (!run) return run;
  // Near its greatest length a name may have become one that is taken.
  constexpr std::uint32_t kRoom = 3;
  if (run->code_points_max != PlainRun{}.code_points_max) {
    if (run->code_points_max <= kRoom) return std::nullopt;
    run->code_points_max -= kRoom;
  } else if (!has_many({name_tracks_[place.a][0]}, 4096)) {
    return std::nullopt;
  }
  run->uniform = run->uniform && place.d == 0 && row.set == 0;
  return run;
}

std::uint64_t JsonWalker::stack_key(StackId stack) const {
  std::uint64_t hash = 0;
  for (StackId at = stack; at != 0; at = stack_[at].parent) {
    const StackRow& row = stack_[at];
    hash = mix(hash, std::uint64_t{row.frame} << 32 | row.count);
    hash = mix(hash, row.set);
    if (row.hashed) hash = mix(mix(hash, row.hash), row.key_hash);
  }
  return hash;
}

MaskKey JsonWalker::mask_key(const Place& place, std::uint32_t reach) {
  std::uint64_t scalar = mix(static_cast<std::uint64_t>(place.mode), place.blank);
  scalar = mix(scalar, place.hash);
  if (place.mode == Mode::kString) {
    scalar = mix(scalar, nodes_.tables().languages.key({place.a}, reach));
  } else if (place.mode == Mode::kNumber) {
    scalar = mix(scalar, numbers_.key(place.a, reach));
  } else {
    scalar = mix(scalar, place.a);
  }
  scalar = mix(scalar, std::uint64_t{place.b} << 32 | place.c);
  scalar = mix(scalar, place.d);
  return {.high = stack_key(place.stack), .low = scalar};
}

}  // namespace diptych::grammar
