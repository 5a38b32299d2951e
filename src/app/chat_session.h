#pragma once
// One conversation with a loaded model: keeps the turns, makes them fit, streams the answer.

#include <string>
#include <string_view>
#include <vector>

#include "app/chat_partner.h"
#include "base/error.h"
#include "text/chat/message.h"
#include "text/generation.h"
#include "text/model.h"

namespace diptych {

class ChatSession final : public ChatPartner {
 public:
  ChatSession(TextModel& model, ChatSettings settings);
  std::string_view model_id() const override { return model_.id(); }
  Result<TurnEnd> say(std::string message, const TurnHooks& hooks) override;
  void reset() override;
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
