#include "words/http_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace diptych::bench {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

template <class T>
bool parse_number(std::string_view text, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end != text.data();
}

}  // namespace

std::string_view HttpReader::header(std::string_view name) const {
  for (const auto& [key, value] : headers_) {
    if (key == name) return value;
  }
  return {};
}

Status HttpReader::feed(std::string_view bytes, std::string& body) {
  pending_.append(bytes);
  bool progress = true;
  while (progress && state_ != State::kComplete) {
    progress = false;
    TRY_STATUS(step(body, progress));
  }
  if (state_ == State::kComplete && !pending_.empty())
    return fail(ErrorCode::kIo, "bytes after the end of the answer");
  return {};
}

void HttpReader::end_of_input() {
  keep_alive_ = false;
  if (state_ == State::kUntilClose) state_ = State::kComplete;
}

Status HttpReader::step(std::string& body, bool& progress) {
  const State before = state_;
  const std::size_t pending_before = pending_.size();
  std::string line;
  switch (state_) {
    case State::kHead:
      TRY_STATUS(read_head());
      break;
    case State::kChunkSize:
      TRY_STATUS(read_chunk_size());
      break;
    case State::kLength:
    case State::kUntilClose:
    case State::kChunkBody:
      read_body(body);
      break;
    case State::kChunkEnd:
      if (take_line(line)) state_ = State::kChunkSize;
      break;
    case State::kTrailer:
      if (take_line(line) && line.empty()) state_ = State::kComplete;
      break;
    case State::kComplete:
      break;
  }
  progress = state_ != before || pending_.size() != pending_before;
  return {};
}

Status HttpReader::read_head() {
  const std::size_t end = pending_.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  const std::string head = pending_.substr(0, end + 2);
  pending_.erase(0, end + 4);
  return parse_head(head);
}

Status HttpReader::parse_head(std::string_view head) {
  if (!head.starts_with("HTTP/1.") || head.size() < 12 ||
      !parse_number(head.substr(9, 3), status_)) {
    return fail(ErrorCode::kIo, "not an HTTP/1 answer");
  }
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string_view line = head.substr(at, end - at);
    if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      headers_.emplace_back(lower(line.substr(0, colon)),
                            std::string(trimmed(line.substr(colon + 1))));
    }
    at = end + 2;
  }
  keep_alive_ = lower(header("connection")) != "close";
  if (lower(header("transfer-encoding")) == "chunked") {
    state_ = State::kChunkSize;
  } else if (const auto length = header("content-length"); !length.empty()) {
    if (!parse_number(length, remaining_)) return fail(ErrorCode::kIo, "bad content-length");
    state_ = remaining_ == 0 ? State::kComplete : State::kLength;
  } else {
    state_ = status_ == 204 || status_ == 304 ? State::kComplete : State::kUntilClose;
  }
  return {};
}

Status HttpReader::read_chunk_size() {
  std::string line;
  if (!take_line(line)) return {};
  if (!parse_number(line, remaining_, 16)) return fail(ErrorCode::kIo, "bad chunk size: " + line);
  state_ = remaining_ == 0 ? State::kTrailer : State::kChunkBody;
  return {};
}

void HttpReader::read_body(std::string& body) {
  const std::size_t count =
      state_ == State::kUntilClose ? pending_.size() : std::min(remaining_, pending_.size());
  body.append(pending_, 0, count);
  pending_.erase(0, count);
  if (state_ == State::kUntilClose) return;
  remaining_ -= count;
  if (remaining_ == 0) state_ = state_ == State::kLength ? State::kComplete : State::kChunkEnd;
}

bool HttpReader::take_line(std::string& line) {
  const std::size_t end = pending_.find("\r\n");
  if (end == std::string::npos) return false;
  line = pending_.substr(0, end);
  pending_.erase(0, end + 2);
  return true;
}

void EventReader::feed(std::string_view bytes,
                       const std::function<void(std::string_view data)>& on_event) {
  pending_.append(bytes);
  std::size_t at = 0;
  for (std::size_t end = pending_.find('\n', at); end != std::string::npos;
       end = pending_.find('\n', at)) {
    std::string_view line = std::string_view(pending_).substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (line.starts_with("data:")) {
      if (!data_.empty()) data_ += '\n';
      data_ += trimmed(line.substr(5));
    } else if (line.empty() && !data_.empty()) {
      on_event(data_);
      data_.clear();
    }
  }
  pending_.erase(0, at);
}

}  // namespace diptych::bench
