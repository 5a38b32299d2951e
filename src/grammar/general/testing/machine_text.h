#pragma once
// How tests look at a machine: whole texts, beginnings, and whether every way on leads to an end.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "grammar/machine.h"

namespace diptych::grammar {

inline std::optional<MachineState> after(Machine& machine, std::string_view text) {
  MachineState state = machine.start();
  for (const char c : text) {
    MachineState to;
    if (!machine.next(state, static_cast<std::uint8_t>(c), to)) return std::nullopt;
    state = to;
  }
  return state;
}

inline bool matches(Machine& machine, std::string_view text) {
  const auto state = after(machine, text);
  return state && machine.may_end(*state);
}

inline bool begins(Machine& machine, std::string_view text) {
  return after(machine, text).has_value();
}

// A shortest text that ends the document, found by trying bytes of `alphabet`; nullopt: none within
// `states_max` states.
inline std::optional<std::string> way_to_end(Machine& machine, const MachineState& from,
                                             std::string_view alphabet,
                                             std::size_t states_max = 50'000) {
  struct Less {
    bool operator()(const MachineState& a, const MachineState& b) const {
      return a.words < b.words;
    }
  };
  std::map<MachineState, std::string, Less> ways{{from, ""}};
  std::deque<MachineState> pending{from};
  while (!pending.empty() && ways.size() < states_max) {
    const MachineState state = pending.front();
    pending.pop_front();
    if (machine.may_end(state)) return ways[state];
    for (const char c : alphabet) {
      MachineState to;
      if (!machine.next(state, static_cast<std::uint8_t>(c), to)) continue;
      if (ways.emplace(to, ways[state] + c).second) pending.push_back(to);
    }
  }
  return std::nullopt;
}

}  // namespace diptych::grammar
