#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "grammar/constraint.h"
#include "grammar/mask/constraint_impl.h"
#include "grammar/mask/forced_text.h"
#include "grammar/mask/state_history.h"

namespace diptych::grammar {

namespace {

// A text further from its limit than this, beyond what its shortest end needs, is not watched: a
// watched mask is computed anew. A token that makes more than so many bytes due may thus pass.
constexpr std::size_t kWatchedTokens = 256;

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

struct Matcher::Impl {
  explicit Impl(std::shared_ptr<const Constraint::Impl> of)
      : constraint(std::move(of)), history(constraint->start()) {}
  Impl(const Impl& other)  // a fork shows its masks in a row of its own
      : constraint(other.constraint),
        history(other.history),
        end_count(other.end_count),
        limit(other.limit) {}
  Impl& operator=(const Impl&) = delete;

  bool is_end(Token token) const { return constraint->vocabulary().is_end(token); }
  std::optional<MachineState> after(Machine& machine, const MachineState& from, Token token) const;
  Result<SharedMask> shared_mask() const;
  Result<SharedMask> limited_mask() const;

  std::shared_ptr<const Constraint::Impl> constraint;
  StateHistory history;
  std::size_t end_count = 0;  // end tokens accepted; nothing else follows the first
  std::size_t limit = 0;      // history.token_count() at which the text must have ended; 0: none
  MaskRow row;
};

std::optional<MachineState> Matcher::Impl::after(Machine& machine, const MachineState& from,
                                                 Token token) const {
  const std::string_view bytes = constraint->vocabulary().bytes_of(token);
  if (bytes.empty()) return std::nullopt;
  MachineState state = from;
  for (const char byte : bytes) {
    MachineState to;
    if (!machine.next(state, static_cast<std::uint8_t>(byte), to)) return std::nullopt;
    state = to;
  }
  return state;
}

Result<SharedMask> Matcher::Impl::shared_mask() const {
  if (end_count > 0) return constraint->ends_mask();
  if (limit > 0) return limited_mask();
  return constraint->mask(history.back());
}

Result<SharedMask> Matcher::Impl::limited_mask() const {
  const MachineState& state = history.back();
  const auto needed =
      constraint->with_machine([&](Machine& machine) { return machine.bytes_to_end(state); });
  const std::size_t left = limit - std::min(limit, history.token_count());
  if (!needed || left > *needed + kWatchedTokens) return constraint->mask(state);
  const std::size_t after_this_and_the_end = left - std::min<std::size_t>(left, 2);
  TRY(SharedMask mask,
      constraint->closing_mask(state, static_cast<std::uint32_t>(after_this_and_the_end)));
  if (mask) return mask;
  return constraint->mask(state);  // too late: goes on as if there were no limit
}

Matcher::Matcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Matcher::Matcher(const Matcher& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Matcher& Matcher::operator=(const Matcher& other) {
  if (this != &other) impl_ = std::make_unique<Impl>(*other.impl_);
  return *this;
}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

Result<MaskView> Matcher::mask() {
  TRY(SharedMask mask, impl_->shared_mask());
  return impl_->row.show(std::move(mask), impl_->constraint->vocabulary().mask_words());
}

Status Matcher::accept(Token token) {
  StateHistory& history = impl_->history;
  const bool is_end = impl_->is_end(token);
  std::optional<MachineState> after;
  if (is_end) {
    if (ended() || may_end()) after = history.back();
  } else if (!ended()) {
    after = impl_->constraint->with_machine(
        [&](Machine& machine) { return impl_->after(machine, history.back(), token); });
  }
  if (!after) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("token {} ('{}') may not come here", token,
                            printable(impl_->constraint->vocabulary().bytes_of(token))),
                "token");
  }
  if (is_end) ++impl_->end_count;
  history.push(*after);
  return {};
}

int Matcher::count_accepted(std::span<const Token> tokens) const {
  return impl_->constraint->with_machine([&](Machine& machine) {
    MachineState state = impl_->history.back();
    bool has_ended = ended();
    int count = 0;
    for (const Token token : tokens) {
      if (impl_->is_end(token)) {
        if (!has_ended && !machine.may_end(state)) break;
        has_ended = true;
      } else {
        const auto after = has_ended ? std::nullopt : impl_->after(machine, state, token);
        if (!after) break;
        state = *after;
      }
      ++count;
    }
    return count;
  });
}

Status Matcher::rollback(int token_count) {
  if (token_count < 0 || static_cast<std::size_t>(token_count) > impl_->history.token_count()) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("cannot take back {} of {} tokens", token_count, impl_->history.token_count()),
        "token_count");
  }
  const auto count = static_cast<std::size_t>(token_count);
  impl_->history.pop(count);
  impl_->end_count -= std::min(impl_->end_count, count);
  return {};
}

int Matcher::token_count() const { return static_cast<int>(impl_->history.token_count()); }

bool Matcher::may_end() const {
  return impl_->constraint->with_machine(
      [&](Machine& machine) { return machine.may_end(impl_->history.back()); });
}

bool Matcher::ended() const { return impl_->end_count > 0; }

std::string Matcher::forced_bytes() const {
  if (ended()) return {};
  return impl_->constraint->with_machine(
      [&](Machine& machine) { return forced_text(machine, impl_->history.back()).bytes; });
}

std::vector<Token> Matcher::forced_tokens() const {
  if (ended()) return {};
  const ForcedText text = impl_->constraint->with_machine(
      [&](Machine& machine) { return forced_text(machine, impl_->history.back()); });
  return grammar::forced_tokens(impl_->constraint->vocabulary(), text);
}

void Matcher::limit_tokens(int token_count_max) {
  impl_->limit = token_count_max <= 0
                     ? 0
                     : impl_->history.token_count() + static_cast<std::size_t>(token_count_max);
}

Status fill_masks(std::span<Matcher* const> matchers, std::span<MaskView> views) {
  for (std::size_t i = 0; i < matchers.size(); ++i) {
    TRY(views[i], matchers[i]->mask());
  }
  return {};
}

Constraint::Constraint(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Matcher Constraint::start() const { return Matcher(std::make_unique<Matcher::Impl>(impl_)); }
const Warnings& Constraint::warnings() const { return impl_->warnings(); }
ConstraintStats Constraint::stats() const { return impl_->stats(); }
const VocabularyIndex& Constraint::vocabulary() const { return impl_->vocabulary(); }

Constraint constrain(std::unique_ptr<Machine> machine, const Target& target, const Limits& limits,
                     Warnings warnings) {
  return Constraint(std::make_shared<const Constraint::Impl>(std::move(machine), target, limits,
                                                             std::move(warnings)));
}

}  // namespace diptych::grammar
