#include "http/access_log.h"

#include <gmock/gmock.h>

#include <chrono>

namespace diptych {
namespace {

using std::chrono::microseconds;
using testing::HasSubstr;

TEST(AccessLog, OneLineSaysWhoWhatAndHowItEnded) {
  RequestNote note;
  note.method = "POST";
  note.path = "/v1/chat/completions";
  note.request_id = "req_1";
  note.status = 200;
  note.sent_bytes = 1234;
  EXPECT_EQ(request_line(note, microseconds(56'700)),
            "POST /v1/chat/completions 200 1234B 56.7ms req_1");
  note.key_id = "key_a";
  note.client_request_id = "mine";
  note.status = 499;
  note.left_while = WaitPhase::kStreaming;
  EXPECT_EQ(request_line(note, microseconds(100)),
            "POST /v1/chat/completions 499 1234B 0.1ms req_1 key=key_a client=mine left=streaming");
}

TEST(AccessLog, CutsLongPaths) {
  RequestNote note;
  note.path = std::string(10'000, 'p');
  EXPECT_LT(request_line(note, {}).size(), 400U);
}

TEST(AccessLog, TakesAClientsIdOnlyIfItFitsALine) {
  EXPECT_EQ(loggable_id("a-b_c.1"), "a-b_c.1");
  EXPECT_EQ(loggable_id("two words"), "");
  EXPECT_EQ(loggable_id("tab\there"), "");
  EXPECT_EQ(loggable_id(std::string(129, 'x')), "");
}

}  // namespace
}  // namespace diptych
