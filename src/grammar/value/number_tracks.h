#pragma once
// A number read against several sets at once.

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/value/frames.h"

namespace diptych::grammar {

using NumberTracksId = SequenceId;  // 0: no set goes on this way

class NumberTracks {
 public:
  NumberTracks(const NumberSetTable& sets, Numbers spelling) : sets_(sets), spelling_(spelling) {}

  NumberTracksId start(std::span<const std::pair<NumberSetId, Targets>> sets);
  NumberTracksId next(NumberTracksId from, std::uint8_t byte);
  Targets end(NumberTracksId tracks, Frames& frames);  // 0: the number is not whole
  std::uint64_t key(NumberTracksId tracks, std::uint32_t reach);
  std::size_t memory_bytes() const;

 private:
  NumberReader& reader(NumberSetId set);

  const NumberSetTable& sets_;
  Numbers spelling_;
  std::vector<std::unique_ptr<NumberReader>> readers_;  // by set
  SequenceTable tracks_;                                // triples: set, state, targets
  std::unordered_map<std::uint64_t, NumberTracksId> steps_;
};

}  // namespace diptych::grammar
