#pragma once
// Weights as constants of OpenVINO, each held once.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <openvino/core/node_output.hpp>
#include <openvino/op/constant.hpp>
#include <thread>
#include <vector>

#include "compute/backends/openvino/converted_pages.h"
#include "compute/weight_source.h"

namespace diptych::openvino {

using Output = ov::Output<ov::Node>;

class WeightConstants {
 public:
  // `compute`: the type that the plugin will compute in. `source` must outlive whatever reads the
  // constants.
  WeightConstants(const WeightSource& source, ov::element::Type compute)
      : source_(source), compute_(compute) {}

  const WeightSource& source() const { return source_; }

  // `shape` has as many elements as the weight. All three give f32 values.
  // For matrices and filters, which the plugin packs into a layout of its own when it compiles: the
  // constant is the file's pages where OpenVINO knows the type, and converted ones else. Neither is
  // read again after that.
  Output packed(TensorId tensor, const ov::Shape& shape);
  Output copied(TensorId tensor, const ov::Shape& shape);  // for small ones: biases, norms
  // Rows of a table, in the type that is computed in: the table is used as it is.
  Output rows(TensorId tensor, const Output& indices);

  std::span<const TensorId> shared() const { return shared_; }
  void drop_converted();  // once the model is compiled

 private:
  std::shared_ptr<ov::op::v0::Constant> constant(TensorId tensor, const ov::Shape& shape,
                                                 ov::element::Type type, const void* data,
                                                 std::shared_ptr<void> owner) const;

  const WeightSource& source_;
  ov::element::Type compute_;
  std::vector<TensorId> shared_;
  std::vector<std::shared_ptr<ConvertedPages>> converted_;
};

// While it lives, pages of `tensors` leave memory again soon after someone has read them: packing
// two gigabytes of weights then never holds both copies.
class PageSweeper {
 public:
  PageSweeper(const WeightSource& source, std::span<const TensorId> tensors);
  ~PageSweeper();  // sweeps a last time
  PageSweeper(const PageSweeper&) = delete;
  PageSweeper& operator=(const PageSweeper&) = delete;

 private:
  void sweep() const;

  const WeightSource& source_;
  std::span<const TensorId> tensors_;
  std::jthread thread_;
};

}  // namespace diptych::openvino
