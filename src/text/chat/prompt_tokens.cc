#include "text/chat/prompt_tokens.h"

#include <algorithm>
#include <string_view>

namespace diptych {
namespace {

struct Piece {
  std::string_view text;
  SpecialTokens special;
};

std::vector<Piece> pieces_of(const ChatPrompt& prompt) {
  const std::string_view text = prompt.text;
  std::vector<Piece> pieces;
  std::size_t at = 0;
  const auto add = [&](std::size_t end, SpecialTokens special) {
    if (end > at) pieces.push_back({text.substr(at, end - at), special});
    at = end;
  };
  for (const ChatPrompt::Span& span : prompt.untrusted) {
    add(span.begin, SpecialTokens::kParse);
    add(span.end, SpecialTokens::kAsText);
  }
  add(text.size(), SpecialTokens::kParse);
  return pieces;
}

// Does the whole text spell a special token in, or across the edge of, what the caller wrote?
bool spells_special_tokens(const ChatPrompt& prompt, const Vocabulary& vocabulary) {
  const std::vector<TextRange> found = vocabulary.special_tokens_in(prompt.text);
  return std::ranges::any_of(prompt.untrusted, [&found](const ChatPrompt::Span& span) {
    return std::ranges::any_of(found, [&span](const TextRange& token) {
      return token.begin < span.end && span.begin < token.end;
    });
  });
}

}  // namespace

std::vector<TokenId> tokenize_prompt(const ChatPrompt& prompt, const Vocabulary& vocabulary) {
  const BosPolicy bos = prompt.starts_with_bos ? BosPolicy::kNever : BosPolicy::kIfModelWants;
  // The whole text is preferred because that is how the model was trained: a cut at a span's edge
  // can split "\n\n" into two tokens.
  if (!spells_special_tokens(prompt, vocabulary))
    return vocabulary.tokenize(prompt.text, SpecialTokens::kParse, bos);

  const std::vector<Piece> pieces = pieces_of(prompt);
  std::vector<TokenId> tokens;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto part =
        vocabulary.tokenize(pieces[i].text, pieces[i].special, i == 0 ? bos : BosPolicy::kNever);
    tokens.insert(tokens.end(), part.begin(), part.end());
  }
  return tokens;
}

}  // namespace diptych
