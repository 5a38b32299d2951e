#include "app/chat_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/fake_text.h"

namespace diptych {
namespace {

using ::testing::ElementsAre;
using testing::FakeTextModel;
using ::testing::HasSubstr;
using testing::say;

class ChatSessionTest : public ::testing::Test {
 protected:
  TurnHooks hooks() {
    return {.show = [this](std::string_view text) { shown_ += text; },
            .notice = [this](std::string_view text) { notices_.emplace_back(text); },
            .wait = [this](int) { return !interrupt_; }};
  }
  std::vector<std::string> contents(const ChatSession& session) const {
    std::vector<std::string> found;
    for (const ChatMessage& message : session.messages())
      found.push_back(message.role + ": " + message.content);
    return found;
  }

  FakeTextModel model_{"fake"};
  std::string shown_;
  std::vector<std::string> notices_;
  bool interrupt_ = false;
};

TEST_F(ChatSessionTest, StreamsAnswersAndKeepsTheConversation) {
  ChatSession session(model_, {.system = "Be brief.", .answer_tokens_max = 32});
  model_.fake_scheduler.next_says(say({"Hel", "lo"}));
  ASSERT_TRUE(session.say("Hi", hooks()));
  EXPECT_EQ(shown_, "Hello");
  model_.fake_scheduler.next_says(say({"Bye"}, FinishReason::kLength));
  const auto end = session.say("Bye", hooks());
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, FinishReason::kLength);
  EXPECT_THAT(contents(session), ElementsAre("system: Be brief.", "user: Hi", "assistant: Hello",
                                             "user: Bye", "assistant: Bye"));
  EXPECT_EQ(model_.fake_scheduler.requests[1].token_count_max, 32);
  session.reset();
  EXPECT_THAT(contents(session), ElementsAre("system: Be brief."));
}

TEST_F(ChatSessionTest, AnInterruptedAnswerIsCancelledAndKept) {
  ChatSession session(model_, {});
  const auto script = model_.fake_scheduler.next_says({{.choice = 0, .text = "Once upon"}});
  script->open_ended = true;
  interrupt_ = true;
  const auto end = session.say("Tell", hooks());
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->interrupted);
  EXPECT_TRUE(script->destroyed);
  EXPECT_THAT(contents(session), ElementsAre("user: Tell", "assistant: Once upon"));
}

TEST_F(ChatSessionTest, WaitsForTheSchedulerToWakeIt) {
  ChatSession session(model_, {});
  const auto script = model_.fake_scheduler.next_says(say({"late"}));
  script->waits = true;
  TurnHooks waking = hooks();
  int waits = 0;
  waking.wait = [&](int) {
    ++waits;
    script->waits = false;
    script->wake();
    return true;
  };
  ASSERT_TRUE(session.say("Hi", waking));
  EXPECT_EQ(waits, 1);
  EXPECT_EQ(shown_, "late");
}

TEST_F(ChatSessionTest, ForgetsTheOldestTurnWhenTheContextIsFull) {
  model_.context = 200;
  ChatSession session(model_, {.system = "S", .answer_tokens_max = 100});
  for (const int turn : {1, 2, 3}) {
    model_.fake_scheduler.next_says(say({std::string(50, 'a')}));
    ASSERT_TRUE(session.say(std::to_string(turn) + std::string(40, 'q'), hooks()));
  }
  EXPECT_FALSE(notices_.empty());
  EXPECT_EQ(session.messages().front().content, "S");
  EXPECT_LT(session.messages().size(), 7U);
  const auto too_long = session.say(std::string(300, 'x'), hooks());
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ChatSessionTest, AnErrorTakesTheMessageBack) {
  ChatSession session(model_, {});
  model_.fake_scheduler.refusal = Error{.code = ErrorCode::kOverloaded, .message = "full"};
  EXPECT_EQ(session.say("Hi", hooks()).error().message, "full");
  EXPECT_TRUE(session.messages().empty());
}

}  // namespace
}  // namespace diptych
