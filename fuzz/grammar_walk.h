#pragma once
// A walk through a grammar's machine by the fuzzer's choices: whatever is allowed must be takeable,
// and no place may be without a way on or an end.

#include <string_view>

#include "base/check.h"
#include "grammar/machine.h"
#include "grammar/policy.h"

namespace diptych {

inline grammar::Limits small_grammar_limits() {
  grammar::Limits limits;
  limits.source_bytes_max = 4096;
  limits.depth_max = 64;
  limits.nodes_max = 20'000;
  limits.memory_bytes_max = std::size_t{4} << 20;
  limits.search_steps_max = 500;
  return limits;
}

inline void walk_grammar(grammar::Machine& machine, std::string_view choices) {
  constexpr std::size_t kStepsMax = 48;
  grammar::MachineState state = machine.start();
  for (const char choice : choices.substr(0, kStepsMax)) {
    const grammar::ByteSet allowed = machine.allowed_bytes(state);
    if (allowed.none()) {
      CHECK(machine.may_end(state) || machine.refused_count() > 0);
      return;
    }
    std::size_t left = static_cast<unsigned char>(choice) % allowed.count();
    std::size_t byte = 0;
    while (!allowed[byte] || left-- > 0) ++byte;
    grammar::MachineState to;
    CHECK(machine.next(state, static_cast<std::uint8_t>(byte), to));
    CHECK(machine.mask_key(to, 16) == machine.mask_key(to, 16));
    machine.plain_run(to);
    state = to;
  }
}

}  // namespace diptych
