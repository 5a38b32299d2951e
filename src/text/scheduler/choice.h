#pragma once
// One answer in the making: its tokens, where they live in the engine, and its text. Owned by the
// scheduler thread.

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "text/scheduler/text_assembler.h"
#include "text/scheduler/ticket.h"

namespace diptych {

struct Choice {
  enum class Phase : std::uint8_t {
    kPrompt,   // no token sampled yet (also again after a pause)
    kSibling,  // waits for choice 0 to compute the prompt of all
    kAnswer,   // has sampled its first token
  };

  Choice(TicketPtr owner, int which, const Vocabulary& vocabulary)
      : ticket(std::move(owner)),
        index(which),
        phase(which == 0 ? Phase::kPrompt : Phase::kSibling),
        tokens(ticket->request.prompt),
        text(vocabulary, ticket->request) {
    const GenerationRequest& request = ticket->request;
    if (request.constraint) matcher = request.constraint->start();
    if (matcher && request.close_within_limit) matcher->limit_tokens(request.token_count_max);
  }

  int generated() const { return static_cast<int>(tokens.size()) - ticket->prompt_count(); }
  int remaining() const {
    return static_cast<int>(tokens.size()) - computed;
  }  // to compute before the next sample
  bool runnable() const { return phase != Phase::kSibling && !reader_stalled; }
  bool decoding() const { return phase == Phase::kAnswer && remaining() == 1 && sequence >= 0; }
  std::pair<std::uint64_t, int> age() const { return {ticket->number, index}; }  // larger: younger

  TicketPtr ticket;
  int index = 0;
  Phase phase;
  SequenceId sequence = -1;
  int computed = 0;             // positions in the engine
  int prefix_hint = 0;          // what a kept prefix would save, seen at admission
  bool set_back = false;        // lost its sequence to make room; returns when there is plenty
  bool counted_prefix = false;  // its reuse is in the usage already
  bool done = false;            // finished or its request ended; leaves after this step
  int unreported_tokens = 0;    // generated, but no text to show for them yet
  bool reader_stalled = false;
  Monotonic stalled_since{};
  Monotonic last_token{};
  std::vector<TokenId> tokens;  // prompt, then answer
  TextAssembler text;
  std::optional<grammar::Matcher> matcher;  // has read the answer so far
};
using Choices = std::vector<std::unique_ptr<Choice>>;

}  // namespace diptych
