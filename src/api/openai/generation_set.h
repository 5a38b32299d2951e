#pragma once
// The streams of one request, read as one: a prompt each, numbered choice = prompt index × choices
// per prompt + choice.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "api/openai/usage.h"
#include "text/stream.h"

namespace diptych::openai {

class GenerationSet {  // one thread at a time; destroying it cancels everything
 public:
  explicit GenerationSet(int choices_per_prompt) : choices_per_prompt_(choices_per_prompt) {}
  void add(std::unique_ptr<Stream> stream) { streams_.push_back(std::move(stream)); }

  void on_ready(const std::function<void()>& wake);
  Result<std::optional<Delta>> poll();  // takes turns between the streams; an error of one ends all
  void end_choice(int choice);          // see Stream
  bool done() const;
  TokenCounts counts() const;     // reasoning is not known here
  GenerationTimes times() const;  // the longest of each

 private:
  int choices_per_prompt_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::size_t next_ = 0;
};

}  // namespace diptych::openai
