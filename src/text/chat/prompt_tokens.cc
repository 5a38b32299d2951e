#include "text/chat/prompt_tokens.h"

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

void append_control(std::vector<TokenId>& out, const std::vector<TokenId>& tokens,
                    const Vocabulary& vocabulary) {
  for (const TokenId token : tokens)
    if (vocabulary.bytes_of(token).empty()) out.push_back(token);
}

}  // namespace

std::vector<TokenId> tokenize_prompt(const ChatPrompt& prompt, const Vocabulary& vocabulary) {
  const BosPolicy bos = prompt.starts_with_bos ? BosPolicy::kNever : BosPolicy::kIfModelWants;
  std::vector<TokenId> whole = vocabulary.tokenize(prompt.text, SpecialTokens::kParse, bos);

  // The template's own text is short, so this comparison costs little beside the line above. The
  // whole text is preferred because that is how the model was trained: a cut at a span's edge can
  // split "\n\n" into two tokens.
  const std::vector<Piece> pieces = pieces_of(prompt);
  std::vector<TokenId> expected, found;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].special != SpecialTokens::kParse) continue;
    append_control(expected,
                   vocabulary.tokenize(pieces[i].text, SpecialTokens::kParse, BosPolicy::kNever),
                   vocabulary);
  }
  append_control(found, whole, vocabulary);
  if (bos == BosPolicy::kIfModelWants) {  // the BOS that tokenize() added is in `found` only
    std::vector<TokenId> added;
    append_control(added, vocabulary.tokenize("", SpecialTokens::kParse, bos), vocabulary);
    expected.insert(expected.begin(), added.begin(), added.end());
  }
  if (found == expected) return whole;

  std::vector<TokenId> tokens;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto part =
        vocabulary.tokenize(pieces[i].text, pieces[i].special, i == 0 ? bos : BosPolicy::kNever);
    tokens.insert(tokens.end(), part.begin(), part.end());
  }
  return tokens;
}

}  // namespace diptych
