#pragma once
// The reader's end of a ticket.

#include <memory>

#include "text/scheduler/inbox.h"
#include "text/scheduler/ticket.h"
#include "text/stream.h"

namespace diptych {

class TicketStream final : public Stream {
 public:
  TicketStream(TicketPtr ticket, std::shared_ptr<Inbox> inbox, std::size_t bytes_max);
  ~TicketStream() override;  // cancels

  void on_ready(std::function<void()> wake) override;
  Result<std::optional<Delta>> poll() override;
  void end_choice(int choice) override;
  bool done() const override;
  GenerationUsage usage() const override;
  GenerationTimes times() const override;

 private:
  const TicketPtr ticket_;
  const std::shared_ptr<Inbox> inbox_;  // outlives the scheduler if the stream does
  const std::size_t bytes_max_;
};

}  // namespace diptych
