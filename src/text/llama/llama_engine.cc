#include "text/llama/llama_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "text/llama/backend.h"
#include "text/llama/llama_handles.h"

namespace diptych {
namespace {

class LlamaEngine final : public Engine {
 public:
  LlamaEngine(LlamaContextPtr context, const Vocabulary& vocabulary, CoreArbiter& cores,
              const LlamaEngineOptions& options)
      : vocabulary_(vocabulary),
        cores_(cores),
        options_(options),
        threads_(cores.core_count()),
        context_(std::move(context)) {
    threads_.attach(context_.get());
    llama_set_abort_callback(
        context_.get(),
        [](void* self) { return static_cast<LlamaEngine*>(self)->stop_.stop_requested(); }, this);
    const auto size = static_cast<std::size_t>(options.step_token_count);
    tokens_.resize(size);
    positions_.resize(size);
    sequences_.resize(size);
    sequence_counts_.assign(size, 1);
    sequence_pointers_.resize(size);
    wanted_.resize(size);
    for (std::size_t i = 0; i < size; ++i) sequence_pointers_[i] = &sequences_[i];
  }

  const Vocabulary& vocabulary() const override { return vocabulary_; }
  EngineLimits limits() const override {
    return {options_.sequence_count, options_.context_length, options_.cell_count,
            options_.step_token_count, options_.bytes_per_cell};
  }

  Status step(std::span<const BatchToken> batch, std::stop_token stop) override {
    CHECK(!batch.empty() && batch.size() <= tokens_.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      tokens_[i] = batch[i].token;
      positions_[i] = batch[i].position;
      sequences_[i] = batch[i].sequence;
      wanted_[i] = batch[i].wants_logits ? 1 : 0;
    }
    const int threads = cores_.threads_for_step();
    llama_set_n_threads(context_.get(), threads, threads);
    stop_ = std::move(stop);
    llama_batch view{};
    view.n_tokens = static_cast<int>(batch.size());
    view.token = tokens_.data();
    view.pos = positions_.data();
    view.n_seq_id = sequence_counts_.data();
    view.seq_id = sequence_pointers_.data();
    view.logits = wanted_.data();
    const ExpectedAbort quiet(stop_);
    const int code = llama_decode(context_.get(), view);
    return outcome(code);
  }

  std::span<const float> logits(int batch_index) const override {
    const float* row = llama_get_logits_ith(context_.get(), batch_index);
    CHECK(row != nullptr);
    return {row, static_cast<std::size_t>(vocabulary_.size())};
  }

  Status fork(SequenceId from, SequenceId to, int position_count) override {
    llama_memory_seq_cp(memory(), from, to, 0, position_count);
    return {};
  }

  Status truncate(SequenceId sequence, int position_count) override {
    if (llama_memory_seq_rm(memory(), sequence, position_count, -1)) return {};
    return fail(ErrorCode::kUnsupported,
                fmt::format("this model cannot roll sequence {} back to {} positions", sequence,
                            position_count));
  }

  Result<std::string> save(SequenceId sequence) override {
    std::string bytes(llama_state_seq_get_size(context_.get(), sequence), '\0');
    auto* data = reinterpret_cast<std::uint8_t*>(bytes.data());
    const std::size_t written =
        llama_state_seq_get_data(context_.get(), data, bytes.size(), sequence);
    if (written != bytes.size())
      return fail(ErrorCode::kInternal, "the state of a sequence could not be saved");
    return bytes;
  }

  Status restore(SequenceId sequence, std::string_view saved) override {
    const auto* data = reinterpret_cast<const std::uint8_t*>(saved.data());
    if (llama_state_seq_set_data(context_.get(), data, saved.size(), sequence) == saved.size())
      return {};
    return fail(ErrorCode::kOverloaded, "no room to restore a saved sequence");
  }

 private:
  llama_memory_t memory() const { return llama_get_memory(context_.get()); }

  static Status outcome(int code) {
    switch (code) {
      case 0:
        return {};
      case 1:
        return fail(ErrorCode::kOverloaded, "no free cells in the key/value cache");
      case 2:
        return fail(ErrorCode::kCancelled, "the step was stopped");
      case -2:
        return fail(ErrorCode::kOutOfMemory, "out of memory in a step");
      default:
        return fail(ErrorCode::kInternal, fmt::format("llama_decode failed with code {}", code));
    }
  }

  const Vocabulary& vocabulary_;
  CoreArbiter& cores_;
  LlamaEngineOptions options_;
  ThreadPool threads_;
  LlamaContextPtr context_;
  std::stop_token stop_;  // of the step in progress
  std::vector<llama_token> tokens_;
  std::vector<llama_pos> positions_;
  std::vector<llama_seq_id> sequences_;
  std::vector<std::int32_t> sequence_counts_;
  std::vector<llama_seq_id*> sequence_pointers_;
  std::vector<std::int8_t> wanted_;
};

}  // namespace

Result<std::unique_ptr<Engine>> make_llama_engine(llama_model* model, const Vocabulary& vocabulary,
                                                  CoreArbiter& cores,
                                                  const LlamaEngineOptions& options) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(options.cell_count);
  params.n_batch = params.n_ubatch = static_cast<std::uint32_t>(options.step_token_count);
  if (options.one_token_at_a_time) params.n_ubatch = 1;
  params.n_seq_max = static_cast<std::uint32_t>(options.sequence_count);
  params.n_threads = params.n_threads_batch = cores.core_count();
  params.kv_unified = true;  // forks share cells instead of copying them
  params.no_perf = true;
  if (options.exact_cache) {
    params.type_k = params.type_v = GGML_TYPE_F32;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;  // it would round them to f16 again
  }
  LlamaContextPtr context(llama_init_from_model(model, params));
  if (!context) {
    return fail(
        ErrorCode::kOutOfMemory,
        fmt::format("no memory for a key/value cache of {} cells ({} MiB)", options.cell_count,
                    options.bytes_per_cell * static_cast<std::size_t>(options.cell_count) >> 20));
  }
  return std::unique_ptr<Engine>(
      std::make_unique<LlamaEngine>(std::move(context), vocabulary, cores, options));
}

}  // namespace diptych
