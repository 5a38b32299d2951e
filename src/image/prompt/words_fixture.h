#pragma once
// A tokenizer for tests: a run of word characters is one token, every other visible character too.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "image/prompt/characters.h"
#include "image/prompt/tokenize.h"

namespace diptych {

inline Tokenize word_tokenizer() {
  auto ids = std::make_shared<std::map<std::string, int>>();
  return [ids](std::string_view text) {
    std::vector<int> tokens;
    for (std::size_t at = skip_spaces(text, 0); at < text.size(); at = skip_spaces(text, at)) {
      std::size_t end = at;
      for (auto c = character_at(text, end); c.length > 0 && is_word_character(c.code);
           c = character_at(text, end)) {
        end += c.length;
      }
      if (end == at) end += character_at(text, at).length;
      const auto [entry, is_new] = ids->try_emplace(std::string(text.substr(at, end - at)), 0);
      if (is_new) entry->second = static_cast<int>(ids->size());
      tokens.push_back(entry->second);
      at = end;
    }
    return tokens;
  };
}

// "w w w …"
inline std::string words(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "w ";
  return text;
}

}  // namespace diptych
