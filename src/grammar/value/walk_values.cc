// Where values begin and end, literals and numbers.
#include <algorithm>
#include <string_view>

#include "grammar/value/json_walker.h"
#include "grammar/value/value_hash.h"

namespace diptych::grammar {
namespace {

constexpr std::string_view kLiterals[] = {"null", "false", "true"};
constexpr std::uint64_t kLiteralHashes[] = {kNullHash, kFalseHash, kTrueHash};
constexpr std::uint32_t kSeenNumbersMax = 2000;  // in one array with unique items

}  // namespace

bool JsonWalker::begin_value(const Place& from, std::uint8_t byte, Place& to) {
  Goal& goal = frames_.goal(stack_[from.stack].frame);
  switch (byte) {
    case '"':
      return begin_string(from, goal, to);
    case '{':
      return open(from, goal.object, Mode::kFirstKey, to);
    case '[':
      return open(from, goal.array, Mode::kFirstItem, to);
    case 'n':
      to.d = goal.null;
      return begin_literal(from, 0, to);
    case 'f':
      to.d = goal.no;
      return begin_literal(from, 1, to);
    case 't':
      to.d = goal.yes;
      return begin_literal(from, 2, to);
    default:
      return begin_number(from, goal, byte, to);
  }
}

bool JsonWalker::open(const Place& from, FrameId frame, Mode mode, Place& to) {
  if (frame == kNone) return false;
  if (stack_.depth(from.stack) > static_cast<std::uint32_t>(limits_.stack_depth_max)) {
    ++refused_;
    return false;
  }
  StackRow row = {.parent = from.stack, .frame = frame};
  row.hashed = wants_hash(stack_[from.stack]);
  if (row.hashed) row.hash = mode == Mode::kFirstKey ? kObjectHash : kArrayHash;
  to = {.stack = stack_.intern(row), .mode = mode};
  return true;
}

bool JsonWalker::end_value(StackId stack, Targets targets, std::uint64_t hash, Place& to) {
  StackRow row = stack_[stack];
  const FrameId after = frames_.after_value(row.frame, targets);
  if (after == kNone) return false;
  to = {.stack = stack, .mode = Mode::kDone};
  const FrameKind kind = frames_.kind(row.frame);
  if (kind == FrameKind::kRoot) return true;
  if (frames_.is_unique_item(row.frame)) {
    if (sets_.contains(row.set, hash)) return false;
    row.set = sets_.insert(row.set, hash);
  }
  if (kind == FrameKind::kItem) {
    row.count = std::min(row.count + 1, frames_.array_plan(row.frame).index_max);
    if (row.hashed) row.hash = with_item(row.hash, hash);
  } else {
    const ObjectPlan& plan = frames_.object_plan(row.frame);
    if (!plan.plain) row.count = std::min(row.count + 1, plan.count_max);
    if (row.hashed) row.hash = with_member(row.hash, row.key_hash, hash);
    row.key_hash = 0;
  }
  row.frame = after;
  to.stack = stack_.intern(row);
  to.mode = Mode::kAfter;
  return true;
}

bool JsonWalker::begin_literal(const Place& from, std::uint32_t which, Place& to) {
  const Targets targets = to.d;
  to = {.stack = from.stack, .mode = Mode::kLiteral, .blank = 1, .a = which, .d = targets};
  const StackRow& row = stack_[from.stack];
  const bool is_new =
      !frames_.is_unique_item(row.frame) || !sets_.contains(row.set, kLiteralHashes[which]);
  return targets != 0 && is_new;
}

bool JsonWalker::in_literal(const Place& from, std::uint8_t byte, Place& to) {
  const std::string_view text = kLiterals[from.a];
  if (byte != static_cast<unsigned char>(text[from.blank])) return false;
  to = from;
  ++to.blank;
  if (to.blank < text.size()) return true;
  return end_value(from.stack, from.d, kLiteralHashes[from.a], to);
}

bool JsonWalker::begin_number(const Place& from, Goal& goal, std::uint8_t byte, Place& to) {
  if ((byte != '-' && (byte < '0' || byte > '9')) || goal.numbers.empty()) return false;
  const StackRow& row = stack_[from.stack];
  if (goal.first_numbers == kNoLimit) goal.first_numbers = numbers_.start(goal.numbers);
  Place before = {.stack = from.stack, .mode = Mode::kNumber, .a = goal.first_numbers};
  if (frames_.is_unique_item(row.frame) && row.set != 0) {
    auto sets = goal.numbers;
    exclude_seen_numbers(row, sets);
    before.a = numbers_.start(sets);
  }
  return before.a != 0 && in_number(before, byte, to);
}

void JsonWalker::exclude_seen_numbers(const StackRow& row,
                                      std::vector<std::pair<NumberSetId, Targets>>& sets) {
  if (sets.empty()) return;
  if (sets_.size(row.set) > kSeenNumbersMax) {
    ++refused_;
    sets.clear();
    return;
  }
  NumberSet others;
  for (const std::uint64_t hash : sets_.elements(row.set)) {
    if (const auto seen = seen_numbers_.find(hash); seen != seen_numbers_.end()) {
      others.except.push_back(seen->second);
    }
  }
  NumberSetTable& table = nodes_.tables().numbers;
  for (auto& [set, targets] : sets) {
    NumberSet left = intersect(table[set], others);
    left.plain = table[set].plain;
    set = table.intern(std::move(left));
  }
  std::erase_if(sets, [&](const auto& set) { return is_empty(table[set.first]); });
}

bool JsonWalker::in_number(const Place& from, std::uint8_t byte, Place& to) {
  to = from;
  to.a = numbers_.next(from.a, byte);
  if (to.a != 0) {
    if (wants_hash(stack_[from.stack])) {
      const std::uint32_t pair[] = {from.b, byte};
      to.b = number_texts_.intern(pair);
    }
    return true;
  }
  const Targets targets = numbers_.end(from.a, frames_);
  if (targets == 0) return false;
  const std::uint64_t hash = wants_hash(stack_[from.stack]) ? hash_of_number(from) : 0;
  Place after;
  return end_value(from.stack, targets, hash, after) && after.mode != Mode::kDone &&
         step(after, byte, to);
}

std::uint64_t JsonWalker::hash_of_number(const Place& place) {
  std::string text;
  for (SequenceId at = place.b; at != 0; at = number_texts_[at][0]) {
    text += static_cast<char>(number_texts_[at][1]);
  }
  std::ranges::reverse(text);
  const auto value = parse_decimal(text);
  if (!value) return 0;
  const std::uint64_t hash = number_hash(to_string(*value));
  seen_numbers_.try_emplace(hash, *value);
  return hash;
}

}  // namespace diptych::grammar
