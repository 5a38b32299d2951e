#include "compute/backends/openvino/openvino_program.h"

#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <utility>

#include "compute/backends/openvino/openvino_errors.h"

namespace diptych::openvino {

OpenvinoProgram::OpenvinoProgram(Ports ports, ov::CompiledModel model, std::function<int()> threads,
                                 MemoryUse memory)
    : ports_(std::move(ports)),
      model_(std::move(model)),
      request_(model_.create_infer_request()),
      threads_(std::move(threads)),
      memory_(memory) {
  for (std::size_t i = 0; i < ports_.outputs().size(); ++i)
    own_outputs_.push_back(request_.get_output_tensor(i));
}

// OpenVINO divides the work of a layer for all threads when it compiles; TBB runs the parts on as
// many as are allowed at the moment.
void OpenvinoProgram::infer(const std::stop_token& stop) {
  using tbb::global_control;
  std::optional<global_control> limit;
  if (threads_)
    limit.emplace(global_control::max_allowed_parallelism,
                  static_cast<std::size_t>(std::max(1, threads_())));
  request_.start_async();
  const std::stop_callback cancel(stop, [this] { request_.cancel(); });
  request_.wait();
}

Status OpenvinoProgram::run(std::span<const ProgramInput> inputs,
                            std::span<const ProgramOutput> outputs, const std::stop_token& stop) {
  TRY(const auto from, ports_.bind(inputs));
  TRY(const auto to, ports_.bind(outputs));
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the program was cancelled");
  return guarded("the program", [&]() -> Status {
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto port = model_.input(i);
      request_.set_input_tensor(i, ov::Tensor(port, static_cast<const void*>(from[i].data())));
    }
    for (std::size_t i = 0; i < to.size(); ++i) {
      const bool asked = to[i].data() != nullptr;
      request_.set_output_tensor(
          i, asked ? ov::Tensor(model_.output(i), to[i].data()) : own_outputs_[i]);
    }
    infer(stop);
    return {};
  });
}

}  // namespace diptych::openvino
