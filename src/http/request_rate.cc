#include "http/request_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diptych {

namespace {
constexpr std::size_t kBucketsMax =
    4096;  // a key beyond them starts full again: only ever in the caller's favour
constexpr double kMinuteMs = 60'000;
}  // namespace

RequestRate::RequestRate(const Clock& clock, int requests_per_minute)
    : clock_(clock), limit_(requests_per_minute) {}

RequestRate::Bucket& RequestRate::bucket(const std::string& key_id) {
  if (const auto found = by_key_.find(key_id); found != by_key_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    return buckets_.front();
  }
  if (buckets_.size() == kBucketsMax) {
    by_key_.erase(buckets_.back().key_id);
    buckets_.pop_back();
  }
  buckets_.push_front({key_id, static_cast<double>(limit_), clock_.now()});
  by_key_.emplace(buckets_.front().key_id, buckets_.begin());
  return buckets_.front();
}

RequestRate::Verdict RequestRate::take(const std::string& key_id) {
  if (limit_ <= 0) return {};
  Bucket& own = bucket(key_id);
  const Monotonic now = clock_.now();
  const double waited_ms = std::chrono::duration<double, std::milli>(now - own.filled).count();
  own.left = std::min<double>(limit_, own.left + waited_ms * limit_ / kMinuteMs);
  own.filled = now;

  Verdict verdict;
  verdict.allowed = own.left >= 1;
  if (verdict.allowed) {
    own.left -= 1;
  } else {
    verdict.retry_after_ms = static_cast<int>(std::ceil((1 - own.left) * kMinuteMs / limit_));
  }
  const auto full_in =
      std::chrono::milliseconds(std::llround((limit_ - own.left) * kMinuteMs / limit_));
  verdict.headers = {
      {"x-ratelimit-limit-requests", std::to_string(limit_)},
      {"x-ratelimit-remaining-requests", std::to_string(static_cast<int>(own.left))},
      {"x-ratelimit-reset-requests", format_reset(full_in)},
  };
  return verdict;
}

std::string format_reset(Duration left) {
  using std::chrono::milliseconds;
  const auto ms = std::chrono::ceil<milliseconds>(left).count();
  if (ms < 1000) return fmt::format("{}ms", ms);
  const auto seconds = (ms + 999) / 1000;
  return seconds < 60 ? fmt::format("{}s", seconds)
                      : fmt::format("{}m{}s", seconds / 60, seconds % 60);
}

}  // namespace diptych
