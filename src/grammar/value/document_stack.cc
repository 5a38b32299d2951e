#include "grammar/value/document_stack.h"

namespace diptych::grammar {

StackId DocumentStack::intern(const StackRow& row) {
  const std::uint32_t words[] = {row.parent,
                                 row.frame,
                                 row.set,
                                 row.count,
                                 static_cast<std::uint32_t>(row.hash),
                                 static_cast<std::uint32_t>(row.hash >> 32),
                                 static_cast<std::uint32_t>(row.key_hash),
                                 static_cast<std::uint32_t>(row.key_hash >> 32),
                                 row.hashed ? 1U : 0U};
  const std::span<const std::uint32_t> all(words);
  const SequenceId id = keys_.intern(row.hashed ? all : all.first(4)) - 1;
  if (id == rows_.size()) {
    rows_.push_back(row);
    depths_.push_back(id == 0 ? 0 : depths_[row.parent] + 1);
  }
  return id;
}

std::size_t DocumentStack::memory_bytes() const {
  return keys_.memory_bytes() + rows_.capacity() * sizeof(StackRow) +
         depths_.capacity() * sizeof(depths_[0]);
}

}  // namespace diptych::grammar
