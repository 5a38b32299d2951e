#pragma once
// From a rendered prompt to tokens, without letting message text become control tokens.

#include <vector>

#include "text/chat/chat_format.h"
#include "text/ids.h"
#include "text/vocabulary.h"

namespace diptych {

// Equals vocabulary.tokenize(prompt.text, kParse, …) unless an untrusted span spells a control
// token; then each span is tokenised on its own and those tokens stay text. Adds BOS if the model
// wants it and the template did not write it.
std::vector<TokenId> tokenize_prompt(const ChatPrompt& prompt, const Vocabulary& vocabulary);

}  // namespace diptych
