#pragma once
// Patterns that look behind, or assert something within a repetition: an alternating automaton over
// places in the pattern. A place with a context (what the text before it means for every
// look-behind) is a term; it unfolds when it is derived.

#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "grammar/text/regex_tree.h"
#include "grammar/text/term_table.h"

namespace diptych::grammar {

class RegexPlaces : public PointSource {
 public:
  // `content`: a hash of the pattern and its dialect.
  RegexPlaces(TermTable& terms, RegexTree tree, std::uint64_t content);

  // Whether every look-behind has a plain pattern: others are not honoured.
  bool is_enforceable() const;
  TermId containing();  // strings with a match somewhere in them
  TermId matching();    // strings that match as a whole

  TermId unfold(std::uint32_t place, std::uint32_t context) override;
  bool nullable(std::uint32_t place, std::uint32_t context) override;
  std::uint64_t hash(std::uint32_t place, std::uint32_t context) override;

 private:
  using PlaceId = std::uint32_t;
  using ContextId = std::uint32_t;
  static constexpr PlaceId kEnd = 0, kAnyEnd = 1;  // nothing follows; anything may follow
  static constexpr ContextId kBegin = 0;

  struct Place {
    RegexNodeId node = 0;
    bool looping = false;  // within the repetition `node`: min to max times are still to come
    std::uint32_t min = 0, max = 0;
    PlaceId next = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Context {
    bool at_begin = false;
    std::vector<TermId> behind;  // by look-behind: what must follow to make it hold there
    friend auto operator<=>(const Context&, const Context&) = default;
  };
  // Whether the innermost repetition's round has read anything yet.
  enum class Round : std::uint8_t { kHasRead, kHasNotRead };

  TermId start(PlaceId place);
  PlaceId place_of(const Place& place);
  PlaceId before(RegexNodeId node, PlaceId next) { return place_of({.node = node, .next = next}); }
  PlaceId sequence(const RegexNode& node, PlaceId next);
  ContextId context_of(Context context);
  ContextId after(ContextId context, char32_t code_point);

  TermId unfold(PlaceId place, ContextId context, Round round);
  TermId unfold_node(const Place& place, ContextId context, Round round);
  TermId unfold_loop(const Place& place, ContextId context, Round round);
  TermId unfold_class(const CodePointSet& set, PlaceId next, ContextId context);
  TermId without_empty(TermId plain);
  static Place next_round(Place place);
  bool ends(PlaceId place, ContextId context, Round round);
  bool ends_in_loop(const Place& place, ContextId context, Round round);
  bool ends_at_node(const Place& place, ContextId context, Round round);
  bool holds_behind(RegexNodeId look_behind, ContextId context) const;

  TermTable& terms_;
  RegexTree tree_;
  std::uint64_t content_hash_;
  std::vector<RegexNodeId> look_behinds_;
  std::vector<Place> places_;
  std::map<Place, PlaceId> place_ids_;
  std::vector<std::uint64_t> place_hashes_;
  std::vector<Context> contexts_;
  std::map<Context, ContextId> context_ids_;
  std::map<std::pair<PlaceId, ContextId>, TermId> unfolded_;
};

}  // namespace diptych::grammar
