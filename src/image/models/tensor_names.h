#pragma once
// Questions about the names and shapes below one prefix of a source: "model.diffusion_model.".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compute/weight_source.h"

namespace diptych {

class TensorNames {  // borrows the source
 public:
  explicit TensorNames(const WeightSource& source, std::string prefix = {})
      : source_(source), prefix_(std::move(prefix)) {}

  const WeightSource& source() const { return source_; }
  const std::string& prefix() const { return prefix_; }
  TensorNames below(std::string_view prefix) const;

  bool has(std::string_view name) const;
  bool has_any(std::string_view beginning) const;   // a name that begins so
  const Shape* shape(std::string_view name) const;  // nullptr: no such tensor
  // Size of an axis; 0 where there is no such tensor or axis.
  std::int64_t size(std::string_view name, int axis) const;
  // How many of beginning + "0" + end, beginning + "1" + end, … there are without a gap; ≤ limit.
  int count(std::string_view beginning, std::string_view end, int limit = 256) const;
  // The first tensor whose name ends so; nullptr: none.
  const WeightInfo* find_ending(std::string_view ending) const;

 private:
  const WeightSource& source_;
  std::string prefix_;
};

}  // namespace diptych
