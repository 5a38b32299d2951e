#include "compute/backends/onednn/onednn_program.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "compute/backends/onednn/onednn_errors.h"
#include "compute/machine_load.h"

namespace diptych::onednn {

OnednnProgram::OnednnProgram(Ports ports, LoweredGraph lowered, dnnl::engine engine,
                             std::shared_ptr<ComputeThread> thread, std::function<int()> threads)
    : ports_(std::move(ports)),
      inputs_(std::move(lowered.inputs)),
      outputs_(std::move(lowered.outputs)),
      memory_{.weight_bytes = lowered.weight_bytes, .scratch_bytes = 0},
      arena_(std::move(lowered.arena), lowered.scratchpad_bytes),
      engine_(std::move(engine)),
      thread_(std::move(thread)),
      threads_(std::move(threads)) {
  memory_.scratch_bytes = arena_.bytes();
  for (const Bind& fill : lowered.fills) fill(arena_);
  for (const Bind& step : lowered.steps) steps_.push_back(step(arena_));
}

Status OnednnProgram::run_steps(const std::stop_token& stop) {
  omp_set_num_threads(threads_ ? std::clamp(threads_(), 1, usable_core_count())
                               : usable_core_count());
  dnnl::stream stream(engine_);
  for (const Run& step : steps_) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the program was cancelled");
    step(stream);
  }
  return {};
}

Status OnednnProgram::run(std::span<const ProgramInput> inputs,
                          std::span<const ProgramOutput> outputs, const std::stop_token& stop) {
  TRY(const auto from, ports_.bind(inputs));
  TRY(const auto to, ports_.bind(outputs));
  for (std::size_t i = 0; i < from.size(); ++i)
    std::memcpy(arena_.at(inputs_[i].buffer), from[i].data(), from[i].size());
  Status status;
  thread_->run([&] { status = guarded("the program", [&] { return run_steps(stop); }); });
  TRY_STATUS(status);
  for (std::size_t i = 0; i < to.size(); ++i)
    if (to[i].data() != nullptr)
      std::memcpy(to[i].data(), arena_.at(outputs_[i].buffer), to[i].size());
  return {};
}

}  // namespace diptych::onednn
