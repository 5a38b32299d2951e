#pragma once
// Log probabilities as JSON text, written straight into the answer: a stream formats them for every
// token.

#include <span>
#include <string>

#include "text/generation.h"
#include "text/vocabulary.h"

namespace diptych::openai {

// {"token","logprob","bytes","top_logprobs":[…]},… without the outer brackets. bytes are exact when
// a character spans tokens; such a token is shown as \xNN. Control tokens have their name and no
// bytes. A logprob of -infinity is written as -9999.0.
void append_token_logprobs(std::string& out, std::span<const TokenLogprob> tokens,
                           const Vocabulary& vocabulary);

std::string shown_token(TokenId token, const Vocabulary& vocabulary);
void append_logprob(std::string& out, float logprob);  // NaN: null

}  // namespace diptych::openai
