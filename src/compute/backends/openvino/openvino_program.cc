#include "compute/backends/openvino/openvino_program.h"

#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "compute/backends/openvino/openvino_errors.h"

namespace diptych::openvino {

OpenvinoProgram::OpenvinoProgram(Ports ports, ov::CompiledModel model, std::function<int()> threads,
                                 MemoryUse memory)
    : ports_(std::move(ports)),
      model_(std::move(model)),
      request_(model_.create_infer_request()),
      threads_(std::move(threads)),
      memory_(memory) {}

// OpenVINO divides the work of a layer for all threads when it compiles; TBB runs the parts on as
// many as are allowed at the moment.
void OpenvinoProgram::infer(const std::stop_token& stop) {
  using tbb::global_control;
  std::optional<global_control> limit;
  if (threads_)
    limit.emplace(global_control::max_allowed_parallelism,
                  static_cast<std::size_t>(std::max(1, threads_())));
  if (stop.stop_requested()) return;
  request_.start_async();
  const std::stop_callback cancel(stop, [this] { request_.cancel(); });
  request_.wait();
}

Status OpenvinoProgram::run(std::span<const ProgramInput> inputs,
                            std::span<const ProgramOutput> outputs, const std::stop_token& stop) {
  TRY(const auto from, ports_.bind(inputs));
  TRY(const auto to, ports_.bind(outputs));
  // Copied in and out: the plugin rewires tensors of others in place and then mixes up those that
  // an output shares with an input. They are small.
  return guarded("the program", [&]() -> Status {
    for (std::size_t i = 0; i < from.size(); ++i)
      std::memcpy(request_.get_input_tensor(i).data(), from[i].data(), from[i].size());
    infer(stop);
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the program was cancelled");
    for (std::size_t i = 0; i < to.size(); ++i)
      if (to[i].data() != nullptr)
        std::memcpy(to[i].data(), request_.get_output_tensor(i).data(), to[i].size());
    return {};
  });
}

}  // namespace diptych::openvino
