#pragma once
// One block of memory for all buffers of a program: two share a place when their times do not
// overlap.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "compute/backends/onednn/stored.h"

namespace diptych::onednn {

class ArenaPlan {
 public:
  BufferId add(std::size_t bytes);
  void use(BufferId buffer, int step);  // written or read by step `step`
  void use_until_end(BufferId buffer);
  void place();  // once, after the last use

  std::size_t bytes() const { return bytes_; }
  std::size_t offset(BufferId buffer) const { return buffers_[buffer].offset; }

 private:
  struct Buffer {
    std::size_t bytes = 0, offset = 0;
    std::optional<int> first;
    int last = 0;
  };
  static bool overlap_in_time(const Buffer& a, const Buffer& b);

  std::vector<Buffer> buffers_;
  std::size_t bytes_ = 0;
};

class Arena {
 public:
  // Throws std::bad_alloc.
  Arena(ArenaPlan plan, std::size_t scratchpad_bytes);

  std::byte* at(BufferId buffer) const { return memory_.get() + plan_.offset(buffer); }
  std::byte* scratchpad() const {
    return memory_.get() + plan_.bytes();
  }  // of one oneDNN primitive
  std::size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  ArenaPlan plan_;
  std::size_t bytes_;
  std::unique_ptr<std::byte, Free> memory_;
};

}  // namespace diptych::onednn
