#include "text/llama/load_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/hash.h"
#include "base/log.h"
#include "base/mutex.h"
#include "text/chat/make_chat_format.h"
#include "text/llama/backend.h"
#include "text/llama/embedder.h"
#include "text/llama/llama_engine.h"
#include "text/llama/llama_handles.h"
#include "text/llama/llama_vocabulary.h"

namespace diptych {
namespace {

constexpr int kDonorSequences = 16;  // finished prefixes kept for reuse, beside the running choices
constexpr int kSequencesMax = 256;   // of libllama
constexpr int kCellGranularity = 256;
constexpr int kCellsMin = 512;

// A model whose file gives no chat template still serves completions.
class NoChatFormat final : public ChatFormat {
 public:
  Result<ChatPrompt> render(const std::vector<ChatMessage>&,
                            const ChatPromptOptions&) const override {
    return fail(ErrorCode::kUnsupported, "this model has no chat template; use /v1/completions",
                "model");
  }
  std::unique_ptr<AnswerReader> make_reader(const ChatPrompt&) const override { return nullptr; }
  bool template_knows_tools() const override { return false; }
};

class LoadedModel final : public TextModel {
 public:
  struct Parts {
    std::string id, fingerprint;
    ModelFacts facts;
    int context_length = 0;
    LlamaModelPtr model;
    std::unique_ptr<LlamaVocabulary> vocabulary;
    std::unique_ptr<AnswerGrammars> grammars;
    std::unique_ptr<ChatFormat> chat_format;
    std::unique_ptr<Scheduler> scheduler;
    std::unique_ptr<Embedder> embedder;
  };
  explicit LoadedModel(Parts parts)
      : parts_(std::move(parts)),
        thread_([this](std::stop_token stop) { parts_.scheduler->run(std::move(stop)); }) {}

  const std::string& id() const override { return parts_.id; }
  const ModelFacts& facts() const override { return parts_.facts; }
  int context_length() const override { return parts_.context_length; }
  const std::string& fingerprint() const override { return parts_.fingerprint; }
  const Vocabulary& vocabulary() const override { return *parts_.vocabulary; }
  const ChatFormat& chat_format() const override { return *parts_.chat_format; }
  AnswerGrammars& grammars() override { return *parts_.grammars; }
  Scheduler& scheduler() override { return *parts_.scheduler; }
  Result<Embedding> embed(const std::vector<TokenId>& tokens, std::stop_token stop) override {
    return parts_.embedder->embed(tokens, std::move(stop));
  }

 private:
  Parts parts_;          // declared first: the thread ends before the parts go
  std::jthread thread_;  // owns the engine
};

std::string meta_text(const llama_model* model, const char* key) {
  const int length = llama_model_meta_val_str(model, key, nullptr, 0);
  if (length <= 0) return {};
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  llama_model_meta_val_str(model, key, value.data(), value.size());
  value.resize(static_cast<std::size_t>(length));
  return value;
}

int meta_integer(const llama_model* model, const std::string& key, int otherwise) {
  const std::string text = meta_text(model, key.c_str());
  return text.empty() ? otherwise : std::atoi(text.c_str());
}

// Keys and values, f16, of all layers.
std::size_t bytes_per_cell(const llama_model* model, const std::string& architecture) {
  const int head = llama_model_n_embd(model) / std::max(1, llama_model_n_head(model));
  const int key = meta_integer(model, architecture + ".attention.key_length", head);
  const int value = meta_integer(model, architecture + ".attention.value_length", head);
  return static_cast<std::size_t>(llama_model_n_layer(model)) *
         static_cast<std::size_t>(llama_model_n_head_kv(model)) *
         static_cast<std::size_t>(key + value) * 2;
}

// Identifies the file without reading all of it: its size and 64 KiB at each of 64 evenly spaced
// places.
Result<std::string> sample_digest(const Path& path) {
  TRY(const MappedFile file, MappedFile::open(path));
  const std::span<const std::byte> bytes = file.bytes();
  Sha256Stream hash;
  const std::uint64_t size = bytes.size();
  hash.update(std::as_bytes(std::span(&size, 1)));
  constexpr std::size_t kPieces = 64, kPieceBytes = 64 << 10;
  for (std::size_t i = 0; i < kPieces; ++i) {
    const std::size_t begin = bytes.size() / kPieces * i;
    hash.update(bytes.subspan(begin, std::min(kPieceBytes, bytes.size() - begin)));
  }
  return to_hex(hash.finish());
}

Result<LlamaModelPtr> open_model(const TextModelOptions& options) {
  // The back end's layout choice is a setting of the process: one model at a time.
  static Mutex loading;
  const MutexLock lock(loading);
  weights::allow_inexact_layouts(options.inexact_layout);
  llama_model_params params = llama_model_default_params();
  params.progress_callback = [](float done, void* user) {
    const auto& progress = *static_cast<const std::function<bool(float)>*>(user);
    return !progress || progress(done);
  };
  if (options.deterministic) params.n_gpu_layers = 0;
  params.progress_callback_user_data = const_cast<std::function<bool(float)>*>(&options.progress);
  LlamaModelPtr model(llama_model_load_from_file(options.path.c_str(), params));
  if (model) return model;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} could not be loaded as a language model", options.path.string()),
              "model");
}

Result<std::unique_ptr<ChatFormat>> open_chat_format(const llama_model* model) {
  const llama_vocab* vocab = llama_model_get_vocab(model);
  const auto text_of = [vocab](llama_token token) {
    return token < 0 ? std::string() : std::string(llama_vocab_get_text(vocab, token));
  };
  ChatTemplateSource source;
  source.template_text = meta_text(model, "tokenizer.chat_template");
  source.tool_use_template_text = meta_text(model, "tokenizer.chat_template.tool_use");
  source.bos_token = text_of(llama_vocab_bos(vocab));
  source.eos_token = text_of(llama_vocab_eos(vocab));
  if (source.template_text.empty())
    return std::unique_ptr<ChatFormat>(std::make_unique<NoChatFormat>());
  return make_chat_format(source);
}

// Our own kernels compute a token the same way whatever else is in the batch. Other kernels do not,
// so a deterministic engine that needs them computes one token at a time: prompts then run at
// decode speed.
Result<bool> needs_single_tokens(const TextModelOptions& options, const ModelFacts& facts) {
  if (!options.deterministic) return false;
  const weights::HookState& hook = load_backends().packed;
  if (!hook.active || !hook.attention) {
    return fail(ErrorCode::kUnsupported,
                "this CPU has no attention kernel whose results are independent of the batch (" +
                    hook.reason + ")",
                "text.deterministic");
  }
  return !facts.all_matrices_packed;
}

Result<LlamaEngineOptions> plan_cache(const llama_model* model, const TextModelOptions& options,
                                      const ModelFacts& facts) {
  LlamaEngineOptions plan;
  plan.bytes_per_cell = std::max<std::size_t>(1, bytes_per_cell(model, facts.architecture));
  const auto affordable = static_cast<std::int64_t>(options.kv_bytes_max / plan.bytes_per_cell);
  const int trained = llama_model_n_ctx_train(model);
  const auto useful = static_cast<std::int64_t>(trained) * (options.slots_max + kDonorSequences);
  plan.cell_count =
      static_cast<int>(std::min(affordable, useful) / kCellGranularity * kCellGranularity);
  if (plan.cell_count < kCellsMin) {
    return fail(
        ErrorCode::kOutOfMemory,
        fmt::format(
            "a key/value cache of {} MiB holds {} positions of {} bytes; at least {} are needed",
            options.kv_bytes_max >> 20, affordable, plan.bytes_per_cell, kCellsMin),
        "text.kv_bytes_max");
  }
  plan.context_length = std::min(trained, plan.cell_count);
  plan.sequence_count = std::min(kSequencesMax, options.slots_max + kDonorSequences);
  plan.step_token_count =
      std::min(options.scheduler.step_tokens_max + options.slots_max, plan.cell_count);
  TRY(plan.one_token_at_a_time, needs_single_tokens(options, facts));
  return plan;
}

}  // namespace

Result<std::shared_ptr<TextModel>> load_text_model(const TextModelOptions& options,
                                                   const TextRuntime& runtime) {
  load_backends();
  LoadedModel::Parts parts;
  TRY(parts.facts, read_model_facts(options.path));
  TRY(parts.model, open_model(options));
  TRY(const LlamaEngineOptions plan, plan_cache(parts.model.get(), options, parts.facts));
  TRY(const std::string digest, sample_digest(options.path));
  parts.id = options.id;
  parts.fingerprint =
      "fp_" + to_hex(sha256(digest + load_backends().llama_version + load_backends().packed.reason))
                  .substr(0, 12);
  parts.context_length = plan.context_length;
  parts.vocabulary = std::make_unique<LlamaVocabulary>(parts.model.get());
  parts.grammars = std::make_unique<AnswerGrammars>(*parts.vocabulary);
  TRY(parts.chat_format, open_chat_format(parts.model.get()));
  TRY(auto engine, make_llama_engine(parts.model.get(), *parts.vocabulary, runtime.cores, plan));
  SchedulerOptions scheduler = options.scheduler;
  scheduler.slots_max = options.slots_max;
  parts.scheduler = make_scheduler(std::move(engine), scheduler, runtime.clock, runtime.metrics);
  parts.embedder = std::make_unique<Embedder>(
      parts.model.get(), plan.context_length, runtime.cores,
      [scheduler = parts.scheduler.get()] { return scheduler->load().active; });
  log_info("model {}: {} {}, context {}, cache {} positions ({} MiB)", options.id,
           parts.facts.architecture, parts.facts.quantization, plan.context_length, plan.cell_count,
           plan.bytes_per_cell * static_cast<std::size_t>(plan.cell_count) >> 20);
  return std::shared_ptr<TextModel>(std::make_shared<LoadedModel>(std::move(parts)));
}

}  // namespace diptych
