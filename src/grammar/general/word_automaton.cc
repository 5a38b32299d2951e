#include "grammar/general/word_automaton.h"

namespace diptych::grammar {
namespace {

void add_word(WordAutomaton& automaton, std::string_view word, std::uint32_t index) {
  std::uint32_t at = 0;
  for (const char c : word) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (automaton.states[at].to[byte] == 0) {
      automaton.states[at].to[byte] = static_cast<std::uint32_t>(automaton.states.size());
      automaton.states.emplace_back();
    }
    at = automaton.states[at].to[byte];
  }
  if (!automaton.states[at].word) automaton.states[at].word = index;
}

}  // namespace

WordAutomaton build_word_automaton(const std::vector<std::string_view>& words) {
  WordAutomaton automaton;
  automaton.states.emplace_back();
  for (std::uint32_t i = 0; i < words.size(); ++i) add_word(automaton, words[i], i);
  auto& states = automaton.states;
  std::vector<std::uint32_t> order{0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t at = order[i];
    for (std::size_t byte = 0; byte < 256; ++byte) {
      // Shorter beginnings come first, so the fallback's arrows are complete.
      const std::uint32_t through = at == 0 ? 0 : states[states[at].fallback].to[byte];
      const std::uint32_t child = states[at].to[byte];
      if (child == 0) {
        states[at].to[byte] = through;
        continue;
      }
      states[child].fallback = through;
      if (!states[child].word) states[child].word = states[through].word;
      order.push_back(child);
    }
  }
  return automaton;
}

}  // namespace diptych::grammar
