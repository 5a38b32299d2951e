#include "grammar/value/object_outlook.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace diptych::grammar {
namespace {

constexpr std::size_t kClassesMax = 512;

Verdict better(Verdict a, Verdict b) {  // of two ways
  if (a == Verdict::kInhabited || b == Verdict::kInhabited) return Verdict::kInhabited;
  return a == Verdict::kUnknown ? a : b;
}

}  // namespace

ObjectForm make_form(ObjectShape shape) {
  ObjectForm form;
  std::unordered_map<NameId, std::uint32_t> indexes;
  for (std::uint32_t i = 0; i < shape.declared.size(); ++i) {
    indexes.emplace(shape.declared[i].name, i);
  }
  for (const NameId name : shape.required) form.required.push_back(indexes.at(name));
  std::ranges::sort(form.required);
  for (const Implied& implied : shape.implied) {
    ObjectForm::Implied found{.present = indexes.at(implied.present), .required = {}};
    for (const NameId name : implied.required) found.required.push_back(indexes.at(name));
    form.implied.push_back(std::move(found));
  }
  form.plain =
      shape.implied.empty() && shape.wanted.empty() && shape.min == 0 && shape.max == kNoLimit;
  form.shape = std::move(shape);
  return form;
}

bool ObjectOutlook::closable() const {
  if (progress_.wanted != 0 || progress_.count < form_.shape.min ||
      progress_.count > form_.shape.max) {
    return false;
  }
  const auto seen = [&](std::uint32_t index) { return is_seen(index); };
  return std::ranges::all_of(form_.required, seen) &&
         std::ranges::all_of(form_.implied, [&](const ObjectForm::Implied& implied) {
           return !is_seen(implied.present) || std::ranges::all_of(implied.required, seen);
         });
}

Verdict ObjectOutlook::verdict() {
  Verdict result = Verdict::kInhabited;
  for (const std::uint32_t index : form_.required) {
    if (is_seen(index)) continue;
    result = worse(result, need(index));
    if (result == Verdict::kEmpty) return result;
  }
  if (form_.plain) return result;
  result = worse(result, need_implied());
  if (result == Verdict::kEmpty) return result;
  return worse(result, settle(progress_.wanted));
}

bool ObjectOutlook::is_needed(std::uint32_t index) const {
  return std::ranges::find(needed_, index, &Needed::index) != needed_.end();
}

Verdict ObjectOutlook::need(std::uint32_t index) {
  if (index < progress_.first_open) return Verdict::kEmpty;
  const NodeId node = form_.shape.declared[index].node;
  if (!form_.plain) needed_.push_back({index, node});
  return nodes_.verdict(node);
}

Verdict ObjectOutlook::need_implied() {
  Verdict result = Verdict::kInhabited;
  for (bool grown = true; grown;) {
    grown = false;
    for (const ObjectForm::Implied& implied : form_.implied) {
      if (!is_seen(implied.present) && !is_needed(implied.present)) continue;
      for (const std::uint32_t index : implied.required) {
        if (is_seen(index) || is_needed(index)) continue;
        grown = true;
        result = worse(result, need(index));
        if (result == Verdict::kEmpty) return result;
      }
    }
  }
  return result;
}

// Finds for each wanted member a place: backtracking, for there are few.
Verdict ObjectOutlook::settle(std::uint32_t wanted) {
  if (progress_.count + needed_.size() + fresh_.size() > form_.shape.max) return Verdict::kEmpty;
  if (wanted == 0) return check_counts();
  const auto first = static_cast<std::size_t>(std::countr_zero(wanted));
  const NameRule rule = form_.shape.wanted[first];
  const std::uint32_t left = wanted & (wanted - 1);
  const Verdict declared = settle_with_declared(left, rule);
  if (declared == Verdict::kInhabited) return declared;
  return better(declared, settle_with_fresh(left, rule));
}

Verdict ObjectOutlook::settle_with_declared(std::uint32_t wanted, const NameRule& rule) {
  ValueTables& tables = nodes_.tables();
  Verdict best = Verdict::kEmpty;
  for (std::uint32_t i = progress_.first_open; i < form_.shape.declared.size(); ++i) {
    const Declared& member = form_.shape.declared[i];
    if (is_seen(i) || !tables.languages.accepts(rule.names, tables.names[member.name])) continue;
    const auto kept_needed = needed_;
    auto place = std::ranges::find(needed_, i, &Needed::index);
    if (place == needed_.end()) place = needed_.insert(needed_.end(), {i, member.node});
    place->node = tables.formulas.both(place->node, rule.node);
    Verdict way = nodes_.verdict(place->node);
    if (way != Verdict::kEmpty) way = worse(way, need_implied());
    if (way != Verdict::kEmpty) way = worse(way, settle(wanted));
    needed_ = kept_needed;
    best = better(best, way);
    if (best == Verdict::kInhabited) break;
  }
  return best;
}

Verdict ObjectOutlook::settle_with_fresh(std::uint32_t wanted, const NameRule& rule) {
  ValueTables& tables = nodes_.tables();
  const auto* classes = free_classes();
  if (classes == nullptr) return Verdict::kUnknown;
  Verdict best = Verdict::kEmpty;
  const auto try_way = [&](const Fresh& fresh, std::size_t at) {
    const std::vector<Fresh> kept = fresh_;
    if (names_left(fresh.names, at + 1) <= at) return;
    const Verdict value = nodes_.verdict(fresh.node);
    if (value == Verdict::kEmpty) return;
    if (at == fresh_.size()) {
      fresh_.push_back(fresh);
    } else {
      fresh_[at] = fresh;
    }
    best = better(best, worse(value, settle(wanted)));
    fresh_ = kept;
  };
  for (std::size_t i = 0; i < fresh_.size() && best != Verdict::kInhabited; ++i) {
    try_way({tables.languages.both(fresh_[i].names, rule.names),
             tables.formulas.both(fresh_[i].node, rule.node)},
            i);
  }
  for (const NameClass& found : *classes) {
    if (best == Verdict::kInhabited) break;
    try_way({tables.languages.both(found.names, rule.names),
             tables.formulas.both(found.nodes.front(), rule.node)},
            fresh_.size());
  }
  return best;
}

Verdict ObjectOutlook::check_counts() {
  const std::uint64_t coming = progress_.count + needed_.size() + fresh_.size();
  if (coming >= form_.shape.min) return Verdict::kInhabited;
  if (form_.shape.min > form_.shape.max) return Verdict::kEmpty;
  const std::uint64_t missing = form_.shape.min - coming;
  if (spare(missing) < missing) {
    return form_.shape.wanted.empty() ? Verdict::kEmpty : Verdict::kUnknown;
  }
  // A further name may bring others with it: beyond the upper bound, then.
  const bool crowded = !form_.implied.empty() && form_.shape.max != kNoLimit;
  return crowded ? Verdict::kUnknown : Verdict::kInhabited;
}

// How many members more could come than have to.
std::uint64_t ObjectOutlook::spare(std::uint64_t cap) {
  std::uint64_t found = 0;
  for (std::uint32_t i = progress_.first_open; i < form_.shape.declared.size() && found < cap;
       ++i) {
    if (is_seen(i) || is_needed(i)) continue;
    if (nodes_.inhabited(form_.shape.declared[i].node)) ++found;
  }
  const auto* classes = free_classes();
  if (classes == nullptr) return found;
  std::uint64_t free = 0;
  const std::uint64_t taken = progress_.free_count + fresh_.size();
  for (const NameClass& names : *classes) {
    if (free >= cap + taken) break;
    if (nodes_.inhabited(names.nodes.front())) free += names_left(names.names, cap + taken);
  }
  return found + (free > taken ? free - taken : 0);
}

// Undeclared ones among `names`, saturating; those used so far are not taken out.
std::uint64_t ObjectOutlook::names_left(Language names, std::uint64_t cap) {
  ValueTables& tables = nodes_.tables();
  const std::uint64_t declared = form_.shape.declared.size();
  const std::uint64_t all = tables.languages.count(names, cap + declared);
  if (all >= cap + declared) return cap;
  std::uint64_t taken = 0;
  for (const Declared& member : form_.shape.declared) {
    if (tables.languages.accepts(names, tables.names[member.name])) ++taken;
  }
  return std::min(cap, all - std::min(all, taken));
}

const std::vector<NameClass>* ObjectOutlook::free_classes() {
  if (!form_.free) {
    const ObjectShape* shape = &form_.shape;
    form_.free = name_classes(nodes_.tables(), {&shape, 1}, kClassesMax);
  }
  return form_.free ? &*form_.free : nullptr;
}

}  // namespace diptych::grammar
