#pragma once
// Aho and Corasick's automaton: finds the first of many words in a text, byte by byte.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace diptych::grammar {

struct WordAutomaton {
  struct State {
    std::array<std::uint32_t, 256> to{};
    std::uint32_t fallback = 0;         // the longest tail of what was read that begins a word
    std::optional<std::uint32_t> word;  // the word that ends here
  };
  std::vector<State> states;  // 0: nothing read
};

WordAutomaton build_word_automaton(const std::vector<std::string_view>& words);  // none empty

}  // namespace diptych::grammar
