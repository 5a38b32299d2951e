#pragma once
// Compiled programs by what they compute. Bounded by bytes: a program's packed weights are most of
// a model's memory, so the least recently used one makes room for the next.

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "compute/backend.h"

namespace diptych {

class ProgramCache {  // one owner thread
 public:
  explicit ProgramCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // `key` names device, weights and shape: "openvino:cpu bf16 5f3a… unet 2x64x64 77". `compile` is
  // called when it is not here; programs over the budget are dropped first, so that two never lie
  // side by side in passing. The program lives until the next call.
  Result<Program*> get(const std::string& key, std::uint64_t bytes_expected,
                       const std::function<Result<std::unique_ptr<Program>>()>& compile);
  bool has(std::string_view key) const;
  bool has_any(std::string_view prefix) const;
  std::uint64_t bytes_max() const { return bytes_max_; }
  // Drops every program whose key begins with `prefix`.
  void drop(std::string_view prefix);
  MemoryUse memory() const;
  int compile_count() const { return compile_count_; }

 private:
  struct Entry {
    std::string key;
    std::uint64_t bytes = 0;
    std::unique_ptr<Program> program;
  };

  void make_room(std::uint64_t bytes);

  const std::uint64_t bytes_max_;
  int compile_count_ = 0;
  std::list<Entry> entries_;  // most recently used first
};

}  // namespace diptych
