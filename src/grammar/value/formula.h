#pragma once
// Which values a place allows, as a formula over the schema's rows; names only, nothing worked out.
// Formulas are kept once, in negation normal form, with conjunctions as sorted sets: so the
// conjunctions that recursive references make are finitely many.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "grammar/value/sequence_table.h"

namespace diptych::grammar {

using NodeId = std::uint32_t;

inline constexpr NodeId kEverything = 0, kNothing = 1;

enum class FormulaKind : std::uint32_t {
  kTrue,
  kFalse,
  kAll,    // every part
  kAny,    // one part or more
  kOne,    // exactly one part; parts in order, repeats count
  kSome,   // as kAny, and which parts hold matters to unevaluated*
  kRow,    // a schema row with all its keywords
  kOwn,    // a schema row's keywords that look at the value itself, without those that apply other
           // rows to it
  kConst,  // a literal value
  kHas,    // an object with a member of this name
};

// What a leaf (kRow … kHas) says. `scope`: dynamic anchors in force, 0 without any.
struct Leaf {
  FormulaKind kind = FormulaKind::kRow;
  std::uint32_t index = 0, scope = 0;
  bool annotated = false;  // shapes remember what was evaluated
  bool negated = false;
};

class Formulas {
 public:
  Formulas();

  NodeId leaf(const Leaf& leaf);
  NodeId both(NodeId a, NodeId b);
  NodeId all(std::vector<NodeId> parts);
  NodeId any(std::vector<NodeId> parts);
  NodeId some(std::vector<NodeId> parts);
  NodeId one(std::vector<NodeId> parts);
  NodeId negated(NodeId node);

  FormulaKind kind(NodeId node) const { return static_cast<FormulaKind>(rows_[node][0] & 0xff); }
  Leaf leaf_of(NodeId node) const;
  std::span<const NodeId> parts(NodeId node) const { return rows_[node].subspan(1); }
  std::size_t size() const { return rows_.size() - 1; }
  std::size_t memory_bytes() const { return rows_.memory_bytes(); }

 private:
  NodeId make(FormulaKind kind, std::span<const NodeId> parts);
  NodeId junction(FormulaKind kind, std::vector<NodeId> parts);

  struct Rows : SequenceTable {  // without the empty sequence, so that ids begin at 0
    std::span<const std::uint32_t> operator[](NodeId id) const {
      return SequenceTable::operator[](id + 1);
    }
  };
  Rows rows_;
};

}  // namespace diptych::grammar
