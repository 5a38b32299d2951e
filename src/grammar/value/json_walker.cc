#include "grammar/value/json_walker.h"

#include "grammar/value/value_hash.h"
#include "grammar/value/white_space.h"

namespace diptych::grammar {
namespace {

constexpr std::uint32_t kStepsBetweenLooks = 4096;  // at how much memory is used

}  // namespace

JsonWalker::JsonWalker(std::shared_ptr<const Schema> schema, const Policy& policy,
                       const Limits& limits)
    : policy_(policy),
      limits_(limits),
      nodes_(std::move(schema), policy, limits),
      frames_(nodes_),
      numbers_(nodes_.tables().numbers, policy.numbers),
      endings_(nodes_, frames_, stack_, numbers_) {}

Place JsonWalker::start() {
  return {.stack = stack_.intern({.frame = frames_.root(nodes_.root())}), .mode = Mode::kValue};
}

bool JsonWalker::within_memory() {
  if (++steps_ % kStepsBetweenLooks == 0) {
    memory_spent_ = memory_bytes() > limits_.memory_bytes_max;
  }
  if (memory_spent_) ++refused_;
  return !memory_spent_;
}

bool JsonWalker::next(const Place& from, std::uint8_t byte, Place& to) {
  return within_memory() && step(from, byte, to) && (searching_ || can_differ(to));
}

bool JsonWalker::step(const Place& from, std::uint8_t byte, Place& to) {
  switch (from.mode) {
    case Mode::kString:
      return in_string(from, byte, to);
    case Mode::kStrings:
      return in_strings(from, byte, to);
    case Mode::kKey:
      return in_key(from, byte, to);
    case Mode::kNumber:
      return in_number(from, byte, to);
    case Mode::kLiteral:
      return in_literal(from, byte, to);
    case Mode::kDone:
      return false;
    default:
      break;
  }
  if (is_blank(byte)) return blank(from, byte, to);
  switch (from.mode) {
    case Mode::kValue:
      return begin_value(from, byte, to);
    case Mode::kFirstItem:
      return first_item(from, byte, to);
    case Mode::kFirstKey:
      if (byte == '}') return close(from, to);
      return byte == '"' && begin_key(from.stack, to);
    case Mode::kNextKey:
      return byte == '"' && begin_key(from.stack, to);
    case Mode::kColon:
      to = {.stack = from.stack, .mode = Mode::kValue};
      return byte == ':';
    default:
      return after_value(from, byte, to);
  }
}

bool JsonWalker::blank(const Place& from, std::uint8_t byte, Place& to) const {
  if (stack_[from.stack].parent == 0) return false;  // none around the document
  to = from;
  return next_blank(policy_, to.blank, byte);
}

bool JsonWalker::may_end(const Place& place) {
  if (place.mode == Mode::kDone) return true;
  if (place.mode != Mode::kNumber || stack_[place.stack].parent != 0) return false;
  Place ignored;
  return end_value(place.stack, numbers_.end(place.a, frames_), 0, ignored);
}

bool JsonWalker::after_value(const Place& from, std::uint8_t byte, Place& to) {
  const bool is_object = frames_.kind(stack_[from.stack].frame) == FrameKind::kObject;
  if (byte == (is_object ? '}' : ']')) return close(from, to);
  if (byte != ',') return false;
  if (!is_object) return next_item(from.stack, to);
  to = {.stack = from.stack, .mode = Mode::kNextKey};
  return key_may_come(from.stack);
}

bool JsonWalker::first_item(const Place& from, std::uint8_t byte, Place& to) {
  if (byte == ']') return close(from, to);
  Place item;
  return next_item(from.stack, item) && begin_value(item, byte, to);
}

bool JsonWalker::next_item(StackId stack, Place& to) {
  StackRow row = stack_[stack];
  row.frame = frames_.item(row.frame, row.count);
  if (row.frame == kNone) return false;
  to = {.stack = stack_.intern(row), .mode = Mode::kValue};
  return true;
}

bool JsonWalker::close(const Place& from, Place& to) {
  const StackRow& row = stack_[from.stack];
  const Targets targets = frames_.close(row.frame, amounts(row));
  return targets != 0 && end_value(row.parent, targets, row.hash, to);
}

std::size_t JsonWalker::memory_bytes() const {
  return nodes_.memory_bytes() + frames_.memory_bytes() + stack_.memory_bytes() +
         sets_.memory_bytes() + numbers_.memory_bytes() + string_tracks_.memory_bytes() +
         name_tracks_.memory_bytes() + number_texts_.memory_bytes() + seen_numbers_.size() * 128 +
         counts_.size() * 40;
}

}  // namespace diptych::grammar
