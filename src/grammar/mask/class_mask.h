#pragma once
// The mask of all tokens that lie wholly inside a plain run: the same for every grammar.

#include "grammar/mask/token_mask.h"
#include "grammar/mask/token_trie.h"

namespace diptych::grammar {

MaskKey key_of_class(const PlainRun& run);  // for the store; clip code_points_max first
SharedMask make_class_mask(const TokenTrie& trie, const PlainRun& run, int words);

}  // namespace diptych::grammar
