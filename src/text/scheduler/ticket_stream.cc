#include "text/scheduler/ticket_stream.h"

#include <utility>

namespace diptych {

TicketStream::TicketStream(TicketPtr ticket, std::shared_ptr<Inbox> inbox, std::size_t bytes_max)
    : ticket_(std::move(ticket)), inbox_(std::move(inbox)), bytes_max_(bytes_max) {}

TicketStream::~TicketStream() {
  ticket_->channel.close();
  inbox_->cancel(*ticket_);
}

void TicketStream::on_ready(std::function<void()> wake) {
  ticket_->channel.on_ready(std::move(wake));
}

Result<std::optional<Delta>> TicketStream::poll() {
  const bool was_full = ticket_->channel.bytes_waiting() > bytes_max_ / 2;
  auto news = ticket_->channel.poll();
  if (was_full && ticket_->channel.bytes_waiting() <= bytes_max_ / 2) inbox_->nudge();  // may go on
  return news;
}

void TicketStream::end_choice(int choice) {
  ticket_->enough[static_cast<std::size_t>(choice)] = true;
  inbox_->nudge();
}

bool TicketStream::done() const { return ticket_->channel.done(); }
GenerationUsage TicketStream::usage() const { return ticket_->channel.usage(); }
GenerationTimes TicketStream::times() const { return ticket_->channel.times(); }

}  // namespace diptych
