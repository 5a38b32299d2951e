#include "tokenizer/byte_pairs.h"

#include <queue>

namespace diptych {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

std::uint64_t key_of(int left, int right) {
  return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
}

}  // namespace

struct BytePairMerges::Candidate {
  int rank, merged;
  std::size_t position;  // of the left piece
  int left, right;       // ids when this was queued: it is stale if they changed

  // The queue's top is the greatest.
  bool operator<(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : position > other.position;
  }
};

// The pieces as a doubly linked list, with a queue of the merges that are possible.
class BytePairMerges::Word {
 public:
  Word(const BytePairMerges& merges, std::span<const int> pieces) : merges_(merges) {
    nodes_.reserve(pieces.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      nodes_.push_back({pieces[i], i == 0 ? kNone : i - 1, i + 1 == pieces.size() ? kNone : i + 1});
    }
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) offer(i);
  }

  void merge_all() {
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      if (is_current(best)) merge(best);
    }
  }

  void write_to(std::vector<int>& pieces) const {
    pieces.clear();
    for (std::size_t i = 0; i != kNone; i = nodes_[i].next) pieces.push_back(nodes_[i].id);
  }

 private:
  struct Node {
    int id;
    std::size_t previous, next;
  };
  static constexpr int kGone = -1;  // merged into the piece on its left

  void offer(std::size_t position) {
    const std::size_t next = nodes_[position].next;
    if (next == kNone) return;
    const int left = nodes_[position].id, right = nodes_[next].id;
    if (const Target* target = merges_.find(left, right)) {
      queue_.push({target->rank, target->merged, position, left, right});
    }
  }

  bool is_current(const Candidate& candidate) const {
    const Node& node = nodes_[candidate.position];
    return node.id == candidate.left && node.next != kNone &&
           nodes_[node.next].id == candidate.right;
  }

  void merge(const Candidate& candidate) {
    Node& left = nodes_[candidate.position];
    Node& right = nodes_[left.next];
    left.id = candidate.merged;
    left.next = right.next;
    right.id = kGone;
    if (left.next != kNone) nodes_[left.next].previous = candidate.position;
    offer(candidate.position);
    if (left.previous != kNone) offer(left.previous);
  }

  const BytePairMerges& merges_;
  std::vector<Node> nodes_;
  std::priority_queue<Candidate> queue_;
};

BytePairMerges::BytePairMerges(std::span<const BytePairMerge> by_rank) {
  targets_.reserve(by_rank.size());
  int rank = 0;
  for (const BytePairMerge& merge : by_rank) {
    targets_.insert_or_assign(key_of(merge.left, merge.right), Target{rank++, merge.merged});
  }
}

const BytePairMerges::Target* BytePairMerges::find(int left, int right) const {
  const auto found = targets_.find(key_of(left, right));
  return found == targets_.end() ? nullptr : &found->second;
}

void BytePairMerges::apply(std::vector<int>& pieces) const {
  if (pieces.size() < 2) return;
  Word word(*this, pieces);
  word.merge_all();
  word.write_to(pieces);
}

}  // namespace diptych
