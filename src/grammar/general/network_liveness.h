#pragma once
// Two facts of every state of a network, as least fixpoints: the end can be reached; it can be
// reached without reading.

#include "grammar/general/network.h"

namespace diptych::grammar {

void find_nullable(Network& network, GrammarRules& rules);  // sets NetworkNode::nullable
void find_live(Network& network, GrammarRules& rules);      // sets NetworkNode::live

}  // namespace diptych::grammar
