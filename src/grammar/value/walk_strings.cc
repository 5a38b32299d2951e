// String values.
#include "grammar/value/json_walker.h"
#include "grammar/value/text_search.h"
#include "grammar/value/value_hash.h"

namespace diptych::grammar {
namespace {

constexpr std::uint64_t kCountedMax = 4096;

}  // namespace

bool JsonWalker::begin_string(const Place& from, const Goal& goal, Place& to) {
  if (goal.strings.empty()) return false;
  const StackRow& row = stack_[from.stack];
  to = {.stack = from.stack, .mode = Mode::kString};
  if (wants_hash(row)) to.hash = kEmptyTextHash;
  if (goal.strings.size() == 1) {
    to.a = goal.strings.front().first.id;
    to.d = goal.strings.front().second;
    return is_fresh(row, {to.a}, to.hash);
  }
  std::vector<std::uint32_t> words;
  bool fresh = false;
  for (const auto& [language, targets] : goal.strings) {
    words.insert(words.end(), {language.id, targets});
    fresh = fresh || is_fresh(row, language, to.hash);
  }
  to.mode = Mode::kStrings;
  to.a = string_tracks_.intern(words);
  return fresh;
}

void JsonWalker::add_character(const Place& from, std::uint8_t byte, Place& to) const {
  const StringState state = {.language = {}, .partial = from.b, .high_surrogate = from.c};
  if (const auto c = completed_character(state, byte)) to.hash = with_character(from.hash, *c);
}

bool JsonWalker::in_string(const Place& from, std::uint8_t byte, Place& to) {
  const StringState state = {.language = {from.a}, .partial = from.b, .high_surrogate = from.c};
  StringState after;
  switch (next_in_string(nodes_.tables().languages, policy_.escapes, state, byte, after)) {
    case StringStep::kDead:
      return false;
    case StringStep::kClosed:
      return end_value(from.stack, from.d, string_hash(from.hash), to);
    case StringStep::kInside:
      break;
  }
  to = from;
  to.a = after.language.id;
  to.b = after.partial;
  to.c = after.high_surrogate;
  if (from.hash == 0) return true;
  add_character(from, byte, to);
  return is_fresh_after(stack_[from.stack], after, to.hash);
}

// Also within a character: it must be able to become one that leads on.
bool JsonWalker::is_fresh_after(const StackRow& row, const StringState& state, std::uint64_t text) {
  if (row.set == 0 || !frames_.is_unique_item(row.frame)) return true;
  if (state.partial == 0 && state.high_surrogate == 0) return is_fresh(row, state.language, text);
  return has_fresh_character(
      nodes_.tables().languages, policy_.escapes, state, text,
      [&](Language rest, std::uint64_t whole) { return is_fresh(row, rest, whole); });
}

bool JsonWalker::in_strings(const Place& from, std::uint8_t byte, Place& to) {
  const StackRow& row = stack_[from.stack];
  const auto tracks = string_tracks_[from.a];
  to = from;
  if (from.hash != 0) add_character(from, byte, to);
  std::vector<std::uint32_t> next;
  Targets closed = 0;
  bool fresh = false;
  for (std::size_t at = 0; at < tracks.size(); at += 2) {
    const StringState state = {
        .language = {tracks[at]}, .partial = from.b, .high_surrogate = from.c};
    StringState after;
    const StringStep step =
        next_in_string(nodes_.tables().languages, policy_.escapes, state, byte, after);
    if (step == StringStep::kDead) continue;
    if (step == StringStep::kClosed) {
      closed = frames_.both_targets(closed, tracks[at + 1]);
      continue;
    }
    next.insert(next.end(), {after.language.id, tracks[at + 1]});
    to.b = after.partial;
    to.c = after.high_surrogate;
    fresh =
        fresh || from.hash == 0 || to.hash == from.hash || is_fresh(row, after.language, to.hash);
  }
  if (closed != 0) return end_value(from.stack, closed, string_hash(from.hash), to);
  to.a = string_tracks_.intern(next);
  return fresh;
}

// Whether the text can go on to one that is no item yet.
bool JsonWalker::is_fresh(const StackRow& row, Language rest, std::uint64_t text) {
  if (row.set == 0 || !frames_.is_unique_item(row.frame)) return true;
  if (has_many(rest, std::uint64_t{sets_.size(row.set)} + 1)) return true;
  return has_other_text(nodes_.tables().languages, rest, text, [&](std::uint64_t whole) {
    return sets_.contains(row.set, string_hash(whole));
  });
}

bool JsonWalker::has_many(Language language, std::uint64_t least) {
  Languages& languages = nodes_.tables().languages;
  if (languages.is_all(language)) return true;
  if (least > kCountedMax) return languages.count(language, least) >= least;
  const auto [known, is_new] = counts_.try_emplace(language.id, 0);
  if (is_new) known->second = languages.count(language, kCountedMax);
  return known->second >= least;
}

}  // namespace diptych::grammar
