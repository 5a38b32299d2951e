#include "compute/backends/ggml/ggml_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "compute/machine_load.h"

namespace diptych {
namespace {

// A device computes this many nodes before it is asked whether to go on: each time it is waited
// for. The CPU is asked after every node.
constexpr int kNodesPerQuestion = 64;

// The CPU's own functions lie in a library that is chosen when the program starts.
template <class Function>
Function find_function(ggml_backend_dev_t device, const char* name) {
  void* found = ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name);
  return reinterpret_cast<Function>(found);
}

struct Streams {
  GgmlStreamPtr device;  // null where it is the CPU
  GgmlStreamPtr cpu;

  ggml_backend_t main() const { return device ? device.get() : cpu.get(); }
};

// What a run asks while it computes.
struct Question {
  const std::stop_token* stop = nullptr;
  int nodes = 0;

  bool stopped() const { return stop != nullptr && stop->stop_requested(); }
};

bool abort_cpu(void* question) { return static_cast<const Question*>(question)->stopped(); }

// ask: shall the computation pause after this node? Otherwise: shall it go on?
bool watch_device(ggml_tensor*, bool ask, void* user) {
  auto& question = *static_cast<Question*>(user);
  if (!ask) return !question.stopped();
  question.nodes = (question.nodes + 1) % kNodesPerQuestion;
  return question.nodes == 0;
}

class GgmlProgram final : public Program {
 public:
  GgmlProgram(const Graph& graph, Streams streams, std::function<int()> threads)
      : ports_(graph), streams_(std::move(streams)), threads_(std::move(threads)) {}

  Status prepare(GgmlLowering& lowered, const WeightSource& weights) {
    resident_.emplace(lowered.take_resident());
    TRY_STATUS(resident_->allocate_and_fill(streams_.main(), weights));
    inputs_ = lowered.inputs;
    outputs_ = lowered.outputs;
    graph_ = lowered.graph();
    context_ = lowered.take_context();
    std::vector<ggml_backend_t> streams;
    if (streams_.device) streams.push_back(streams_.device.get());
    streams.push_back(streams_.cpu.get());
    sched_.reset(ggml_backend_sched_new(streams.data(), nullptr, static_cast<int>(streams.size()),
                                        2 * lowered.graph_size(), false, false));
    if (!ggml_backend_sched_alloc_graph(sched_.get(), graph_)) {
      return fail(ErrorCode::kOutOfMemory,
                  fmt::format("{} has no room for the activations of this size",
                              ggml_backend_name(streams_.main())));
    }
    watch();
    return {};
  }

  Status run(std::span<const ProgramInput> inputs, std::span<const ProgramOutput> outputs,
             const std::stop_token& stop) override {
    TRY(const auto given, ports_.bind(inputs));
    TRY(const auto asked, ports_.bind(outputs));
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the run was cancelled");
    for (std::size_t i = 0; i < given.size(); ++i)
      if (inputs_[i]->buffer != nullptr)  // nothing else: no output needs it
        ggml_backend_tensor_set(inputs_[i], given[i].data(), 0, given[i].size());
    TRY_STATUS(compute(stop));
    for (std::size_t i = 0; i < asked.size(); ++i)
      if (asked[i].data() != nullptr)
        ggml_backend_tensor_get(outputs_[i], asked[i].data(), 0, asked[i].size());
    return {};
  }

  MemoryUse memory() const override {
    MemoryUse use{resident_->bytes(), 0};
    for (ggml_backend_t stream : {streams_.device.get(), streams_.cpu.get()})
      if (stream != nullptr)
        use.scratch_bytes += ggml_backend_sched_get_buffer_size(sched_.get(), stream);
    return use;
  }

 private:
  void watch() {
    ggml_backend_dev_t cpu = ggml_backend_get_device(streams_.cpu.get());
    set_threads_ = find_function<ggml_backend_set_n_threads_t>(cpu, "ggml_backend_set_n_threads");
    const auto set_abort =
        find_function<ggml_backend_set_abort_callback_t>(cpu, "ggml_backend_set_abort_callback");
    if (set_abort != nullptr) set_abort(streams_.cpu.get(), abort_cpu, &question_);
    if (streams_.device)
      ggml_backend_sched_set_eval_callback(sched_.get(), watch_device, &question_);
  }

  Status compute(const std::stop_token& stop) {
    const int threads = threads_ ? threads_() : usable_core_count();
    if (set_threads_ != nullptr)
      set_threads_(streams_.cpu.get(), std::clamp(threads, 1, GGML_MAX_N_THREADS));
    question_ = {&stop, 0};
    ggml_status status = GGML_STATUS_FAILED;
    try {  // the CPU's workspace is made by new
      status = ggml_backend_sched_graph_compute(sched_.get(), graph_);
    } catch (const std::bad_alloc&) {
      status = GGML_STATUS_ALLOC_FAILED;
    }
    question_ = {};
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the run was cancelled");
    if (status == GGML_STATUS_SUCCESS) return {};
    if (status == GGML_STATUS_ALLOC_FAILED)
      return fail(ErrorCode::kOutOfMemory, "ggml has no memory for its workspace");
    return fail(ErrorCode::kInternal, fmt::format("ggml: {}", ggml_status_to_string(status)));
  }

  const Ports ports_;
  const Streams streams_;
  const std::function<int()> threads_;
  std::optional<ResidentTensors> resident_;
  GgmlContextPtr context_;
  GgmlSchedPtr sched_;
  ggml_cgraph* graph_ = nullptr;
  std::vector<ggml_tensor*> inputs_, outputs_;
  ggml_backend_set_n_threads_t set_threads_ = nullptr;
  Question question_;
};

Result<Streams> open_streams(const GgmlTarget& target) {
  Streams streams;
  if (!target.is_cpu) {
    streams.device.reset(ggml_backend_dev_init(target.device, nullptr));
    if (!streams.device) {
      return fail(ErrorCode::kInternal,
                  fmt::format("{} does not start", ggml_backend_dev_name(target.device)));
    }
  }
  streams.cpu.reset(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr));
  if (!streams.cpu) return fail(ErrorCode::kInternal, "ggml's CPU back end does not start");
  return streams;
}

}  // namespace

Result<std::unique_ptr<Program>> make_ggml_program(const Graph& graph, const WeightSource& weights,
                                                   const GgmlTarget& target,
                                                   std::function<int()> threads) {
  GgmlLowering lowering(graph, weights, target);
  TRY_STATUS(lowering.lower());
  TRY(Streams streams, open_streams(target));
  auto program = std::make_unique<GgmlProgram>(graph, std::move(streams), std::move(threads));
  TRY_STATUS(program->prepare(lowering, weights));
  return std::unique_ptr<Program>(std::move(program));
}

}  // namespace diptych
