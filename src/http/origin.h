#pragma once
// Browsers: which web pages may talk to this server (CORS), and refusal of the others.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "base/error.h"
#include "http/request_reader.h"

namespace diptych {

class OriginPolicy {  // const after construction
 public:
  // allowed: "" none, "*" every page, or a comma-separated list such as "https://studio.example,
  // http://localhost:5173". On an open server (no key needed) a page that is not allowed is refused
  // outright: closed CORS alone would keep it from reading an answer, not from starting work on the
  // user's machine.
  OriginPolicy(std::string_view allowed, bool open_server);

  Status check(const RequestHead& head) const;       // kForbidden
  bool is_preflight(const RequestHead& head) const;  // of an allowed page
  std::vector<Header> preflight_headers(const RequestHead& head, std::string_view methods) const;
  std::vector<Header> answer_headers(std::string_view origin) const;  // for every answer

 private:
  bool allows(std::string_view origin) const;

  std::vector<std::string> allowed_;
  bool any_ = false;
  bool open_server_;
};

}  // namespace diptych
