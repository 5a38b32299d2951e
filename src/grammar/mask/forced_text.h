#pragma once
// What must come next, whatever the model would choose.

#include <string>
#include <string_view>
#include <vector>

#include "grammar/machine.h"
#include "grammar/vocabulary_index.h"

namespace diptych::grammar {

struct ForcedText {
  std::string bytes;
  bool ends = false;  // nothing may come after them
};

ForcedText forced_text(Machine& machine, const MachineState& from);
std::vector<Token> forced_tokens(const VocabularyIndex& vocabulary, const ForcedText& text);

}  // namespace diptych::grammar
