#pragma once
// The walk over the bytes of a document: where each byte leads.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "grammar/text/json_string.h"
#include "grammar/value/document_stack.h"
#include "grammar/value/endings.h"
#include "grammar/value/number_tracks.h"
#include "grammar/value/place.h"
#include "grammar/value/value_nodes.h"

namespace diptych::grammar {

class JsonWalker {
 public:
  JsonWalker(std::shared_ptr<const Schema> schema, const Policy& policy, const Limits& limits);

  ValueNodes& nodes() { return nodes_; }
  Place start();
  bool next(const Place& from, std::uint8_t byte, Place& to);
  bool may_end(const Place& place);
  std::optional<PlainRun> plain_run(const Place& place);
  MaskKey mask_key(const Place& place, std::uint32_t reach);
  std::optional<std::uint32_t> bytes_to_end(const Place& place);

  std::size_t memory_bytes() const;
  std::uint64_t refused_count() const { return refused_ + nodes_.refused_count(); }

 private:
  bool step(const Place& from, std::uint8_t byte, Place& to);

  // Values.
  bool begin_value(const Place& from, std::uint8_t byte, Place& to);
  bool begin_string(const Place& from, const Goal& goal, Place& to);
  bool begin_literal(const Place& from, std::uint32_t which, Place& to);
  bool begin_number(const Place& from, Goal& goal, std::uint8_t byte, Place& to);
  bool open(const Place& from, FrameId frame, Mode mode, Place& to);
  bool end_value(StackId stack, Targets targets, std::uint64_t hash, Place& to);
  bool in_literal(const Place& from, std::uint8_t byte, Place& to);
  bool in_number(const Place& from, std::uint8_t byte, Place& to);
  std::uint64_t hash_of_number(const Place& place);
  void exclude_seen_numbers(const StackRow& row,
                            std::vector<std::pair<NumberSetId, Targets>>& sets);
  bool in_string(const Place& from, std::uint8_t byte, Place& to);
  bool in_strings(const Place& from, std::uint8_t byte, Place& to);
  void add_character(const Place& from, std::uint8_t byte, Place& to) const;
  bool is_fresh(const StackRow& row, Language rest, std::uint64_t text);
  bool is_fresh_after(const StackRow& row, const StringState& state, std::uint64_t text);

  // Containers.
  bool after_value(const Place& from, std::uint8_t byte, Place& to);
  bool first_item(const Place& from, std::uint8_t byte, Place& to);
  bool next_item(StackId stack, Place& to);
  bool close(const Place& from, Place& to);
  bool blank(const Place& from, std::uint8_t byte, Place& to) const;

  // Unique items.
  bool can_differ(const Place& place);
  bool has_ways(const Place& place, std::uint64_t seen);
  bool all_have_many(SequenceId tracks, std::uint64_t least);
  bool search(const Place& place, std::uint32_t depth, std::uint32_t bytes_left,
              std::size_t& steps_left);

  // Keys.
  bool key_may_come(StackId stack);
  bool begin_key(StackId stack, Place& to);
  bool in_key(const Place& from, std::uint8_t byte, Place& to);
  bool in_free_key(const Place& from, std::uint8_t byte, Place& to);
  bool in_one_free_key(const Place& from, std::uint8_t byte, Place& to);
  bool end_key(const Place& from, Place& to);
  bool take_key(const Place& from, std::uint32_t choice, bool is_free, Place& to);
  SequenceId free_tracks(const StackRow& row);
  std::uint32_t all_names(StackId stack) const;
  bool any_usable(const StackRow& row, SpelledNames::Range range);
  bool is_free_name_left(const StackRow& row, Language rest, std::uint64_t text,
                         std::uint32_t declared);
  bool is_free_name_after(const StackRow& row, const StringState& state, std::uint64_t text,
                          std::uint32_t declared);

  Endings::Bytes bytes_left(const Place& place);
  Endings::Bytes key_bytes_left(const Place& place);

  bool has_many(Language language, std::uint64_t least);
  Amounts amounts(const StackRow& row) const { return {row.count, sets_.size(row.set)}; }
  bool wants_hash(const StackRow& row) const {
    return row.hashed || frames_.is_unique_item(row.frame);
  }
  std::uint64_t stack_key(StackId stack) const;
  bool within_memory();

  Policy policy_;
  Limits limits_;
  ValueNodes nodes_;
  Frames frames_;
  DocumentStack stack_;
  HashSets sets_;
  NumberTracks numbers_;
  Endings endings_;
  SequenceTable string_tracks_;                              // pairs: language, targets
  SequenceTable name_tracks_;                                // pairs: language, class
  SequenceTable number_texts_;                               // pairs: text before, byte
  std::unordered_map<std::uint64_t, Decimal> seen_numbers_;  // by value hash
  std::unordered_map<std::uint32_t, std::uint64_t> counts_;  // of languages, up to kCountedMax
  std::unordered_map<std::uint64_t, bool> differing_;        // by hash of the place
  std::uint64_t refused_ = 0;
  std::uint32_t steps_ = 0;
  bool memory_spent_ = false, searching_ = false;
};

}  // namespace diptych::grammar
