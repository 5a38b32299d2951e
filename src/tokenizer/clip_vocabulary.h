#pragma once
// The tables of a CLIP tokeniser, from the files that models come with or from the program itself.

#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "tokenizer/byte_pairs.h"

namespace diptych {

struct AddedToken {  // found in the text before anything is split
  int id = 0;
  std::string text;
  bool normalized = false;  // looked for after the text was normalised (and written lower-case)
};

struct ClipVocabulary {
  std::vector<std::string> tokens;    // by id, in byte symbols; "" where no token has that id
  std::vector<BytePairMerge> merges;  // by rank
  std::vector<AddedToken> added;
  int start_id = 0, end_id = 0, unknown_id = 0;
};

// The printable character (UTF-8) that stands for each byte in vocabularies of the GPT-2 kind.
const std::array<std::string, 256>& byte_symbols();

inline constexpr std::string_view kWordEnd = "</w>";  // the last piece of a word carries it

Result<ClipVocabulary> read_clip_vocabulary(const Path& vocab_json, const Path& merges_txt);
Result<ClipVocabulary> read_clip_vocabulary(const Path& tokenizer_json);
// The vocabulary of OpenAI's CLIP (49,408 tokens), which every SD 1.x, 2.x and SDXL model uses: for
// checkpoints without files of their own.
ClipVocabulary builtin_clip_vocabulary();

}  // namespace diptych
