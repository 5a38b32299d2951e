#include "text/scheduler/channel.h"

#include <algorithm>
#include <utility>

namespace diptych {
namespace {

std::size_t bytes_of(const std::vector<TokenLogprob>& tokens) {
  std::size_t bytes = 0;
  for (const TokenLogprob& token : tokens)
    bytes += sizeof(TokenLogprob) + token.top.size() * sizeof(TopLogprob);
  return bytes;
}

std::size_t bytes_of(const Delta& delta) {
  return delta.text.size() + delta.stop_matched.size() + bytes_of(delta.tokens) +
         bytes_of(delta.prompt_tokens);
}

void merge(Delta& into, const Delta& news) {
  into.text += news.text;
  into.tokens.insert(into.tokens.end(), news.tokens.begin(), news.tokens.end());
  into.prompt_tokens.insert(into.prompt_tokens.end(), news.prompt_tokens.begin(),
                            news.prompt_tokens.end());
  into.token_count += news.token_count;
  if (news.finish) into.finish = news.finish;
  if (!news.stop_matched.empty()) into.stop_matched = news.stop_matched;
}

}  // namespace

Channel::Channel(int choice_count) : waiting_(static_cast<std::size_t>(choice_count)) {
  order_.reserve(waiting_.size());
}

void Channel::publish(const Delta& news, const GenerationUsage& usage) {
  {
    MutexLock lock(mutex_);
    merge(waiting_[static_cast<std::size_t>(news.choice)], news);
    if (std::ranges::find(order_, news.choice) == order_.end()) order_.push_back(news.choice);
    usage_ = usage;
    bytes_.fetch_add(bytes_of(news), std::memory_order_relaxed);
  }
  wake_reader();
}

void Channel::end(std::optional<Error> error, const GenerationUsage& usage,
                  const GenerationTimes& times) {
  {
    MutexLock lock(mutex_);
    if (ended_) return;
    ended_ = true;
    error_ = std::move(error);
    usage_ = usage;
    times_ = times;
  }
  wake_reader();
}

void Channel::wake_reader() {
  MutexLock wake_lock(wake_mutex_);
  if (!wake_) return;
  {
    MutexLock lock(mutex_);
    if (!armed_ || !has_news()) return;
    armed_ = false;
  }
  wake_();
}

void Channel::on_ready(std::function<void()> wake) {
  {
    MutexLock wake_lock(wake_mutex_);
    wake_ = std::move(wake);
  }
  wake_reader();
}

Result<std::optional<Delta>> Channel::poll() {
  MutexLock lock(mutex_);
  if (!order_.empty()) {
    const int choice = order_.front();
    order_.erase(order_.begin());
    armed_ = false;
    Delta news = std::exchange(waiting_[static_cast<std::size_t>(choice)], Delta{});
    news.choice = choice;
    bytes_.fetch_sub(bytes_of(news), std::memory_order_relaxed);
    if (order_.empty() && ended_ && !error_) end_seen_ = true;  // the end is in this delta
    return news;
  }
  if (error_) {
    end_seen_ = true;
    return std::unexpected(*std::exchange(error_, std::nullopt));
  }
  if (ended_) {
    end_seen_ = true;
  } else {
    armed_ = true;
  }
  return std::nullopt;
}

bool Channel::done() const {
  MutexLock lock(mutex_);
  return ended_ && order_.empty() && !error_;
}

GenerationUsage Channel::usage() const {
  MutexLock lock(mutex_);
  return usage_;
}

GenerationTimes Channel::times() const {
  MutexLock lock(mutex_);
  return times_;
}

void Channel::close() {
  MutexLock wake_lock(wake_mutex_);
  wake_ = nullptr;
}

}  // namespace diptych
