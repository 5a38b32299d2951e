#pragma once
// The steps of a graph over their arena.

#include <functional>
#include <memory>
#include <vector>

#include "compute/backend.h"
#include "compute/backends/bindings.h"
#include "compute/backends/onednn/compute_thread.h"
#include "compute/backends/onednn/lowering.h"

namespace diptych::onednn {

class OnednnProgram : public Program {
 public:
  // Throws what oneDNN throws, and std::bad_alloc.
  OnednnProgram(Ports ports, LoweredGraph lowered, dnnl::engine engine,
                std::shared_ptr<ComputeThread> thread, std::function<int()> threads);

  // Cancelled before the next step.
  Status run(std::span<const ProgramInput> inputs, std::span<const ProgramOutput> outputs,
             const std::stop_token& stop) override;
  MemoryUse memory() const override { return memory_; }

 private:
  Status run_steps(const std::stop_token& stop);

  Ports ports_;
  std::vector<Stored> inputs_, outputs_;
  MemoryUse memory_;
  Arena arena_;
  std::vector<Run> steps_;
  dnnl::engine engine_;
  std::shared_ptr<ComputeThread> thread_;
  std::function<int()> threads_;
};

}  // namespace diptych::onednn
