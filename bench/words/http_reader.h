#pragma once
// Reads HTTP/1.1 answers and server-sent events from bytes as they arrive. One per answer; no I/O.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace diptych::bench {

class HttpReader {
 public:
  // Takes bytes of one answer; what the body gained is appended to `body`. Bytes after the answer's
  // end are an error.
  Status feed(std::string_view bytes, std::string& body);
  void end_of_input();  // the peer closed: completes a body that has no length

  bool head_complete() const { return state_ != State::kHead; }
  bool complete() const { return state_ == State::kComplete; }
  int status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  std::string_view header(std::string_view lower_case_name) const;  // "" when missing

 private:
  enum class State {
    kHead,
    kLength,
    kUntilClose,
    kChunkSize,
    kChunkBody,
    kChunkEnd,
    kTrailer,
    kComplete
  };

  Status parse_head(std::string_view head);
  Status step(std::string& body, bool& progress);
  Status read_head();
  Status read_chunk_size();
  void read_body(std::string& body);
  bool take_line(std::string& line);

  State state_ = State::kHead;
  std::string pending_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::size_t remaining_ = 0;
  int status_ = 0;
  bool keep_alive_ = true;
};

class EventReader {  // splits text/event-stream into the data of its events
 public:
  void feed(std::string_view bytes, const std::function<void(std::string_view data)>& on_event);

 private:
  std::string pending_;
  std::string data_;
};

}  // namespace diptych::bench
