#pragma once
// What the head of a request alone decides, before its body is read: route, caller, content type,
// browser origin.

#include <optional>
#include <string>
#include <vector>

#include "api/route.h"
#include "http/auth.h"
#include "http/origin.h"
#include "http/request_reader.h"
#include "http/router.h"

namespace diptych {

struct Entry {
  Call call;                           // body still empty
  const Route* route = nullptr;        // nullptr: no route has this path and method
  std::optional<Answer> answer;        // set: refused (or a preflight), the body is not wanted
  bool caller_unknown = false;         // Authenticator::look_up must tell who is asking
  std::vector<Header> answer_headers;  // for whatever the answer will be
};

class FrontDoor {  // I/O thread only
 public:
  FrontDoor(Router router, OriginPolicy origins, Authenticator& authenticator);
  Entry admit(RequestHead& head, std::string request_id, Monotonic received);

 private:
  Status decide(const RequestHead& head, Entry& entry);

  Router router_;
  OriginPolicy origins_;
  Authenticator& authenticator_;
};

}  // namespace diptych
