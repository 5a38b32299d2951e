#pragma once
// What sdapi keeps between requests: each caller's options, the names that clients gave their
// tasks, and what was interrupted or skipped.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mutex.h"
#include "image/prompt/styles.h"

namespace diptych::sdapi {

enum class Mark : std::uint8_t { kInterrupted, kSkipped };

class Desk {  // safe from any thread
 public:
  // Options survive a restart in `folder`/sdapi_options.json, and styles are read from
  // `folder`/styles.csv; without a folder there are none of either.
  static Result<std::unique_ptr<Desk>> open(Path folder, std::int64_t now_ms);

  std::int64_t opened_ms() const { return opened_ms_; }

  // What the owner has set, by name: an object.
  Json options_of(std::string_view owner) const;
  // All or none; kIo leaves the options as they were.
  Status set_options(std::string_view owner, const Json& changes);

  std::vector<PromptStyle> styles() const;
  Status read_styles();

  // A client's own name for a job; the latest job of that name. The oldest names are forgotten.
  void name_task(std::string_view owner, std::string_view task, std::string_view job);
  std::string job_of(std::string_view owner, std::string_view task) const;  // "": unknown
  std::string task_of(std::string_view job) const;                          // "": none

  void mark(std::string_view job, Mark mark);
  bool is_marked(std::string_view job, Mark mark) const;

 private:
  Desk(Path folder, std::int64_t now_ms) : folder_(std::move(folder)), opened_ms_(now_ms) {}
  Status read_options();

  struct Task {
    std::string owner, name, job;
  };

  const Path folder_;
  const std::int64_t opened_ms_;
  mutable Mutex mutex_;
  std::map<std::string, Json, std::less<>> options_ GUARDED_BY(mutex_);  // by owner
  std::vector<PromptStyle> styles_ GUARDED_BY(mutex_);
  std::deque<Task> tasks_ GUARDED_BY(mutex_);                          // oldest first
  std::deque<std::pair<std::string, Mark>> marks_ GUARDED_BY(mutex_);  // oldest first
};

}  // namespace diptych::sdapi
