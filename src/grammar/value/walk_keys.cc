// Keys: declared names from a sorted list, others by class; each at most once.
#include <algorithm>

#include "grammar/value/json_walker.h"
#include "grammar/value/text_search.h"
#include "grammar/value/value_hash.h"

namespace diptych::grammar {
namespace {

using Range = SpelledNames::Range;

Range range_of(const Place& place) { return {place.d & 0xffff, place.d >> 16}; }
std::uint32_t packed(Range range) { return range.empty() ? 0 : range.end << 16 | range.begin; }

}  // namespace

bool JsonWalker::any_usable(const StackRow& row, Range range) {
  const SpelledNames& names = frames_.object_plan(row.frame).names;
  const Amounts so_far = amounts(row);
  for (std::uint32_t i = range.begin; i < range.end; ++i) {
    if (frames_.may_come(row.frame, names.indexes[i], so_far)) return true;
  }
  return false;
}

bool JsonWalker::key_may_come(StackId stack) {
  const StackRow row = stack_[stack];
  const ObjectPlan& plan = frames_.object_plan(row.frame);
  return any_usable(row, plan.names.all()) || free_tracks(row) != 0;
}

std::uint32_t JsonWalker::all_names(StackId stack) const {
  return packed(frames_.object_plan(stack_[stack].frame).names.all());
}

SequenceId JsonWalker::free_tracks(const StackRow& row) {
  const ObjectPlan& plan = frames_.object_plan(row.frame);
  std::vector<std::uint32_t> words;
  for (std::uint32_t i = 0; i < plan.classes.size(); ++i) {
    const Language names = plan.classes[i].names;
    if (!frames_.may_come(row.frame, plan.declared_count() + i, amounts(row))) continue;
    if (is_free_name_left(row, names, kEmptyTextHash, plan.declared_count())) {
      words.insert(words.end(), {names.id, i});
    }
  }
  return name_tracks_.intern(words);
}

// Whether the text can go on to an undeclared name that was not used. `declared`: how many declared
// ones it could become.
bool JsonWalker::is_free_name_left(const StackRow& row, Language rest, std::uint64_t text,
                                   std::uint32_t declared) {
  const ObjectPlan& plan = frames_.object_plan(row.frame);
  if (policy_.escapes == Escapes::kComplete) declared = plan.declared_count();
  if (has_many(rest, std::uint64_t{sets_.size(row.set)} + declared + 1)) return true;
  return has_other_text(nodes_.tables().languages, rest, text, [&](std::uint64_t whole) {
    return sets_.contains(row.set, whole) ||
           std::ranges::find(plan.name_hashes, whole) != plan.name_hashes.end();
  });
}

bool JsonWalker::is_free_name_after(const StackRow& row, const StringState& state,
                                    std::uint64_t text, std::uint32_t declared) {
  if (state.partial == 0 && state.high_surrogate == 0) {
    return is_free_name_left(row, state.language, text, declared);
  }
  return has_fresh_character(nodes_.tables().languages, policy_.escapes, state, text,
                             [&](Language rest, std::uint64_t whole) {
                               return is_free_name_left(row, rest, whole, declared);
                             });
}

bool JsonWalker::begin_key(StackId stack, Place& to) {
  const StackRow row = stack_[stack];
  const ObjectPlan& plan = frames_.object_plan(row.frame);
  to = {.stack = stack,
        .mode = Mode::kKey,
        .a = free_tracks(row),
        .d = packed(plan.names.all()),
        .hash = kEmptyTextHash};
  return to.a != 0 || any_usable(row, plan.names.all());
}

bool JsonWalker::in_key(const Place& from, std::uint8_t byte, Place& to) {
  const bool between = from.b == 0 && from.c == 0;  // characters; always true without tracks
  const StackRow& row = stack_[from.stack];
  const SpelledNames& names = frames_.object_plan(row.frame).names;
  Range range = range_of(from);
  if (byte == '"' && between) {
    if (const auto whole = names.whole(range, from.blank)) {
      return take_key(from, *whole, false, to);
    }
    if (from.a != 0) return end_key(from, to);
  }
  range = names.narrow(range, from.blank, byte);
  to = from;
  to.d = packed(range);
  ++to.blank;
  if (range.empty()) to.blank = 0;
  bool alive = from.a != 0 && in_free_key(from, byte, to);
  if (!alive) to.a = to.b = to.c = 0;
  if (!alive) to.hash = kEmptyTextHash;
  return alive || any_usable(StackRow(row), range);
}

bool JsonWalker::in_free_key(const Place& from, std::uint8_t byte, Place& to) {
  const StackRow row = stack_[from.stack];
  const auto tracks = name_tracks_[from.a];
  const Range range = range_of(to);
  add_character(from, byte, to);
  if (tracks.size() == 2) return in_one_free_key(from, byte, to);
  std::vector<std::uint32_t> next;
  for (std::size_t at = 0; at < tracks.size(); at += 2) {
    const StringState state = {
        .language = {tracks[at]}, .partial = from.b, .high_surrogate = from.c};
    StringState after;
    const StringStep step =
        next_in_string(nodes_.tables().languages, policy_.escapes, state, byte, after);
    if (step != StringStep::kInside) continue;
    if (!is_free_name_after(row, after, to.hash, range.end - range.begin)) continue;
    next.insert(next.end(), {after.language.id, tracks[at + 1]});
    to.b = after.partial;
    to.c = after.high_surrogate;
  }
  to.a = name_tracks_.intern(next);
  return to.a != 0;
}

bool JsonWalker::in_one_free_key(const Place& from, std::uint8_t byte, Place& to) {
  const auto tracks = name_tracks_[from.a];
  const StringState state = {.language = {tracks[0]}, .partial = from.b, .high_surrogate = from.c};
  StringState after;
  Languages& languages = nodes_.tables().languages;
  if (next_in_string(languages, policy_.escapes, state, byte, after) != StringStep::kInside) {
    return false;
  }
  to.b = after.partial;
  to.c = after.high_surrogate;
  const Range range = range_of(to);
  if (!languages.is_all(after.language) &&
      !is_free_name_after(stack_[from.stack], after, to.hash, range.end - range.begin)) {
    return false;
  }
  if (after.language != state.language) {
    const std::uint32_t next[] = {after.language.id, tracks[1]};
    to.a = name_tracks_.intern(next);
  }
  return true;
}

// The closing quote of a name that is not spelled as a declared one.
bool JsonWalker::end_key(const Place& from, Place& to) {
  const StackRow& row = stack_[from.stack];
  const ObjectPlan& plan = frames_.object_plan(row.frame);
  if (policy_.escapes == Escapes::kComplete) {
    const auto declared = std::ranges::find(plan.name_hashes, from.hash);
    if (declared != plan.name_hashes.end()) {
      return take_key(from, static_cast<std::uint32_t>(declared - plan.name_hashes.begin()), false,
                      to);
    }
  }
  if (sets_.contains(row.set, from.hash)) return false;
  const auto tracks = name_tracks_[from.a];
  for (std::size_t at = 0; at < tracks.size(); at += 2) {
    if (!nodes_.tables().languages.accepts_empty({tracks[at]})) continue;
    return take_key(from, plan.declared_count() + tracks[at + 1], true, to);
  }
  return false;
}

bool JsonWalker::take_key(const Place& from, std::uint32_t choice, bool is_free, Place& to) {
  StackRow row = stack_[from.stack];
  const ObjectPlan& plan = frames_.object_plan(row.frame);
  const std::uint64_t text = is_free ? from.hash : plan.name_hashes[choice];
  row.frame = frames_.member(row.frame, choice, amounts(row));
  if (row.frame == kNone) return false;
  if (is_free) row.set = sets_.insert(row.set, text);
  if (row.hashed) row.key_hash = text;
  to = {.stack = stack_.intern(row), .mode = Mode::kColon};
  return true;
}

}  // namespace diptych::grammar
