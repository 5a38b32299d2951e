#pragma once
// Requests per minute and key: a token bucket each, bounded in number. I/O thread only.

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/call.h"
#include "base/clock.h"

namespace diptych {

class RequestRate {
 public:
  RequestRate(const Clock& clock, int requests_per_minute);

  struct Verdict {
    bool allowed = true;
    int retry_after_ms = 0;
    std::vector<Header> headers;  // x-ratelimit-*-requests; none when there is no limit to speak of
  };
  Verdict take(const std::string& key_id);

 private:
  struct Bucket {
    std::string key_id;
    double left;
    Monotonic filled;
  };
  Bucket& bucket(const std::string& key_id);

  const Clock& clock_;
  const int limit_;            // 0: none
  std::list<Bucket> buckets_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_;
};

std::string format_reset(
    Duration left);  // "120ms", "1s", "6m0s": the time until the bucket is full

}  // namespace diptych
