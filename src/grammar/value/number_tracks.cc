#include "grammar/value/number_tracks.h"

#include "grammar/value/value_hash.h"

namespace diptych::grammar {

NumberReader& NumberTracks::reader(NumberSetId set) {
  if (set >= readers_.size()) readers_.resize(set + std::size_t{1});
  if (!readers_[set]) {
    const Numbers spelling = sets_[set].plain ? Numbers::kPlain : spelling_;
    readers_[set] = std::make_unique<NumberReader>(sets_[set], spelling);
  }
  return *readers_[set];
}

NumberTracksId NumberTracks::start(std::span<const std::pair<NumberSetId, Targets>> sets) {
  std::vector<std::uint32_t> words;
  for (const auto& [set, targets] : sets) {
    words.insert(words.end(), {set, reader(set).start(), targets});
  }
  return tracks_.intern(words);
}

NumberTracksId NumberTracks::next(NumberTracksId from, std::uint8_t byte) {
  const std::uint64_t key = std::uint64_t{from} << 8 | byte;
  if (const auto known = steps_.find(key); known != steps_.end()) return known->second;
  const auto words = tracks_[from];
  std::vector<std::uint32_t> next;
  for (std::size_t at = 0; at < words.size(); at += 3) {
    const NumberState state = reader(words[at]).next(words[at + 1], byte);
    if (state != 0) next.insert(next.end(), {words[at], state, words[at + 2]});
  }
  return steps_[key] = tracks_.intern(next);
}

Targets NumberTracks::end(NumberTracksId tracks, Frames& frames) {
  Targets targets = 0;
  const auto words = tracks_[tracks];
  for (std::size_t at = 0; at < words.size(); at += 3) {
    if (reader(words[at]).may_end(words[at + 1])) {
      targets = frames.both_targets(targets, words[at + 2]);
    }
  }
  return targets;
}

std::uint64_t NumberTracks::key(NumberTracksId tracks, std::uint32_t reach) {
  std::uint64_t hash = 0;
  const auto words = tracks_[tracks];
  for (std::size_t at = 0; at < words.size(); at += 3) {
    hash = mix(hash, reader(words[at]).key(words[at + 1], reach));
    hash = mix(hash, words[at + 2]);
  }
  return hash;
}

std::size_t NumberTracks::memory_bytes() const {
  std::size_t bytes = tracks_.memory_bytes() + steps_.size() * 40;
  for (const auto& reader : readers_) {
    if (reader) bytes += reader->memory_bytes();
  }
  return bytes;
}

}  // namespace diptych::grammar
