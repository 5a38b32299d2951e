// Members of objects and their ends.
#include <algorithm>
#include <bit>

#include "grammar/value/frames.h"

namespace diptych::grammar {
namespace {

using Words = std::vector<std::uint32_t>;

Words with_bit(std::span<const std::uint32_t> bits, std::uint32_t index) {
  Words result(bits.begin(), bits.end());
  if (index / 32 >= result.size()) result.resize(index / 32 + 1, 0);
  result[index / 32] |= 1U << (index % 32);
  return result;
}

std::uint32_t after_last_bit(std::span<const std::uint32_t> bits) {
  if (bits.empty()) return 0;  // the last word of a seen set is not 0
  return static_cast<std::uint32_t>(bits.size() * 32) -
         static_cast<std::uint32_t>(std::countl_zero(bits.back()));
}

}  // namespace

// In schema order names come in the order of their declaration, undeclared ones last.
std::uint32_t Frames::first_open(std::span<const std::uint32_t> seen, bool has_free,
                                 std::uint32_t declared_count) const {
  if (nodes_.policy().order == KeyOrder::kAny) return 0;
  return has_free ? declared_count : after_last_bit(seen);
}

Amounts Frames::relevant(const ObjectPlan& plan, const Amounts& amounts) const {
  if (!plan.plain) {
    return {.count = std::min(amounts.count, plan.count_max), .free = amounts.free};
  }
  const bool ordered = nodes_.policy().order == KeyOrder::kSchema;
  return {.count = 0, .free = ordered ? std::min(amounts.free, 1U) : 0};
}

FrameId Frames::member(FrameId object, std::uint32_t choice, const Amounts& given) {
  const Amounts amounts = relevant(object_plan(object), given);
  const Key key = {object, choice, amounts.count, amounts.free};
  if (const auto known = members_.find(key); known != members_.end()) return known->second;
  const FrameId made = make_member(object, choice, amounts);
  return members_[key] = made;
}

bool Frames::may_come(FrameId object, std::uint32_t choice, const Amounts& given) {
  const ObjectPlan& plan = object_plan(object);
  if (!plan.plain) return member(object, choice, given) != kNone;
  const std::size_t slot = std::size_t{object} * 2 + relevant(plan, given).free;
  if (slot >= may_come_.size()) may_come_.resize(slot * 2 + 16);
  if (!may_come_[slot]) {
    const std::size_t size = plan.declared_count() + plan.classes.size();
    may_come_[slot] = std::make_unique<std::uint8_t[]>(size);
  }
  enum : std::uint8_t { kNotKnown, kNo, kYes };
  std::uint8_t known = may_come_[slot][choice];
  if (known == kNotKnown) {
    Words seen;
    const Entries entries = member_entries(object, choice, relevant(plan, given), seen);
    known = entries.words.empty() ? kNo : kYes;
    may_come_[slot][choice] = known;
  }
  return known == kYes;
}

FrameId Frames::make_member(FrameId object, std::uint32_t choice, const Amounts& amounts) {
  Words seen;
  const Entries entries = member_entries(object, choice, amounts, seen);
  if (entries.words.empty()) return kNone;
  Words next = {static_cast<std::uint32_t>(FrameKind::kMember), frames_[object][1],
                seen_.intern(seen), goals_.intern(entries.nodes)};
  next.insert(next.end(), entries.words.begin(), entries.words.end());
  return frames_.intern(next);
}

Frames::Entries Frames::member_entries(FrameId object, std::uint32_t choice, const Amounts& amounts,
                                       std::vector<std::uint32_t>& seen) {
  const auto words = frames_[object];
  ObjectPlan& plan = *object_plans_[words[1]];
  const std::uint32_t declared_count = plan.declared_count();
  const bool is_declared = choice < declared_count;
  const SeenBits before = seen_[words[2]];
  seen.assign(before.begin(), before.end());
  Entries entries;
  if (is_declared) {
    const bool passed = choice < first_open(before, amounts.free > 0, declared_count);
    if (has_bit(before, choice) || passed) return entries;
    seen = with_bit(before, choice);
  }
  const bool has_free = !is_declared || amounts.free > 0;
  ObjectProgress progress = {.seen = seen,
                             .first_open = first_open(seen, has_free, declared_count),
                             .count = plan.plain ? 0 : amounts.count + 1,
                             .free_count = amounts.free + (is_declared ? 0 : 1),
                             .wanted = 0};
  for (std::size_t at = 3; at < words.size(); at += 2) {
    add_member_ways({.form = words[at], .wanted = words[at + 1], .choice = choice}, plan, progress,
                    entries);
  }
  return entries;
}

// Each of the wanted members that the name could be, it may be or not.
void Frames::add_member_ways(const MemberStep& step, ObjectPlan& plan, ObjectProgress& progress,
                             Entries& entries) {
  ObjectForm& form = plan.forms[step.form];
  ValueTables& tables = nodes_.tables();
  const bool is_declared = step.choice < plan.declared_count();
  const NodeId node = is_declared
                          ? form.shape.declared[step.choice].node
                          : plan.classes[step.choice - plan.declared_count()].nodes[step.form];
  if (node == kNothing) return;
  std::uint32_t fitting = 0;
  if (is_declared && step.wanted != 0) {
    const std::string& name = tables.names[form.shape.declared[step.choice].name];
    for (std::size_t i = 0; i < form.shape.wanted.size(); ++i) {
      if (tables.languages.accepts(form.shape.wanted[i].names, name)) fitting |= 1U << i;
    }
  } else if (!is_declared) {
    fitting = plan.classes[step.choice - plan.declared_count()].wanted[step.form];
  }
  fitting &= step.wanted;
  for (std::uint32_t taken = fitting;; taken = (taken - 1) & fitting) {
    NodeId value = node;
    for (std::uint32_t bits = taken; bits != 0; bits &= bits - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(bits));
      value = tables.formulas.both(value, form.shape.wanted[i].node);
    }
    progress.wanted = step.wanted & ~taken;
    if (nodes_.inhabited(value) &&
        ObjectOutlook(nodes_, form, progress).verdict() == Verdict::kInhabited) {
      entries.words.insert(entries.words.end(),
                           {entries.target(value), step.form, progress.wanted});
    }
    if (taken == 0) return;
  }
}

Targets Frames::close_object(FrameId frame, const Amounts& given) {
  const auto words = frames_[frame];
  ObjectPlan& plan = *object_plans_[words[1]];
  const Amounts amounts = relevant(plan, given);
  const Key key = {frame, amounts.count, amounts.free, 0};
  if (const auto known = closes_.find(key); known != closes_.end()) return known->second;
  Targets targets = 0;
  for (std::size_t at = 3; at < words.size(); at += 2) {
    const ObjectProgress progress = {.seen = seen_[words[2]],
                                     .first_open = 0,
                                     .count = amounts.count,
                                     .free_count = amounts.free,
                                     .wanted = words[at + 1]};
    if (ObjectOutlook(nodes_, plan.forms[words[at]], progress).closable()) {
      targets = both_targets(targets, plan.targets[words[at]]);
    }
  }
  return closes_[key] = targets;
}

}  // namespace diptych::grammar
