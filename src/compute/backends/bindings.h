#pragma once
// The inputs and outputs of a program by name, as run() is given them: what every back end checks
// before it computes.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "compute/backend.h"
#include "compute/graph/graph.h"

namespace diptych {

struct Port {
  std::string name;
  Shape shape;
  DType dtype = DType::kF32;
  std::size_t bytes = 0;
  // Of integers that choose rows: how many rows there are. A number outside would be read outside.
  std::int64_t row_count = std::numeric_limits<std::int64_t>::max();
};

class Ports {
 public:
  explicit Ports(const Graph& graph);

  std::span<const Port> inputs() const { return inputs_; }    // in the order of Graph::inputs()
  std::span<const Port> outputs() const { return outputs_; }  // in the order of Graph::outputs()

  // The bytes of each input, in order. kInvalidArgument: one is missing, unknown, given twice, of the
  // wrong size, or chooses a row that its table does not have.
  Result<std::vector<std::span<const std::byte>>> bind(std::span<const ProgramInput> given) const;
  // The same for outputs, but those nobody asks for may be left out: their span is empty.
  Result<std::vector<std::span<std::byte>>> bind(std::span<const ProgramOutput> asked) const;

 private:
  std::vector<Port> inputs_, outputs_;
};

}  // namespace diptych
