#pragma once
// The open containers of a document: rows that point to their parent, each kept once, so that a
// handle is the whole stack.

#include <cstdint>
#include <vector>

#include "grammar/value/frames.h"
#include "grammar/value/hash_sets.h"

namespace diptych::grammar {

using StackId = std::uint32_t;

struct StackRow {
  StackId parent = 0;
  FrameId frame = 0;
  HashSetId set = 0;        // keys used, or items seen
  std::uint32_t count = 0;  // members, or items
  // Inside items that must be unique: what has been written, and the key of the member under way.
  std::uint64_t hash = 0, key_hash = 0;
  bool hashed = false;
};

class DocumentStack {
 public:
  DocumentStack() { intern({}); }
  StackId intern(const StackRow& row);
  const StackRow& operator[](StackId id) const { return rows_[id]; }
  std::uint32_t depth(StackId id) const { return depths_[id]; }
  std::size_t memory_bytes() const;

 private:
  SequenceTable keys_;
  std::vector<StackRow> rows_;
  std::vector<std::uint32_t> depths_;
};

}  // namespace diptych::grammar
