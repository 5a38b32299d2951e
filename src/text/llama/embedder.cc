#include "text/llama/embedder.h"

#include <fmt/format.h>
#include <llama.h>

#include <algorithm>
#include <cmath>

#include "text/llama/backend.h"
#include "text/llama/llama_handles.h"

namespace diptych {
namespace {

constexpr int kStepTokens = 256;
// A step starts its helpers anew; below this a text is through before they are worth it.
constexpr int kTeamTokens = 64;

bool must_stop(void* stop) { return static_cast<std::stop_token*>(stop)->stop_requested(); }

// A context as large as the text, for this call only: embeddings hold no memory while nobody asks
// for them.
LlamaContextPtr make_context(llama_model* model, int token_count) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>((token_count + 255) / 256 * 256);
  params.n_batch = params.n_ubatch = static_cast<std::uint32_t>(std::min(token_count, kStepTokens));
  params.n_seq_max = 1;
  params.embeddings = true;
  params.pooling_type = LLAMA_POOLING_TYPE_NONE;
  params.no_perf = true;
  return LlamaContextPtr(llama_init_from_model(model, params));
}

void normalise(std::vector<float>& values) {
  double squares = 0;
  for (const float v : values) squares += double{v} * double{v};
  const auto inverse = static_cast<float>(squares > 0 ? 1.0 / std::sqrt(squares) : 0.0);
  for (float& v : values) v *= inverse;
}

}  // namespace

// Beside the chat engine's team there is no core to spin on.
int Embedder::threads_for(int token_count) const {
  return token_count < kTeamTokens || answers_running_() > 0 ? 1 : cores_.threads_for_step();
}

Result<Embedding> Embedder::embed(const std::vector<TokenId>& tokens, std::stop_token stop) {
  const auto count = static_cast<int>(tokens.size());
  if (count == 0) return fail(ErrorCode::kInvalidArgument, "the input is empty", "input");
  if (count > context_length_) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "This model's maximum context length is {} tokens. However, your input has {} tokens.",
            context_length_, count),
        "input", "context_length_exceeded");
  }
  const MutexLock lock(mutex_);
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the embedding was cancelled");
  const LlamaContextPtr context = make_context(model_, count);
  if (!context) return fail(ErrorCode::kOutOfMemory, "no memory for an embedding context");
  llama_set_abort_callback(context.get(), must_stop, &stop);
  const ExpectedAbort quiet(stop);
  const auto width = static_cast<std::size_t>(llama_model_n_embd(model_));
  Embedding result{std::vector<float>(width, 0.0F), count};
  llama_batch batch = llama_batch_init(kStepTokens, 0, 1);
  for (int begin = 0; begin < count; begin += kStepTokens) {
    batch.n_tokens = std::min(kStepTokens, count - begin);
    for (int i = 0; i < batch.n_tokens; ++i) {
      const int position = begin + i;
      batch.token[i] = tokens[static_cast<std::size_t>(position)];
      batch.pos[i] = position;
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = 0;
      batch.logits[i] = 1;
    }
    const int threads = threads_for(batch.n_tokens);
    llama_set_n_threads(context.get(), threads, threads);
    const int code = stop.stop_requested() ? 2 : llama_decode(context.get(), batch);
    if (code != 0) {
      llama_batch_free(batch);
      if (code == 2) return fail(ErrorCode::kCancelled, "the embedding was cancelled");
      return fail(ErrorCode::kInternal, fmt::format("llama_decode failed with code {}", code));
    }
    for (int i = 0; i < batch.n_tokens; ++i) {
      const float* row = llama_get_embeddings_ith(context.get(), i);
      for (std::size_t d = 0; d < width; ++d) result.values[d] += row[d];
    }
  }
  llama_batch_free(batch);
  normalise(result.values);
  return result;
}

}  // namespace diptych
