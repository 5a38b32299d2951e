#pragma once
// Regular expressions over classes of code points, with intersection, complement and counted
// repetition as terms of their own: hash-consed, in a normal form that makes most equal languages
// one term, and derived symbolically (Brzozowski 1964; Owens, Reppy and Turon 2009).

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "grammar/policy.h"
#include "grammar/text/class_partition.h"
#include "grammar/text/code_point_set.h"
#include "grammar/text/literal_sets.h"

namespace diptych::grammar {

using TermId = std::uint32_t;
inline constexpr std::uint32_t kUnbounded = 0xFFFF'FFFF;

enum class TermKind : std::uint8_t {
  kNone,      // no string
  kEmpty,     // the empty string
  kClass,     // one code point of classes_[a]
  kLiterals,  // list a, strings [b, min), which share `max` code points
  kConcat,    // a, then b; a is no kConcat
  kRepeat,    // a, min to max times
  kOr,        // members
  kAnd,       // members
  kNot,       // everything but a
  kPoint,     // place a in context b of point_sources_[min]
};

struct Term {
  TermKind kind = TermKind::kNone;
  bool nullable = false;  // has the empty string
  bool plain = false;     // without kAnd, kNot, kPoint below: then never empty, its lengths exact
  bool gapless = false;   // plain, and has strings of every length from min_length to max_length
  std::uint32_t a = 0, b = 0;
  std::uint32_t min = 0, max = 0;                // kRepeat: how often
  std::uint32_t min_length = 0, max_length = 0;  // bounds, in code points
  std::uint64_t hash = 0;                        // of the content: the same in every table
};

// What kPoint terms stand for: the strings that may follow at a place of a pattern in some context.
class PointSource {
 public:
  virtual ~PointSource() = default;
  virtual TermId unfold(std::uint32_t place, std::uint32_t context) = 0;
  virtual bool nullable(std::uint32_t place, std::uint32_t context) = 0;
  virtual std::uint64_t hash(std::uint32_t place, std::uint32_t context) = 0;  // of the content
};

class TermTable {
 public:
  static constexpr TermId kNone = 0, kEmpty = 1, kAll = 2, kNoTerm = 0xFFFF'FFFF;
  explicit TermTable(const Limits& limits);

  const Term& get(TermId id) const { return terms_[id]; }
  std::span<const TermId> members(TermId id) const;  // of kOr, kAnd
  const CodePointSet& class_of(TermId id) const { return classes_[terms_[id].a]; }
  LiteralRange literals_of(TermId id) const {
    const Term& term = terms_[id];
    return {term.a, term.b, term.min, term.max};
  }
  const LiteralSets& literal_sets() const { return literal_sets_; }

  TermId char_class(const CodePointSet& set);
  TermId any() const { return any_; }
  TermId literals(std::vector<std::u32string> strings);
  TermId length(std::uint32_t min, std::uint32_t max) { return repeat(any_, min, max); }
  TermId concat(TermId head, TermId tail);
  TermId repeat(TermId body, std::uint32_t min, std::uint32_t max);
  TermId either(std::vector<TermId> parts);
  TermId both(std::vector<TermId> parts);
  TermId negated(TermId term);
  TermId point(PointSource& source, std::uint32_t place, std::uint32_t context);

  bool is_length(TermId id) const {  // kRepeat of any code point
    return terms_[id].kind == TermKind::kRepeat && terms_[id].a == any_;
  }
  // a ⊇ b, as far as a short structural look can tell.
  bool includes(TermId a, TermId b) const;

  PartitionId partition(TermId id);
  const ClassPartition& blocks(TermId id) { return partitions_.get(partition(id)); }
  PartitionId refined(PartitionId by, TermId id) { return partitions_.refine(by, partition(id)); }
  const ClassPartition& blocks_of(PartitionId id) const { return partitions_.get(id); }
  // { t : code_point·t in the language }. Not searched for emptiness.
  TermId derive(TermId id, char32_t code_point);
  // What derive found to be empty after all.
  void forget_target(TermId id, char32_t code_point);

  // True since the last clear: a term was too wide or the table is full, what was made is void.
  bool overflowed() const { return overflowed_; }
  void clear_overflow() { overflowed_ = false; }
  bool is_full() const { return memory_bytes() > memory_bytes_max_; }
  std::size_t memory_bytes() const;
  std::size_t size() const { return terms_.size(); }

 private:
  struct Progress {  // of a term that was derived
    PartitionId partition = kUnbounded;
    std::uint32_t targets = kUnbounded;  // offset into targets_, one for each block
  };

  TermId intern(Term term, std::span<const TermId> members = {});
  std::size_t slot_of(const Term& term, std::span<const TermId> members) const;
  void grow_slots();
  TermId literal_term(const LiteralRange& range);
  TermId nary(TermKind kind, const std::vector<TermId>& parts);
  std::vector<TermId> flattened(TermKind kind, const std::vector<TermId>& parts);
  void sort_and_merge(TermKind kind, std::vector<TermId>& parts);
  // One term for both, or kNoTerm.
  TermId joined(TermId a, TermId b);
  TermId joined_repeats(TermId a, TermId b);
  TermId joined_concats(TermId a, TermId b);
  TermId met(TermId a, TermId b);
  bool are_complements(TermId a, TermId b) const;
  bool lengths_touch(std::vector<TermId> parts) const;
  bool includes(TermId a, TermId b, int& fuel) const;
  bool repeat_includes(const Term& a, TermId a_id, TermId b, int& fuel) const;
  bool concat_includes(const Term& a, TermId a_id, TermId b, int& fuel) const;
  PartitionId compute_partition(TermId id);
  TermId compute_derivative(TermId id, char32_t code_point);

  std::size_t alternatives_max_, memory_bytes_max_;
  std::vector<Term> terms_;
  std::vector<Progress> progress_;  // by term
  std::vector<TermId> members_, targets_;
  std::vector<std::uint32_t> slots_;  // open addressing, by hash
  std::vector<CodePointSet> classes_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> class_by_hash_;
  std::vector<PointSource*> point_sources_;
  LiteralSets literal_sets_;
  ClassPartitions partitions_;
  std::size_t class_bytes_ = 0;
  TermId any_ = 0;
  bool overflowed_ = false;
};

}  // namespace diptych::grammar
