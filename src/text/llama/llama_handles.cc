#include "text/llama/llama_handles.h"

#include <ggml-backend.h>

namespace diptych {
namespace {

void* cpu_function(const char* name) {
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  return device == nullptr
             ? nullptr
             : ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name);
}

// Spin for about 2 ms of waiting before sleeping: longer than the gap between two decode steps,
// shorter than a scheduler slice that an idle server would steal from its neighbours. (ggml's
// default spins about 100 ms.)
constexpr unsigned kPollLevel = 0;

}  // namespace

ThreadPool::ThreadPool(int thread_count) {
  const auto create =
      reinterpret_cast<decltype(&ggml_threadpool_new)>(cpu_function("ggml_threadpool_new"));
  if (create == nullptr || thread_count < 1) return;
  ggml_threadpool_params params = ggml_threadpool_params_default(thread_count);
  params.poll = kPollLevel;
  pool_ = create(&params);
}

ThreadPool::~ThreadPool() {
  const auto destroy =
      reinterpret_cast<decltype(&ggml_threadpool_free)>(cpu_function("ggml_threadpool_free"));
  if (pool_ != nullptr && destroy != nullptr) destroy(pool_);
}

void ThreadPool::attach(llama_context* context) const {
  if (pool_ != nullptr) llama_attach_threadpool(context, pool_, pool_);
}

}  // namespace diptych
