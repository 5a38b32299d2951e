#pragma once
// Vocabularies of the harness: files of "0|1 hex" lines (ordinary or special, the token's bytes),
// and the one of single bytes.

#include <string>
#include <vector>

#include "base/error.h"
#include "grammar/vocabulary_index.h"

namespace diptych::bench {

// `ends`: ids that end a text; empty: the special tokens whose text is a known end of text.
Result<grammar::VocabularySource> read_vocabulary(const std::string& path,
                                                  std::vector<grammar::Token> ends = {});
grammar::VocabularySource byte_vocabulary();  // ids 0 … 255, and the end 256

}  // namespace diptych::bench
