#pragma once
// Open containers and the values asked for inside them. A frame says which alternatives are still
// alive and how far each is; it is a sequence of words, kept once. Frames know nothing of bytes.

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "grammar/value/array_outlook.h"
#include "grammar/value/object_plan.h"

namespace diptych::grammar {

using FrameId = SequenceId;
using GoalId = SequenceId;   // the nodes that a value may satisfy, each a target
using Targets = SequenceId;  // some of a goal's targets, by index, sorted
inline constexpr std::uint32_t kNone = 0;

enum class FrameKind : std::uint32_t {
  kRoot,    // goal, _; asks for the document
  kObject,  // plan, seen, then for each alternative: form, open wanted bits
  kMember,  // plan, seen, goal, then: target, form, open wanted bits
  kArray,   // plan, _, then for each alternative: shape, counts
  kItem,    // plan, _, goal, then: target, shape, counts
};

// How a value may begin, and which targets it then satisfies.
struct Goal {
  Targets null = 0, no = 0, yes = 0;
  std::vector<std::pair<Language, Targets>> strings;
  std::vector<std::pair<NumberSetId, Targets>> numbers;
  FrameId object = kNone, array = kNone;  // as they open
  // Tracks at their first byte, as the reader of numbers makes them; kNoLimit: not made yet.
  SequenceId first_numbers = kNoLimit;
};

struct ArrayPlan {
  std::vector<ArrayId> shapes;
  std::vector<Targets> targets;
  std::uint32_t index_max = 0;  // items beyond make no difference
  bool unique = false;
};

struct Amounts {  // of members or items so far
  std::uint32_t count = 0;
  std::uint32_t free = 0;  // members under undeclared names
  friend bool operator==(const Amounts&, const Amounts&) = default;
};

class Frames {
 public:
  explicit Frames(ValueNodes& nodes) : nodes_(nodes) {}

  FrameId root(NodeId node);
  FrameKind kind(FrameId frame) const { return static_cast<FrameKind>(frames_[frame][0]); }
  std::span<const std::uint32_t> words(FrameId frame) const { return frames_[frame]; }
  Goal& goal(FrameId frame);  // of a frame that asks for a value
  const ObjectPlan& object_plan(FrameId frame) const { return *object_plans_[frames_[frame][1]]; }
  const ArrayPlan& array_plan(FrameId frame) const { return array_plans_[frames_[frame][1]]; }

  // After the key of choice `choice` (a declared name; from declared_count() on: a class of names).
  // kNone: it may not come.
  FrameId member(FrameId object, std::uint32_t choice, const Amounts& amounts);
  bool may_come(FrameId object, std::uint32_t choice, const Amounts& amounts);  // member() != kNone
  FrameId item(FrameId array, std::uint32_t index);
  // After the value, which satisfied `targets`; kNone: no alternative wanted that.
  FrameId after_value(FrameId frame, Targets targets);
  // What the container satisfies if it ends here; 0: it may not.
  Targets close(FrameId frame, const Amounts& amounts);

  Targets both_targets(Targets a, Targets b);
  bool is_unique_item(FrameId frame) const {
    return kind(frame) == FrameKind::kItem && array_plan(frame).unique;
  }

  struct Alternative {  // of a frame: an object's or an array's
    const ObjectForm* form = nullptr;
    const ArrayShape* shape = nullptr;
    SeenBits seen;
    std::uint32_t target = 0;  // of a frame that asks for a value
  };
  template <class Visit>
  void for_each_alternative(FrameId frame, const Visit& visit) const;
  std::span<const NodeId> goal_nodes(FrameId frame) const { return goals_[frames_[frame][3]]; }

  bool is_unique(FrameId frame) const;  // an array, or an item of one, with unique items
  std::uint64_t value_count(FrameId frame, std::uint64_t cap);
  std::uint64_t rest_count(FrameId frame, const Amounts& amounts, std::uint64_t cap);

  std::size_t memory_bytes() const;

 private:
  struct Key {
    std::uint32_t a, b, c, d;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  using Memo = std::unordered_map<Key, std::uint32_t, KeyHash>;

  struct MemberStep {
    std::uint32_t form = 0, wanted = 0, choice = 0;
  };
  struct Entries {  // of a frame in the making: alternatives, and the nodes they need, each once
    std::vector<std::uint32_t> nodes, words;
    std::uint32_t target(NodeId node);
  };
  Goal make_goal(GoalId id);
  FrameId open_object(const std::vector<TargetedShape>& shapes);
  FrameId open_array(const std::vector<TargetedShape>& shapes);
  FrameId make_member(FrameId object, std::uint32_t choice, const Amounts& amounts);
  Entries member_entries(FrameId object, std::uint32_t choice, const Amounts& amounts,
                         std::vector<std::uint32_t>& seen);
  void add_member_ways(const MemberStep& step, ObjectPlan& plan, ObjectProgress& progress,
                       Entries& entries);
  FrameId make_item(FrameId array, std::uint32_t index);
  FrameId make_after_value(FrameId frame, Targets targets);
  Targets close_object(FrameId frame, const Amounts& amounts);
  Targets close_array(FrameId frame, std::uint32_t index);
  std::uint32_t first_open(std::span<const std::uint32_t> seen, bool has_free,
                           std::uint32_t declared_count) const;
  std::uint64_t rest_of_object(ObjectPlan& plan, std::uint32_t index, SeenBits seen, bool has_free,
                               std::uint64_t cap);
  std::uint64_t rest_of_array(const ArrayShape& shape, std::uint32_t index, std::uint64_t cap);
  Amounts relevant(const ObjectPlan& plan, const Amounts& amounts) const;

  ValueNodes& nodes_;
  SequenceTable frames_, goals_, targets_, seen_;
  std::deque<std::optional<Goal>> goal_rows_;
  std::vector<std::unique_ptr<ObjectPlan>> object_plans_;
  std::deque<ArrayPlan> array_plans_;
  std::unordered_map<std::uint32_t, std::uint32_t> object_plan_of_, array_plan_of_;
  Memo members_, items_, afters_, closes_;
  std::vector<std::unique_ptr<std::uint8_t[]>> may_come_;  // by frame and order; 0: not known
};

template <class Visit>
void Frames::for_each_alternative(FrameId frame, const Visit& visit) const {
  const auto words = frames_[frame];
  const FrameKind of = kind(frame);
  const bool pending = of == FrameKind::kMember || of == FrameKind::kItem;
  const std::size_t skip = pending ? 1 : 0;  // the target
  for (std::size_t at = pending ? 4 : 3; at < words.size();) {
    const std::uint32_t index = words[at + skip];
    if (of == FrameKind::kObject || of == FrameKind::kMember) {
      visit(Alternative{.form = &object_plans_[words[1]]->forms[index],
                        .shape = nullptr,
                        .seen = seen_[words[2]]});
      at += 2 + skip;
    } else {
      const ArrayShape& shape = nodes_.tables().arrays[array_plans_[words[1]].shapes[index]];
      visit(Alternative{.form = nullptr, .shape = &shape, .seen = {}, .target = words[at]});
      at += 1 + skip + shape.counted.size();
    }
  }
}

}  // namespace diptych::grammar
