#include "grammar/value/frames.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "grammar/value/value_hash.h"

namespace diptych::grammar {
namespace {

using Words = std::vector<std::uint32_t>;

template <class Value>
void add_target(std::vector<std::pair<Value, Words>>& values, Value value, std::uint32_t target) {
  const auto place = std::ranges::find(values, value, &std::pair<Value, Words>::first);
  if (place == values.end()) {
    values.push_back({value, {target}});
  } else if (place->second.back() != target) {
    place->second.push_back(target);
  }
}

}  // namespace

std::uint32_t Frames::Entries::target(NodeId node) {
  const auto place = std::ranges::find(nodes, node);
  if (place != nodes.end()) return static_cast<std::uint32_t>(place - nodes.begin());
  nodes.push_back(node);
  return static_cast<std::uint32_t>(nodes.size() - 1);
}

std::size_t Frames::KeyHash::operator()(const Key& key) const {
  return mix(std::uint64_t{key.a} << 32 | key.b, std::uint64_t{key.c} << 32 | key.d);
}

FrameId Frames::root(NodeId node) {
  const std::uint32_t nodes[] = {node};
  const std::uint32_t words[] = {static_cast<std::uint32_t>(FrameKind::kRoot), 0, 0,
                                 goals_.intern(nodes)};
  return frames_.intern(words);
}

Goal& Frames::goal(FrameId frame) {
  const GoalId id = frames_[frame][3];
  if (id >= goal_rows_.size()) goal_rows_.resize(goals_.size());
  if (!goal_rows_[id]) {
    Goal made = make_goal(id);  // may ask for other goals
    goal_rows_[id] = std::move(made);
  }
  return *goal_rows_[id];
}

Goal Frames::make_goal(GoalId id) {
  Words null, no, yes;
  std::vector<std::pair<Language, Words>> strings;
  std::vector<std::pair<NumberSetId, Words>> numbers;
  std::vector<std::pair<std::uint32_t, Words>> arrays, objects;
  const auto nodes = goals_[id];
  for (std::uint32_t target = 0; target < nodes.size(); ++target) {
    const ValueSet& set = nodes_.expand(nodes[target]);
    if (set.unknown) continue;
    if (set.null) null.push_back(target);
    if (set.no) no.push_back(target);
    if (set.yes) yes.push_back(target);
    if (nodes_.string_verdict(set.strings) == Verdict::kInhabited) {
      add_target(strings, set.strings, target);
    }
    for (const NumberSetId numbers_id : set.numbers) add_target(numbers, numbers_id, target);
    for (const ArrayId shape : set.arrays) {
      if (nodes_.array_verdict(shape) == Verdict::kInhabited) add_target(arrays, shape, target);
    }
    for (const ObjectId shape : set.objects) {
      if (nodes_.object_verdict(shape) == Verdict::kInhabited) add_target(objects, shape, target);
    }
  }
  Goal goal;
  goal.null = targets_.intern(null);
  goal.no = targets_.intern(no);
  goal.yes = targets_.intern(yes);
  for (auto& [language, targets] : strings) {
    goal.strings.emplace_back(language, targets_.intern(targets));
  }
  for (auto& [set, targets] : numbers) goal.numbers.emplace_back(set, targets_.intern(targets));
  const auto targeted = [&](const auto& shapes) {
    std::vector<TargetedShape> result;
    for (auto& [shape, targets] : shapes) result.push_back({shape, targets_.intern(targets)});
    return result;
  };
  if (!arrays.empty()) goal.array = open_array(targeted(arrays));
  if (!objects.empty()) goal.object = open_object(targeted(objects));
  return goal;
}

FrameId Frames::open_object(const std::vector<TargetedShape>& shapes) {
  Words key;
  for (const TargetedShape& shape : shapes) key.insert(key.end(), {shape.shape, shape.targets});
  const auto [known, is_new] = object_plan_of_.try_emplace(
      seen_.intern(key), static_cast<std::uint32_t>(object_plans_.size()));
  if (is_new) {
    auto plan = make_object_plan(nodes_, shapes);
    object_plans_.push_back(plan ? std::make_unique<ObjectPlan>(std::move(*plan)) : nullptr);
  }
  const ObjectPlan* plan = object_plans_[known->second].get();
  if (plan == nullptr) return kNone;
  Words words = {static_cast<std::uint32_t>(FrameKind::kObject), known->second, 0};
  for (std::uint32_t form = 0; form < plan->forms.size(); ++form) {
    const std::size_t wanted = plan->forms[form].shape.wanted.size();
    words.insert(words.end(), {form, static_cast<std::uint32_t>((1ULL << wanted) - 1)});
  }
  return frames_.intern(words);
}

FrameId Frames::open_array(const std::vector<TargetedShape>& shapes) {
  Words key = {kNoLimit};  // apart from objects' keys
  for (const TargetedShape& shape : shapes) key.insert(key.end(), {shape.shape, shape.targets});
  const auto [known, is_new] = array_plan_of_.try_emplace(
      seen_.intern(key), static_cast<std::uint32_t>(array_plans_.size()));
  if (is_new) {
    ArrayPlan plan;
    for (const TargetedShape& targeted : shapes) {
      plan.unique |= nodes_.tables().arrays[targeted.shape].unique;
    }
    for (const TargetedShape& targeted : shapes) {
      ArrayShape shape = nodes_.tables().arrays[targeted.shape];
      shape.unique = plan.unique;  // with a unique alternative repeats are refused to all
      plan.shapes.push_back(nodes_.tables().arrays.intern(shape));
      plan.targets.push_back(targeted.targets);
      const auto prefix = static_cast<std::uint32_t>(shape.prefix.size());
      plan.index_max =
          std::max({plan.index_max, prefix, shape.min, shape.max == kNoLimit ? 0 : shape.max + 1});
      for (const CountedItems& items : shape.counted) {
        plan.index_max = std::max(plan.index_max, items.from);
      }
    }
    if (plan.unique) plan.index_max = kNoLimit;
    array_plans_.push_back(std::move(plan));
  }
  const ArrayPlan& plan = array_plans_[known->second];
  Words words = {static_cast<std::uint32_t>(FrameKind::kArray), known->second, 0};
  for (std::uint32_t i = 0; i < plan.shapes.size(); ++i) {
    words.push_back(i);
    words.resize(words.size() + nodes_.tables().arrays[plan.shapes[i]].counted.size(), 0);
  }
  return frames_.intern(words);
}

FrameId Frames::after_value(FrameId frame, Targets targets) {
  const Key key = {frame, targets, 0, 0};
  if (const auto known = afters_.find(key); known != afters_.end()) return known->second;
  return afters_[key] = make_after_value(frame, targets);
}

FrameId Frames::make_after_value(FrameId frame, Targets targets) {
  const auto words = frames_[frame];
  const auto held = targets_[targets];
  if (kind(frame) == FrameKind::kRoot) return held.empty() ? kNone : frame;
  const bool is_member = kind(frame) == FrameKind::kMember;
  const FrameKind open = is_member ? FrameKind::kObject : FrameKind::kArray;
  Words next = {static_cast<std::uint32_t>(open), words[1], words[2]};
  std::vector<Words> alternatives;
  for (std::size_t at = 4; at < words.size();) {
    std::size_t size = 3;
    if (!is_member) {
      const ArrayId shape = array_plans_[words[1]].shapes[words[at + 1]];
      size = 2 + nodes_.tables().arrays[shape].counted.size();
    }
    if (std::ranges::binary_search(held, words[at])) {
      alternatives.emplace_back(words.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                                words.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
    at += size;
  }
  if (alternatives.empty()) return kNone;
  std::ranges::sort(alternatives);
  const auto repeats = std::ranges::unique(alternatives);
  alternatives.erase(repeats.begin(), repeats.end());
  for (const Words& words_of_one : alternatives) {
    next.insert(next.end(), words_of_one.begin(), words_of_one.end());
  }
  return frames_.intern(next);
}

Targets Frames::both_targets(Targets a, Targets b) {
  if (a == b || b == 0) return a;
  if (a == 0) return b;
  Words joined;
  std::ranges::set_union(targets_[a], targets_[b], std::back_inserter(joined));
  return targets_.intern(joined);
}

std::size_t Frames::memory_bytes() const {
  std::size_t bytes = frames_.memory_bytes() + goals_.memory_bytes() + targets_.memory_bytes() +
                      seen_.memory_bytes() + goal_rows_.size() * sizeof(Goal);
  bytes += (members_.size() + items_.size() + afters_.size() + closes_.size()) * 48;
  for (const auto& plan : object_plans_) {
    if (plan) bytes += plan->forms.size() * plan->names.texts.size() * sizeof(Declared) + 512;
  }
  return bytes;
}

}  // namespace diptych::grammar
