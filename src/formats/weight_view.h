#pragma once
// Weights composed of other sources' tensors: renamed, cut to rows, given another shape, or owned.

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "compute/weight_source.h"

namespace diptych {

using SharedWeights = std::shared_ptr<const WeightSource>;

// A tensor of a source that the view keeps alive.
struct WeightRef {
  SharedWeights source;
  TensorId tensor;
  const WeightInfo& info() const { return source->info(tensor); }
};

class WeightViewBuilder {
 public:
  void add(std::string name, WeightRef from);
  // `part` of `parts` equal pieces of the first axis, without copying. Errors: it cannot be
  // divided.
  Status add_part(std::string name, WeightRef from, int part, int parts);
  // The same bytes under another shape. Errors: another number of elements.
  Status add_reshaped(std::string name, WeightRef from, const Shape& shape);
  void add_owned(std::string name, DType dtype, const Shape& shape, std::vector<std::byte> bytes);

  // Errors: two tensors of one name.
  Result<SharedWeights> finish() &&;

  struct Entry {
    WeightInfo info;
    WeightRef from;           // no source: owned
    std::uint64_t begin = 0;  // offset into the bytes of `from`
    std::vector<std::byte> owned;
  };

 private:
  std::vector<Entry> entries_;
};

}  // namespace diptych
