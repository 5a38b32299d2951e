#include "text/scheduler/room.h"

#include <algorithm>

namespace diptych {

void Room::start_step(const Choices& running) {
  running_ = &running;
  granted_.clear();
  taken_ = 0;
}

int Room::grant(Choice& choice, int wanted) {
  if (choice.sequence < 0 && !place(choice)) return 0;
  wanted = std::min(wanted, choice.remaining());
  while (!pool_.make_room(taken_ + wanted)) {
    Choice* victim = victim_for(choice);
    if (victim == nullptr) break;
    set_back(*victim);
  }
  const int granted = std::clamp(pool_.cells().free() - taken_, 0, wanted);
  taken_ += granted;
  if (granted > 0) granted_.push_back(&choice);
  return granted;
}

bool Room::place(Choice& choice) {
  if (choice.set_back && !may_return()) return false;
  const GenerationRequest& request = choice.ticket->request;
  const auto reuse = request.prompt_logprobs ? PrefixReuse::kNo : PrefixReuse::kYes;
  auto placement = pool_.place(request.cache_salt, choice.tokens, reuse);
  if (Choice* victim = placement ? nullptr : victim_for(choice);
      victim != nullptr && victim->reader_stalled) {
    set_back(*victim);
    placement = pool_.place(request.cache_salt, choice.tokens, reuse);
  }
  if (!placement) return false;
  choice.sequence = placement->sequence;
  choice.computed = placement->reused;
  choice.set_back = false;
  if (choice.index == 0 && !choice.counted_prefix) {
    choice.counted_prefix = true;
    choice.ticket->usage.cached_tokens = placement->reused;
    metrics_.cached_tokens.add(placement->reused);
  }
  return true;
}

// A choice that was set back returns only when it need not be set back again at once.
bool Room::may_return() const {
  const bool alone = std::ranges::none_of(
      *running_, [](const auto& other) { return other->sequence >= 0 && !other->reader_stalled; });
  return alone ||
         available(*running_) - taken_ - promised(*running_) >= options_.cells_ahead_per_choice;
}

bool Room::is_granted(const Choice& choice) const {
  return std::ranges::find(granted_, &choice) != granted_.end();
}

Choice* Room::victim_for(const Choice& choice) const {
  Choice* victim = nullptr;
  for (const auto& other : *running_) {
    if (other.get() == &choice || other->sequence < 0 || is_granted(*other)) continue;
    if (!other->reader_stalled && other->age() < choice.age()) continue;
    const auto rank = [](const Choice& c) { return std::pair(c.reader_stalled, c.age()); };
    if (victim == nullptr || rank(*other) > rank(*victim)) victim = other.get();
  }
  return victim;
}

void Room::set_back(Choice& choice) {
  pool_.discard(choice.sequence);
  choice.sequence = -1;
  choice.computed = 0;
  choice.prefix_hint = 0;
  choice.set_back = true;
  metrics_.preemptions.add();
}

bool Room::set_back_youngest(const Choices& running) {
  Choice* youngest = nullptr;
  int holders = 0;
  for (const auto& choice : running) {
    if (choice->sequence < 0) continue;
    ++holders;
    if (youngest == nullptr || choice->age() > youngest->age()) youngest = choice.get();
  }
  if (holders < 2) return false;
  set_back(*youngest);
  return true;
}

int Room::available(const Choices& running) const {
  int cells = pool_.room();
  for (const auto& choice : running)
    if (choice->reader_stalled) cells += choice->computed;
  return cells;
}

int Room::promised(const Choices& running) const {
  int cells = 0;
  for (const auto& choice : running) {
    if (choice->reader_stalled) continue;
    const GenerationRequest& request = choice->ticket->request;
    const int left = request.token_count_max - choice->generated();
    const bool shares_prompt = choice->phase == Choice::Phase::kSibling;
    cells +=
        (shares_prompt ? 0 : choice->remaining()) + std::min(left, options_.cells_ahead_per_choice);
  }
  return cells;
}

bool Room::anyone_set_back(const Choices& running) const {
  return std::ranges::any_of(running, [](const auto& choice) { return choice->set_back; });
}

}  // namespace diptych
