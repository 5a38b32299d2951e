#pragma once
// One request and what came back, with times. Bytes in, record out; no I/O.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "words/http_reader.h"
#include "words/plan.h"

namespace diptych::bench {

struct Record {  // times in ms since the plan's start; -1: never happened
  std::string name;
  double start_ms = -1;  // connecting, or writing on a kept connection
  double sent_ms = -1;
  double head_ms = -1;
  double end_ms = -1;
  std::vector<double> token_ms;  // arrival of each event that carried text
  int status = 0;
  std::string outcome;  // complete | closed (by us, as planned) | error | unfinished
  std::string error;    // why, or the first bytes of an answer other than 200
  std::string retry_after;
  Json usage, timings, x_diptych;  // as the server gave them, null when it did not
};

Json to_json(const Record& record);

class Exchange {
 public:
  Exchange(const PlannedRequest& request, std::size_t request_index, double start_ms);

  Status receive(std::string_view bytes,
                 double now_ms);  // new pieces of text are appended to record().token_ms
  void end_of_input() { reader_.end_of_input(); }
  void conclude(std::string_view outcome, double now_ms);  // keeps what the answer said

  const PlannedRequest& request() const { return *request_; }
  std::size_t request_index() const { return request_index_; }
  const HttpReader& reader() const { return reader_; }
  Record& record() { return record_; }

 private:
  void on_event(std::string_view data, double now_ms);
  void keep_facts(const Json& answer);

  const PlannedRequest* request_;
  std::size_t request_index_;
  HttpReader reader_;
  EventReader events_;
  bool is_stream_ = false;
  std::string body_;
  Record record_;
};

}  // namespace diptych::bench
