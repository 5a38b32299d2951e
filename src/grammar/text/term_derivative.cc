// Derivatives, one for each block of code points that the term cannot tell apart, kept once made.

#include <algorithm>

#include "grammar/text/term_table.h"

namespace diptych::grammar {

PartitionId TermTable::partition(TermId id) {
  if (progress_[id].partition == kUnbounded) {
    const PartitionId made = compute_partition(id);
    progress_[id].partition = made;
  }
  return progress_[id].partition;
}

PartitionId TermTable::compute_partition(TermId id) {
  const Term term = terms_[id];
  switch (term.kind) {
    case TermKind::kNone:
    case TermKind::kEmpty:
      return ClassPartitions::kOneBlock;
    case TermKind::kClass:
      return partitions_.of(classes_[term.a]);
    case TermKind::kLiterals:
      return partitions_.of_singles(literal_sets_.first_code_points(literals_of(id)));
    case TermKind::kRepeat:
    case TermKind::kNot:
      return partition(term.a);
    case TermKind::kConcat: {
      const PartitionId head = partition(term.a);
      return terms_[term.a].nullable ? partitions_.refine(head, partition(term.b)) : head;
    }
    case TermKind::kOr:
    case TermKind::kAnd: {
      PartitionId all = ClassPartitions::kOneBlock;
      for (std::uint32_t i = 0; i < term.b; ++i) {
        all = partitions_.refine(all, partition(members_[term.a + i]));
      }
      return all;
    }
    case TermKind::kPoint:
      return partition(point_sources_[term.min]->unfold(term.a, term.b));
  }
  return ClassPartitions::kOneBlock;
}

TermId TermTable::derive(TermId id, char32_t code_point) {
  if (id == kNone || id == kEmpty) return kNone;
  const ClassPartition& blocks = partitions_.get(partition(id));
  const std::uint16_t block = blocks.block_of(code_point);
  const char32_t representative = blocks.representatives[block];
  if (progress_[id].targets == kUnbounded) {
    progress_[id].targets = static_cast<std::uint32_t>(targets_.size());
    targets_.resize(targets_.size() + blocks.block_count, kNoTerm);
  }
  const std::size_t place = progress_[id].targets + block;
  if (targets_[place] == kNoTerm) {
    const TermId made = compute_derivative(id, representative);
    if (overflowed_) return kNone;
    targets_[place] = made;
  }
  return targets_[place];
}

void TermTable::forget_target(TermId id, char32_t code_point) {
  const std::uint16_t block = partitions_.get(partition(id)).block_of(code_point);
  targets_[progress_[id].targets + block] = kNone;
}

TermId TermTable::compute_derivative(TermId id, char32_t code_point) {
  const Term term = terms_[id];
  switch (term.kind) {
    case TermKind::kNone:
    case TermKind::kEmpty:
      return kNone;
    case TermKind::kClass:
      return classes_[term.a].contains(code_point) ? kEmpty : kNone;
    case TermKind::kLiterals:
      return literal_term(literal_sets_.next(literals_of(id), code_point));
    case TermKind::kRepeat: {
      const std::uint32_t min = term.min == 0 ? 0 : term.min - 1;
      const std::uint32_t max = term.max == kUnbounded ? kUnbounded : term.max - 1;
      const TermId head = derive(term.a, code_point);
      return head == kNone ? kNone : concat(head, repeat(term.a, min, max));
    }
    case TermKind::kConcat: {
      const TermId head = derive(term.a, code_point);
      const TermId first = head == kNone ? kNone : concat(head, term.b);
      return terms_[term.a].nullable ? either({first, derive(term.b, code_point)}) : first;
    }
    case TermKind::kOr:
    case TermKind::kAnd: {
      std::vector<TermId> parts;
      for (std::uint32_t i = 0; i < term.b; ++i) {
        parts.push_back(derive(members_[term.a + i], code_point));
        if (term.kind == TermKind::kAnd && parts.back() == kNone) return kNone;
      }
      return term.kind == TermKind::kOr ? either(std::move(parts)) : both(std::move(parts));
    }
    case TermKind::kNot:
      return negated(derive(term.a, code_point));
    case TermKind::kPoint:
      return derive(point_sources_[term.min]->unfold(term.a, term.b), code_point);
  }
  return kNone;
}

}  // namespace diptych::grammar
