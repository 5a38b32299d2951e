#include "text/chat/tagged_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/rng.h"
#include "text/chat/call_reader.h"

namespace diptych {
namespace {

constexpr std::string_view kCallStart = "<tool_call>";
constexpr std::string_view kCallEnd = "</tool_call>";
constexpr std::string_view kSpaces = " \n\r\t";

// Length of the longest suffix of `text` that is a proper prefix of `tag`: it may still become the
// tag.
std::size_t held_suffix(std::string_view text, std::string_view tag) {
  for (std::size_t n = std::min(text.size(), tag.size() - 1); n > 0; --n)
    if (text.ends_with(tag.substr(0, n))) return n;
  return 0;
}

class TaggedReader final : public AnswerReader {
 public:
  explicit TaggedReader(TaggedReaderRules rules)
      : rules_(std::move(rules)),
        state_(rules_.starts_in_reasoning ? State::kReasoning : State::kStart) {}

  AnswerDelta feed(std::string_view text) override {
    buffer_ += text;
    AnswerDelta delta;
    while (step(delta)) {
    }
    return delta;
  }

  AnswerDelta finish() override {
    ending_ = true;
    AnswerDelta delta;
    while (step(delta)) {
    }
    return delta;
  }

  bool has_calls() const override { return call_count_ > 0; }
  bool complete() const override {
    return !rules_.parallel_calls && call_count_ > 0 && state_ != State::kArguments;
  }

 private:
  enum class State {
    kStart,  // nothing but spaces yet: reasoning may begin
    kReasoning,
    kAfterTag,  // spaces behind </think> or </tool_call> are not content
    kContent,
    kCallHead,   // behind <tool_call>: not yet known to be a call
    kArguments,  // announced: the arguments stream
    kCallTail,   // behind the arguments: } and </tool_call>
  };

  // Consumes from buffer_ what is decided. False: nothing more can be decided (until more text
  // comes).
  bool step(AnswerDelta& delta) {
    if (complete()) return false;
    switch (state_) {
      case State::kStart:
        return step_start();
      case State::kReasoning:
        return step_reasoning(delta);
      case State::kAfterTag:
        return step_after_tag();
      case State::kContent:
        return step_content(delta);
      case State::kCallHead:
        return step_call_head(delta);
      case State::kArguments:
        return step_arguments(delta);
      case State::kCallTail:
        return step_call_tail();
    }
    return false;
  }

  bool go(State next) {
    state_ = next;
    return true;
  }

  bool looks_for_calls() const { return !rules_.tool_names.empty(); }

  bool step_start() {
    const std::string_view text = buffer_;
    const std::size_t first = text.find_first_not_of(kSpaces);
    const std::string_view rest = first == text.npos ? std::string_view() : text.substr(first);
    if (rest.starts_with(rules_.reasoning_start)) {
      buffer_.erase(0, first + rules_.reasoning_start.size());
      return go(State::kReasoning);
    }
    if (!ending_ && std::string_view(rules_.reasoning_start).starts_with(rest)) return false;
    return go(State::kContent);
  }

  bool step_reasoning(AnswerDelta& delta) {
    if (!reasoning_began_) {  // the line break behind the tag is not reasoning
      buffer_.erase(0, std::min(buffer_.find_first_not_of(kSpaces), buffer_.size()));
      if (buffer_.empty()) return false;
      reasoning_began_ = true;
    }
    const std::size_t end = buffer_.find(rules_.reasoning_end);
    const bool found = end != std::string::npos;
    std::size_t take = found     ? end
                       : ending_ ? buffer_.size()
                                 : buffer_.size() - held_suffix(buffer_, rules_.reasoning_end);
    const std::size_t kept = buffer_.find_last_not_of(kSpaces, take == 0 ? 0 : take - 1);
    const std::size_t text_end = take == 0 || kept == std::string::npos ? 0 : kept + 1;
    delta.reasoning.append(buffer_, 0, text_end);
    if (found) {
      buffer_.erase(0, end + rules_.reasoning_end.size());
      return go(State::kAfterTag);
    }
    buffer_.erase(0, ending_ ? buffer_.size() : text_end);  // trailing spaces wait for what follows
    return false;
  }

  bool step_after_tag() {
    buffer_.erase(0, std::min(buffer_.find_first_not_of(kSpaces), buffer_.size()));
    return !buffer_.empty() && go(State::kContent);
  }

  bool step_content(AnswerDelta& delta) {
    const std::size_t tag =
        looks_for_calls() ? buffer_.find(kCallStart, tag_search_from_) : std::string::npos;
    if (tag != std::string::npos) {
      const std::size_t last =
          tag == 0 ? std::string::npos : buffer_.find_last_not_of(kSpaces, tag - 1);
      const std::size_t text_end = last == std::string::npos ? 0 : last + 1;
      delta.content.append(buffer_, 0, text_end);
      spaces_before_call_ = buffer_.substr(text_end, tag - text_end);
      buffer_.erase(0, tag + kCallStart.size());
      tag_search_from_ = 0;
      return go(State::kCallHead);
    }
    std::size_t take = buffer_.size();
    if (!ending_ && looks_for_calls()) {
      take -= held_suffix(buffer_, kCallStart);
      // Spaces in front of a call are not content; until it is clear, they wait.
      while (take > tag_search_from_ && kSpaces.find(buffer_[take - 1]) != kSpaces.npos) --take;
    }
    delta.content.append(buffer_, 0, take);
    buffer_.erase(0, take);
    tag_search_from_ = tag_search_from_ > take ? tag_search_from_ - take : 0;
    return false;
  }

  bool step_call_head(AnswerDelta& delta) {
    const std::size_t first = buffer_.find_first_not_of(kSpaces);
    if (first == std::string::npos) return ending_ && reject_call();
    if (buffer_[first] != '{') return reject_call();
    CallHead head;
    const HeadMatch match = match_call_head(buffer_, &head);
    if (match == HeadMatch::kMatch) {
      if (!is_offered(head.name)) return reject_call();
      announce(delta, head.name);
      buffer_.erase(0, head.arguments_at);
      arguments_ = JsonExtent();
      return go(State::kArguments);
    }
    if (match == HeadMatch::kNeedsMore && !ending_) return false;
    return step_whole_call(delta, first);
  }

  bool step_whole_call(AnswerDelta& delta, std::size_t first) {
    const std::string_view text = std::string_view(buffer_).substr(first);
    JsonExtent extent;
    std::size_t size = 0;
    while (!extent.closed() && size < text.size()) {
      if (text.substr(size).starts_with(kCallEnd)) {
        if (!extent.in_string()) return reject_call();  // closed too early
        size += extent.scan(kCallEnd);
      } else {
        const std::size_t tag = std::min(text.find(kCallEnd, size), text.size());
        size += extent.scan(text.substr(size, tag - size));
      }
    }
    if (!extent.closed()) return ending_ && reject_call();
    WholeCall call;
    if (!parse_whole_call(text.substr(0, size), &call) || !is_offered(call.name))
      return reject_call();
    announce(delta, call.name);
    delta.calls.back().arguments = std::move(call.arguments);
    buffer_.erase(0, first + size);
    tail_brace_seen_ = true;
    return go(State::kCallTail);
  }

  bool step_arguments(AnswerDelta& delta) {
    std::size_t take = buffer_.size();
    const std::size_t tag = buffer_.find(kCallEnd);
    if (tag != std::string::npos)
      take = tag;
    else if (!ending_)
      take -= held_suffix(buffer_, kCallEnd);
    const std::size_t used = arguments_.scan(std::string_view(buffer_).substr(0, take));
    append_arguments(delta, buffer_.substr(0, used));
    buffer_.erase(0, used);
    if (arguments_.closed()) {
      tail_brace_seen_ = false;
      return go(State::kCallTail);
    }
    if (tag == std::string::npos) return false;
    if (arguments_.in_string()) {  // "</tool_call>" as a part of an argument's text
      append_arguments(delta, std::string(kCallEnd));
      arguments_.scan(kCallEnd);
      buffer_.erase(0, kCallEnd.size());
      return true;
    }
    tail_brace_seen_ = true;  // the model closed the call without closing its JSON
    return go(State::kCallTail);
  }

  // Expects } (unless seen), then </tool_call>; both may be missing. Anything else is content
  // again.
  bool step_call_tail() {
    buffer_.erase(0, std::min(buffer_.find_first_not_of(kSpaces), buffer_.size()));
    if (buffer_.empty()) return false;
    if (!tail_brace_seen_ && buffer_.front() == '}') {
      tail_brace_seen_ = true;
      buffer_.erase(0, 1);
      return true;
    }
    if (buffer_.starts_with(kCallEnd)) {
      buffer_.erase(0, kCallEnd.size());
      return go(State::kAfterTag);
    }
    if (!ending_ && kCallEnd.starts_with(buffer_)) return false;
    return go(State::kContent);
  }

  // What looked like a call is not one: its text goes back in front of the content, past the tag.
  bool reject_call() {
    const std::string tag = spaces_before_call_ + std::string(kCallStart);
    buffer_.insert(0, tag);
    tag_search_from_ = tag.size();
    return go(State::kContent);
  }

  bool is_offered(const std::string& name) const {
    return std::ranges::find(rules_.tool_names, name) != rules_.tool_names.end();
  }

  void announce(AnswerDelta& delta, const std::string& name) {
    delta.calls.push_back({.index = call_count_++, .id = random_id("call_"), .name = name});
  }

  void append_arguments(AnswerDelta& delta, std::string text) {
    if (text.empty()) return;
    const int index = call_count_ - 1;
    if (delta.calls.empty() || delta.calls.back().index != index)
      delta.calls.push_back({.index = index});
    delta.calls.back().arguments += text;
  }

  const TaggedReaderRules rules_;
  State state_;
  std::string buffer_;  // read but not yet decided
  std::size_t tag_search_from_ =
      0;  // a rejected <tool_call> at the front of buffer_ is not looked at again
  std::string spaces_before_call_;
  JsonExtent arguments_;
  int call_count_ = 0;
  bool reasoning_began_ = false, tail_brace_seen_ = false, ending_ = false;
};

}  // namespace

std::unique_ptr<AnswerReader> make_tagged_reader(TaggedReaderRules rules) {
  return std::make_unique<TaggedReader>(std::move(rules));
}

}  // namespace diptych
