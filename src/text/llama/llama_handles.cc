#include "text/llama/llama_handles.h"

#include <ggml-backend.h>
#include <sched.h>

#include <algorithm>

namespace diptych {
namespace {

void* cpu_function(const char* name) {
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  return device == nullptr
             ? nullptr
             : ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name);
}

// Between steps the team sleeps: spinning (ggml's default is about 100 ms) takes the cores from
// those who serve sockets.
constexpr unsigned kPollLevel = 0;

// Each member but the caller is tied to a core of its own. Left to the kernel, a woken member may
// be put behind the caller, on the core where that one spins at the first barrier and waits for it:
// every barrier then costs a time slice. The caller stays free, so that it finds a core when the
// team is reduced to it alone.
void tie_members_to_cores(ggml_threadpool_params& params, const cpu_set_t& allowed) {
  params.strict_cpu = true;
  for (int cpu = 0; cpu < std::min(CPU_SETSIZE, GGML_MAX_N_THREADS); ++cpu)
    params.cpumask[cpu] = CPU_ISSET(static_cast<std::size_t>(cpu), &allowed);
}

}  // namespace

ThreadPool::ThreadPool(int thread_count) {
  const auto create =
      reinterpret_cast<decltype(&ggml_threadpool_new)>(cpu_function("ggml_threadpool_new"));
  if (create == nullptr || thread_count < 1) return;
  ggml_threadpool_params params = ggml_threadpool_params_default(thread_count);
  params.poll = kPollLevel;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  if (known && thread_count > 1) tie_members_to_cores(params, allowed);
  pool_ = create(&params);
  if (known)
    sched_setaffinity(0, sizeof allowed, &allowed);  // create() has tied the calling thread, too
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
