#pragma once
// Owning pointers to libllama's objects.

#include <ggml-cpu.h>
#include <llama.h>

#include <memory>

namespace diptych {

struct LlamaModelDeleter {
  void operator()(llama_model* model) const { llama_model_free(model); }
};
struct LlamaContextDeleter {
  void operator()(llama_context* context) const { llama_free(context); }
};
using LlamaModelPtr = std::unique_ptr<llama_model, LlamaModelDeleter>;
using LlamaContextPtr = std::unique_ptr<llama_context, LlamaContextDeleter>;

// One persistent team of compute threads. ggml's CPU library is loaded at run time, so its
// functions are looked up.
class ThreadPool {
 public:
  explicit ThreadPool(int thread_count);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  void attach(llama_context* context) const;

 private:
  ggml_threadpool* pool_ = nullptr;
};

}  // namespace diptych
