#pragma once
// Who answers in a conversation: a model in this process, or a server.

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "text/generation.h"

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
};

class ChatPartner {  // one thread
 public:
  virtual ~ChatPartner() = default;
  virtual std::string_view model_id() const = 0;
  // The answer to one more message. What was said of an interrupted answer stays in the
  // conversation; after an error the message is taken back.
  virtual Result<TurnEnd> say(std::string message, const TurnHooks& hooks) = 0;
  virtual void reset() = 0;  // back to the system message
};

}  // namespace diptych
