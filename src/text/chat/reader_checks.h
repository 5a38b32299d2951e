#pragma once
// Test support: reads an answer whole and in pieces, and collects what came.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "text/chat/chat_format.h"

namespace diptych {

struct ReadAnswer {
  struct Call {
    std::string name, arguments;
    friend bool operator==(const Call&, const Call&) = default;
  };
  std::string content, reasoning;
  std::vector<Call> calls;
  friend bool operator==(const ReadAnswer&, const ReadAnswer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const ReadAnswer& answer) {
    out << "content '" << answer.content << "' reasoning '" << answer.reasoning << "'";
    for (const Call& call : answer.calls)
      out << " call " << call.name << "(" << call.arguments << ")";
    return out;
  }
};

inline void collect(const AnswerDelta& delta, ReadAnswer& answer) {
  answer.content += delta.content;
  answer.reasoning += delta.reasoning;
  for (const AnswerDelta::Call& call : delta.calls) {
    const auto index = static_cast<std::size_t>(call.index);
    ASSERT_LE(index, answer.calls.size());
    if (index == answer.calls.size()) {
      EXPECT_TRUE(call.id.starts_with("call_")) << call.id;
      EXPECT_FALSE(call.name.empty());
      answer.calls.push_back({call.name, {}});
    } else {
      EXPECT_TRUE(call.id.empty() && call.name.empty()) << "only a call's first delta names it";
    }
    answer.calls[index].arguments += call.arguments;
  }
}

// Feeds `text` in pieces of `piece` bytes.
inline ReadAnswer read_in_pieces(std::unique_ptr<AnswerReader> reader, std::string_view text,
                                 std::size_t piece) {
  ReadAnswer answer;
  for (std::size_t at = 0; at < text.size(); at += piece)
    collect(reader->feed(text.substr(at, piece)), answer);
  collect(reader->finish(), answer);
  EXPECT_EQ(reader->has_calls(), !answer.calls.empty());
  return answer;
}

// The answer, after checking that it does not depend on how the text was cut.
inline ReadAnswer read_every_way(const std::function<std::unique_ptr<AnswerReader>()>& make,
                                 std::string_view text) {
  const ReadAnswer whole = read_in_pieces(make(), text, text.size() + 1);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 16U})
    EXPECT_EQ(read_in_pieces(make(), text, piece), whole)
        << "in pieces of " << piece << ": " << text;
  return whole;
}

}  // namespace diptych
