// Whether a node has any value. A value is a finite tree, and the shallowest one repeats no node on
// a way down: so a node met again on the way down counts as empty there, which is exact.
#include <algorithm>

#include "grammar/value/array_outlook.h"
#include "grammar/value/object_outlook.h"
#include "grammar/value/value_nodes.h"

namespace diptych::grammar {
namespace {

template <class Entries>
auto& at(Entries& entries, std::uint32_t id) {
  if (id >= entries.size()) entries.resize(id + std::size_t{1} + entries.size() / 2);
  return entries[id];
}

constexpr std::uint32_t kDepthMax = 512;

}  // namespace

Verdict ValueNodes::string_verdict(Language language) {
  if (tables_.languages.is_all(language)) return Verdict::kInhabited;
  const std::uint64_t given_up = tables_.languages.refused_count();
  if (!tables_.languages.is_empty(language)) return Verdict::kInhabited;
  return tables_.languages.refused_count() == given_up ? Verdict::kEmpty : Verdict::kUnknown;
}

Verdict ValueNodes::verdict(NodeId node) {
  if (node == kEverything) return Verdict::kInhabited;
  if (node == kNothing) return Verdict::kEmpty;
  if (entry(node).judged) return entry(node).verdict;
  if (entry(node).depth != 0) {
    met_ = std::min(met_, entry(node).depth);
    return Verdict::kEmpty;
  }
  if (depth_ == 0) steps_left_ = limits_.search_steps_max;
  if (depth_ >= kDepthMax || steps_left_ == 0 || entry(node).expanding) {
    met_ = 0;  // nothing above may be kept
    met_unfinished_ |= entry(node).expanding;
    return Verdict::kUnknown;
  }
  --steps_left_;
  if (depth_ == 0) met_unfinished_ = false;
  const ValueSet& set = expand(node);
  const std::uint32_t outer_met = std::exchange(met_, kNoLimit);
  entry(node).depth = ++depth_;
  const Verdict found = judge(set);
  entry(node).depth = 0;
  const bool given_up = found == Verdict::kUnknown && depth_ == 1 && !met_unfinished_;
  refused_ += given_up ? 1 : 0;
  if (found == Verdict::kInhabited || met_ >= depth_ || given_up) {
    entry(node).judged = true;
    entry(node).verdict = found;
    met_ = kNoLimit;
  }
  --depth_;
  met_ = std::min(met_, outer_met);
  return found;
}

Verdict ValueNodes::judge(const ValueSet& set) {
  if (set.unknown) return Verdict::kUnknown;
  if (set.null || set.no || set.yes || !set.numbers.empty()) return Verdict::kInhabited;
  Verdict best = string_verdict(set.strings);
  for (const ObjectId shape : set.objects) {
    if (best == Verdict::kInhabited) return best;
    const Verdict found = object_verdict(shape);
    if (found != Verdict::kEmpty) best = found;
  }
  for (const ArrayId shape : set.arrays) {
    if (best == Verdict::kInhabited) return best;
    const Verdict found = array_verdict(shape);
    if (found != Verdict::kEmpty) best = found;
  }
  return best;
}

// Sure even if nodes that are being judged right now turn out inhabited.
bool ValueNodes::surely_empty_object(ObjectId id) {
  return object_verdict(id) == Verdict::kEmpty && at(object_entries_, id).judged;
}

bool ValueNodes::surely_empty_array(ArrayId id) {
  return array_verdict(id) == Verdict::kEmpty && at(array_entries_, id).judged;
}

Verdict ValueNodes::object_verdict(ObjectId id) {
  if (const ShapeEntry& known = at(object_entries_, id); known.judged) return known.verdict;
  const std::uint32_t outer_met = std::exchange(met_, kNoLimit);
  ObjectForm form = make_form(tables_.objects[id]);
  const ObjectProgress fresh = {.seen = {}, .wanted = (1U << form.shape.wanted.size()) - 1};
  const Verdict found = form.shape.wanted.size() >= 32
                            ? Verdict::kUnknown
                            : ObjectOutlook(*this, form, fresh).verdict();
  if (found == Verdict::kInhabited || met_ == kNoLimit) {
    at(object_entries_, id) = {.judged = true, .verdict = found};
    met_ = kNoLimit;
  }
  met_ = std::min(met_, outer_met);
  return found;
}

Verdict ValueNodes::array_verdict(ArrayId id) {
  if (const ShapeEntry& known = at(array_entries_, id); known.judged) return known.verdict;
  const std::uint32_t outer_met = std::exchange(met_, kNoLimit);
  const ArrayShape& shape = tables_.arrays[id];
  const std::vector<std::uint32_t> counts(shape.counted.size(), 0);
  const Verdict found = ArrayOutlook(*this, shape).verdict(0, counts);
  if (found == Verdict::kInhabited || met_ == kNoLimit) {
    at(array_entries_, id) = {.judged = true, .verdict = found};
    met_ = kNoLimit;
  }
  met_ = std::min(met_, outer_met);
  return found;
}

}  // namespace diptych::grammar
