#pragma once
// One accepted chat request while it is answered: what a whole answer and a stream have in common.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/call.h"
#include "api/openai/answer_head.h"
#include "api/openai/chat_fields.h"
#include "api/openai/choice_reader.h"
#include "api/openai/generation_set.h"
#include "api/openai/store_write.h"
#include "api/services.h"
#include "jobs/stores.h"

namespace diptych::openai {

struct ChatNews {
  int choice = 0;
  ChoicePiece piece;
};

class ChatRun {  // one thread; destroying it cancels the work
 public:
  // Everything up to the queue: model, prompt, limits, sampling. An error is the client's or the
  // queue's.
  static Result<std::unique_ptr<ChatRun>> start(ChatBody body, const Call& call,
                                                Services& services);

  void on_ready(std::function<void()> wake);
  Result<std::optional<ChatNews>> next();  // news of one choice; nullopt: nothing now, or done()
  bool done() const;                       // all choices are finished

  TokenCounts counts() const;
  GenerationTimes times() const { return streams_.times(); }
  std::string answer_json() const;  // the chat.completion object

  // For store: true, once done(). true: kept, or it could not be (then warnings say so); false:
  // wait for on_ready.
  bool kept();

  const AnswerHead& head() const { return head_; }
  const ChatBody& body() const { return body_; }
  const Warnings& warnings() const { return body_.warnings; }
  const TextModel& model() const { return *model_; }
  const ChoiceReader& choice(int index) const {
    return choices_[static_cast<std::size_t>(index)].reader;
  }
  std::string_view call_word() const {
    return body_.tools.legacy() ? "function_call" : "tool_calls";
  }

 private:
  struct Choice {
    ChoiceReader reader;
    std::string logprob_items;  // JSON, comma-separated
  };

  ChatRun(ChatBody body, const Call& call, Services& services, std::shared_ptr<TextModel> model);
  Status submit(const Call& call);
  CompletionRow stored_row() const;

  Services& services_;
  std::shared_ptr<TextModel> model_;  // before the streams: they end first
  ChatBody body_;
  AnswerHead head_;
  std::string owner_;
  std::string messages_json_;  // for store: true
  GenerationSet streams_;
  std::vector<Choice> choices_;
  std::function<void()> wake_;
  std::unique_ptr<StoreWrite> write_;
};

}  // namespace diptych::openai
