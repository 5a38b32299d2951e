#pragma once
// One conversation with a loaded model: keeps the turns, makes them fit, streams the answer.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/chat/message.h"
#include "text/generation.h"
#include "text/model.h"

namespace diptych {

struct ChatSettings {
  std::string system;
  SamplingOptions sampling;
  int answer_tokens_max = 1024;
};

struct TurnHooks {
  std::function<void(std::string_view)> show;    // the next piece of the answer
  std::function<void(std::string_view)> notice;  // a remark to the person, not part of the answer
  // Returns when the file is readable (true), or when the person wants the answer to stop (false).
  std::function<bool(int wake_file)> wait;
};

struct TurnEnd {
  bool interrupted = false;
  FinishReason reason = FinishReason::kStop;
  GenerationUsage usage;
  GenerationTimes times;
};

class ChatSession {  // one thread
 public:
  ChatSession(TextModel& model, ChatSettings settings);
  // The answer to one more message. What was said of an interrupted answer stays in the
  // conversation; after an error the message is taken back.
  Result<TurnEnd> say(std::string message, const TurnHooks& hooks);
  void reset();  // back to the system message
  const std::vector<ChatMessage>& messages() const { return messages_; }

 private:
  Result<GenerationRequest> make_request(const TurnHooks& hooks, ChatPrompt& prompt);
  Result<TurnEnd> generate(GenerationRequest request, const ChatPrompt& prompt,
                           const TurnHooks& hooks, std::string& answer);
  bool forget_oldest_turn();

  TextModel& model_;
  const ChatSettings settings_;
  std::vector<ChatMessage> messages_;
};

}  // namespace diptych
