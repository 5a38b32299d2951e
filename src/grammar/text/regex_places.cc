#include "grammar/text/regex_places.h"

#include <algorithm>

#include "grammar/text/content_hash.h"
#include "grammar/text/regex_terms.h"

namespace diptych::grammar {

RegexPlaces::RegexPlaces(TermTable& terms, RegexTree tree, std::uint64_t content)
    : terms_(terms),
      tree_(std::move(tree)),
      content_hash_(content),
      places_(2),
      place_hashes_{1, 2} {
  Context begin{.at_begin = true};
  for (RegexNodeId id = 0; id < tree_.nodes.size(); ++id) {
    const RegexNode& node = tree_.nodes[id];
    if (node.kind != RegexKind::kLookBehind) continue;
    look_behinds_.push_back(id);
    const TermId behind = RegexTerms(terms_, tree_).plain(node.children[0]);
    begin.behind.push_back(terms_.concat(TermTable::kAll, behind));
  }
  context_of(std::move(begin));
}

bool RegexPlaces::is_enforceable() const {
  return std::ranges::none_of(look_behinds_, [&](RegexNodeId id) {
    return tree_.nodes[tree_.nodes[id].children[0]].asserts;
  });
}

TermId RegexPlaces::containing() {
  const auto add = [&](RegexNode node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<RegexNodeId>(tree_.nodes.size() - 1);
  };
  const RegexNodeId any = add({.kind = RegexKind::kClass, .set = CodePointSet::all()});
  const RegexNodeId skipped =
      add({.kind = RegexKind::kRepeat, .max = kUnbounded, .children = {any}});
  return start(before(skipped, before(tree_.root, kAnyEnd)));
}

TermId RegexPlaces::matching() { return start(before(tree_.root, kEnd)); }

TermId RegexPlaces::start(PlaceId place) { return terms_.point(*this, place, kBegin); }

RegexPlaces::PlaceId RegexPlaces::place_of(const Place& place) {
  const auto [known, is_new] = place_ids_.try_emplace(place, static_cast<PlaceId>(places_.size()));
  if (!is_new) return known->second;
  ContentHash hash(11);
  hash.add(std::uint64_t{place.node} << 1U | (place.looping ? 1U : 0U));
  hash.add(std::uint64_t{place.min} << 32U | place.max);
  hash.add(place_hashes_[place.next]);
  place_hashes_.push_back(hash.value());
  places_.push_back(place);
  return known->second;
}

RegexPlaces::PlaceId RegexPlaces::sequence(const RegexNode& node, PlaceId next) {
  for (std::size_t i = node.children.size(); i-- > 0;) next = before(node.children[i], next);
  return next;
}

RegexPlaces::ContextId RegexPlaces::context_of(Context context) {
  const auto [known, is_new] =
      context_ids_.try_emplace(context, static_cast<ContextId>(contexts_.size()));
  if (is_new) contexts_.push_back(std::move(context));
  return known->second;
}

RegexPlaces::ContextId RegexPlaces::after(ContextId context, char32_t code_point) {
  Context next{.behind = contexts_[context].behind};
  for (TermId& behind : next.behind) behind = terms_.derive(behind, code_point);
  return context_of(std::move(next));
}

TermId RegexPlaces::unfold(std::uint32_t place, std::uint32_t context) {
  const std::pair key{place, context};
  if (const auto known = unfolded_.find(key); known != unfolded_.end()) return known->second;
  const TermId made = unfold(place, context, Round::kHasRead);
  unfolded_.emplace(key, made);
  return made;
}

TermId RegexPlaces::unfold(PlaceId place, ContextId context, Round round) {
  if (place == kEnd) return TermTable::kEmpty;
  if (place == kAnyEnd) return TermTable::kAll;
  const Place at = places_[place];
  if (!at.looping) return unfold_node(at, context, round);
  if (round == Round::kHasNotRead) return unfold(at.next, context, round);  // the last round
  return unfold_loop(at, context, round);
}

TermId RegexPlaces::unfold_node(const Place& place, ContextId context, Round round) {
  const RegexNode& node = tree_.nodes[place.node];
  const bool context_stays = look_behinds_.empty() && !contexts_[context].at_begin;
  if (!node.asserts && context_stays) {
    const TermId head = RegexTerms(terms_, tree_).plain(place.node);
    const TermId rest = place.next <= kAnyEnd ? unfold(place.next, context, round)
                                              : terms_.point(*this, place.next, context);
    const TermId read = terms_.concat(without_empty(head), rest);
    if (!terms_.get(head).nullable) return read;
    return terms_.either({read, unfold(place.next, context, round)});
  }
  switch (node.kind) {
    case RegexKind::kClass:
      return unfold_class(node.set, place.next, context);
    case RegexKind::kSequence:
      return unfold(sequence(node, place.next), context, round);
    case RegexKind::kAlternation: {
      std::vector<TermId> branches;
      for (const RegexNodeId child : node.children) {
        branches.push_back(unfold(before(child, place.next), context, round));
      }
      return terms_.either(std::move(branches));
    }
    case RegexKind::kRepeat:
      return unfold_loop({place.node, true, node.min, node.max, place.next}, context, round);
    case RegexKind::kLookAhead: {
      const TermId ahead = unfold(before(node.children[0], kAnyEnd), context, Round::kHasRead);
      return terms_.both(
          {node.negated ? terms_.negated(ahead) : ahead, unfold(place.next, context, round)});
    }
    case RegexKind::kLookBehind:
      return holds_behind(place.node, context) ? unfold(place.next, context, round)
                                               : TermTable::kNone;
    case RegexKind::kTextBegin:
      return contexts_[context].at_begin ? unfold(place.next, context, round) : TermTable::kNone;
    case RegexKind::kTextEnd:
      return ends(place.next, context, round) ? TermTable::kEmpty : TermTable::kNone;
  }
  return TermTable::kNone;
}

// Leaves, or begins a round. A round that reads nothing will be the last: another would do the
// same.
TermId RegexPlaces::unfold_loop(const Place& place, ContextId context, Round round) {
  const TermId leave = place.min == 0 ? unfold(place.next, context, round) : TermTable::kNone;
  if (place.max == 0) return leave;
  const PlaceId again = place_of(next_round(place));
  const RegexNodeId body = tree_.nodes[place.node].children[0];
  return terms_.either({leave, unfold(before(body, again), context, Round::kHasNotRead)});
}

RegexPlaces::Place RegexPlaces::next_round(Place place) {
  if (place.min > 0) --place.min;
  if (place.max != kUnbounded) --place.max;
  return place;
}

TermId RegexPlaces::unfold_class(const CodePointSet& set, PlaceId next, ContextId context) {
  const Context here = contexts_[context];
  PartitionId partition = ClassPartitions::kOneBlock;
  for (const TermId behind : here.behind) partition = terms_.refined(partition, behind);
  const ClassPartition blocks = terms_.blocks_of(partition);
  std::vector<std::vector<CodePointRange>> ranges(blocks.block_count);
  for (std::size_t i = 0; i < blocks.starts.size(); ++i) {
    const char32_t end = i + 1 < blocks.starts.size() ? blocks.starts[i + 1] : kCodePointMax + 1;
    ranges[blocks.blocks[i]].push_back({blocks.starts[i], end - 1});
  }
  std::vector<TermId> branches;
  for (std::size_t block = 0; block < ranges.size(); ++block) {
    const TermId head = terms_.char_class(set & CodePointSet(std::move(ranges[block])));
    if (head == TermTable::kNone) continue;
    const ContextId then = after(context, blocks.representatives[block]);
    const TermId rest =
        next <= kAnyEnd ? unfold(next, then, Round::kHasRead) : terms_.point(*this, next, then);
    branches.push_back(terms_.concat(head, rest));
  }
  return terms_.either(std::move(branches));
}

// The term's strings but for the empty one; plain, as the term is.
TermId RegexPlaces::without_empty(TermId plain) {
  const Term term = terms_.get(plain);
  if (!term.nullable) return plain;
  switch (term.kind) {
    case TermKind::kRepeat:
      return terms_.repeat(without_empty(term.a), 1, term.max);
    case TermKind::kConcat:
      return terms_.either({terms_.concat(without_empty(term.a), term.b), without_empty(term.b)});
    case TermKind::kOr: {
      std::vector<TermId> parts;
      for (std::uint32_t i = 0; i < term.b; ++i) {
        parts.push_back(without_empty(terms_.members(plain)[i]));
      }
      return terms_.either(std::move(parts));
    }
    default:
      return TermTable::kNone;  // the empty string alone: patterns' literals are not nullable
  }
}

bool RegexPlaces::holds_behind(RegexNodeId look_behind, ContextId context) const {
  const auto place = std::ranges::find(look_behinds_, look_behind);
  const auto index = static_cast<std::size_t>(place - look_behinds_.begin());
  const bool matches = terms_.get(contexts_[context].behind[index]).nullable;
  return matches != tree_.nodes[look_behind].negated;
}

bool RegexPlaces::nullable(std::uint32_t place, std::uint32_t context) {
  return ends(place, context, Round::kHasRead);
}

// Whether the text may end at the place: unfold, when nothing follows.
bool RegexPlaces::ends(PlaceId place, ContextId context, Round round) {
  if (place <= kAnyEnd) return true;
  const Place at = places_[place];
  if (!at.looping) return ends_at_node(at, context, round);
  if (round == Round::kHasNotRead) return ends(at.next, context, round);
  return ends_in_loop(at, context, round);
}

bool RegexPlaces::ends_in_loop(const Place& place, ContextId context, Round round) {
  if (place.min == 0 && ends(place.next, context, round)) return true;
  if (place.max == 0) return false;
  const PlaceId again = place_of(next_round(place));
  const RegexNodeId body = tree_.nodes[place.node].children[0];
  return ends(before(body, again), context, Round::kHasNotRead);
}

bool RegexPlaces::ends_at_node(const Place& place, ContextId context, Round round) {
  const RegexNode& node = tree_.nodes[place.node];
  switch (node.kind) {
    case RegexKind::kClass:
      return false;
    case RegexKind::kSequence:
      return ends(sequence(node, place.next), context, round);
    case RegexKind::kAlternation:
      return std::ranges::any_of(node.children, [&](RegexNodeId child) {
        return ends(before(child, place.next), context, round);
      });
    case RegexKind::kRepeat:
      return ends_in_loop({place.node, true, node.min, node.max, place.next}, context, round);
    case RegexKind::kLookAhead: {
      const bool ahead = ends(before(node.children[0], kAnyEnd), context, Round::kHasRead);
      return ahead != node.negated && ends(place.next, context, round);
    }
    case RegexKind::kLookBehind:
      return holds_behind(place.node, context) && ends(place.next, context, round);
    case RegexKind::kTextBegin:
      return contexts_[context].at_begin && ends(place.next, context, round);
    case RegexKind::kTextEnd:
      return ends(place.next, context, round);
  }
  return false;
}

std::uint64_t RegexPlaces::hash(std::uint32_t place, std::uint32_t context) {
  ContentHash hash(content_hash_);
  hash.add(place_hashes_[place]);
  hash.add(contexts_[context].at_begin ? 1 : 0);
  for (const TermId behind : contexts_[context].behind) hash.add(terms_.get(behind).hash);
  return hash.value();
}

}  // namespace diptych::grammar
