#pragma once
// Our own answer reader: <think>…</think> is reasoning, <tool_call>{"name": …, "arguments":
// …}</tool_call> is a call, everything else is content. Linear in the answer's length; what it
// returns in total does not depend on how the text was cut into pieces.

#include <memory>
#include <string>
#include <vector>

#include "text/chat/chat_format.h"

namespace diptych {

struct TaggedReaderRules {
  std::string reasoning_start = "<think>", reasoning_end = "</think>";
  bool starts_in_reasoning = false;  // the prompt ends with reasoning_start
  std::vector<std::string>
      tool_names;  // empty: no calls are looked for; a call to another name stays content
  bool parallel_calls = true;  // false: the answer ends with the first call
};

std::unique_ptr<AnswerReader> make_tagged_reader(TaggedReaderRules rules);

}  // namespace diptych
