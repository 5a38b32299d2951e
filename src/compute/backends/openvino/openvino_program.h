#pragma once
// A compiled model and its one request.

#include <functional>
#include <openvino/runtime/compiled_model.hpp>
#include <openvino/runtime/infer_request.hpp>

#include "compute/backend.h"
#include "compute/backends/bindings.h"

namespace diptych::openvino {

class OpenvinoProgram : public Program {
 public:
  OpenvinoProgram(Ports ports, ov::CompiledModel model, std::function<int()> threads,
                  MemoryUse memory);

  // Cancelled before the next layer begins.
  Status run(std::span<const ProgramInput> inputs, std::span<const ProgramOutput> outputs,
             const std::stop_token& stop) override;
  MemoryUse memory() const override { return memory_; }

 private:
  void infer(const std::stop_token& stop);

  Ports ports_;
  ov::CompiledModel model_;
  ov::InferRequest request_;
  std::function<int()> threads_;
  MemoryUse memory_;
};

}  // namespace diptych::openvino
