#pragma once
// Weights in another type than they are stored in, in pages that can be given back.

#include <cstddef>
#include <openvino/core/type/element_type.hpp>

#include "compute/weight_source.h"

namespace diptych::openvino {

class ConvertedPages {
 public:
  // `type`: f32, f16 or bf16. Throws std::bad_alloc.
  ConvertedPages(const WeightSource& source, TensorId tensor, ov::element::Type type);
  ~ConvertedPages();
  ConvertedPages(const ConvertedPages&) = delete;
  ConvertedPages& operator=(const ConvertedPages&) = delete;

  const void* data() const { return data_; }
  // The memory goes, the addresses stay taken: whoever reads them now crashes instead of computing
  // with something else.
  void drop();

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace diptych::openvino
