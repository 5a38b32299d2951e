#pragma once
// One submitted request, from submit() until its last choice has ended.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "text/generation.h"
#include "text/scheduler/channel.h"

namespace diptych {

struct Ticket {
  // Where its queue place is accounted. Guarded by the Inbox's mutex.
  enum class Place : std::uint8_t { kArrived, kQueued, kAdmitted, kGone };

  Ticket(GenerationRequest given, Monotonic now)
      : request(std::move(given)),
        channel(request.choice_count),
        submitted(now),
        enough(static_cast<std::size_t>(request.choice_count)) {}

  int prompt_count() const { return static_cast<int>(request.prompt.size()); }
  // Fair share is measured in tokens, worst case.
  std::int64_t cost() const {
    return prompt_count() + std::int64_t{request.choice_count} * request.token_count_max;
  }

  GenerationRequest request;  // const after submit()
  Channel channel;
  Monotonic submitted;
  std::uint64_t number = 0;               // order of arrival
  std::atomic<bool> cancelled = false;    // its reader has gone
  std::vector<std::atomic<bool>> enough;  // by choice: its reader wants no more of it
  Place place = Place::kArrived;
  bool in_step = false;  // guarded by the Inbox's mutex

  // The scheduler thread's own.
  Monotonic admitted{};
  std::optional<Monotonic> first_token;
  Monotonic rank_since{};  // when it entered its present priority (aging)
  GenerationUsage usage;
  int open_choices = 0;
  std::vector<TokenLogprob> prompt_logprobs;
  bool ended = false;
};
using TicketPtr = std::shared_ptr<Ticket>;

}  // namespace diptych
