#pragma once
// What is known of every state of a network, as least fixpoints: the end can be reached; it can be
// reached without reading; how far it is.

#include "grammar/general/network.h"

namespace diptych::grammar {

void find_nullable(Network& network, GrammarRules& rules);  // sets NetworkNode::nullable
void find_live(Network& network, GrammarRules& rules);      // sets NetworkNode::live
// Sets NetworkNode::distance: a guide for searches, not a bound.
void find_distances(Network& network, GrammarRules& rules);

}  // namespace diptych::grammar
