#pragma once
// One accepted request of POST /v1/completions while it is answered: k prompts × n choices, index =
// prompt × n + choice.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/call.h"
#include "api/openai/answer_head.h"
#include "api/openai/completion_fields.h"
#include "api/openai/generation_set.h"
#include "api/openai/text_logprobs.h"
#include "api/services.h"

namespace diptych::openai {

struct TextNews {
  int index = 0;
  std::string text;
  std::string logprobs;  // JSON object, "" when not asked for
  std::optional<FinishReason> finish;
};

class CompletionRun {  // one thread; destroying it cancels the work
 public:
  static Result<std::unique_ptr<CompletionRun>> start(CompletionBody body, const Call& call,
                                                      Services& services);

  void on_ready(const std::function<void()>& wake) { streams_.on_ready(wake); }
  Result<std::optional<TextNews>>
  next();             // for streams: pieces as they come; nullopt: nothing now, or done()
  Status read_all();  // for whole answers: keeps everything that has come
  bool done() const { return streams_.done(); }

  std::string answer_json();  // the text_completion object, after done()
  TokenCounts counts() const;
  GenerationTimes times() const { return streams_.times(); }
  const AnswerHead& head() const { return head_; }
  const CompletionBody& body() const { return body_; }
  int choice_count() const { return static_cast<int>(body_.prompts.size()) * body_.choice_count; }

 private:
  struct Choice {
    explicit Choice(const Vocabulary& vocabulary) : logprobs(vocabulary) {}
    TextLogprobs logprobs;
    std::string text;
    bool opened = false;  // the echo was sent
    std::optional<FinishReason> finish;
    double own_sum = 0;
    int own_count = 0;
  };

  CompletionRun(CompletionBody body, Services& services, std::shared_ptr<TextModel> model);
  Status submit_prompt(std::size_t index, const Call& call, const Services& services);
  Result<std::optional<int>> read_one(std::string& text);  // index of the choice that got news
  void open(Choice& choice, std::size_t prompt, std::string& text);
  std::vector<std::size_t> best_choices(std::size_t prompt) const;

  std::shared_ptr<TextModel> model_;  // before the streams: they end first
  CompletionBody body_;
  AnswerHead head_;
  GenerationSet streams_;
  std::vector<std::string> prompt_texts_;
  std::vector<std::vector<TokenLogprob>> prompt_tokens_;  // with echo and logprobs, once they came
  std::vector<Choice> choices_;                           // generated_count() a prompt
};

}  // namespace diptych::openai
