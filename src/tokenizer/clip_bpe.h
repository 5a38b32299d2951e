#pragma once
// The tokeniser of CLIP (Radford et al. 2021): what the prompts of SD 1.x, 2.x, SDXL, SD3 and FLUX
// are read with. Golden: the ids of transformers' CLIPTokenizer (tokenizers 0.23), exactly.

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "tokenizer/byte_pairs.h"
#include "tokenizer/clip_vocabulary.h"

namespace diptych {

// Const after load and thread-safe.
class ClipTokenizer {
 public:
  static Result<ClipTokenizer> load(const Path& vocab_json, const Path& merges_txt);
  static Result<ClipTokenizer> load(const Path& tokenizer_json);
  // vocab.json and merges.txt, else tokenizer.json.
  static Result<ClipTokenizer> load_folder(const Path& folder);
  static ClipTokenizer builtin();

  explicit ClipTokenizer(ClipVocabulary vocabulary);

  // The ids of any text, without start and end. Special tokens written in the text are their ids;
  // invalid UTF-8 is read as U+FFFD. About n log n in the length of the longest word.
  std::vector<int> encode(std::string_view text) const;
  // The text as far as it can be known: lower-case, one blank after each word, special tokens
  // spelled out.
  std::string decode(std::span<const int> ids) const;

  int start_id() const { return vocabulary_.start_id; }
  int end_id() const { return vocabulary_.end_id; }
  int token_count() const { return static_cast<int>(vocabulary_.tokens.size()); }
  std::optional<int> id_of(std::string_view token) const;  // as in the vocabulary: "cat</w>"

 private:
  enum class Pass : bool { kRaw, kNormalized };
  struct Found;

  std::optional<Found> find_added(std::string_view text, Pass pass) const;
  void encode_pass(std::string_view text, Pass pass, std::vector<int>& ids) const;
  void encode_word(std::string_view word, std::vector<int>& ids) const;

  ClipVocabulary vocabulary_;
  BytePairMerges merges_;
  std::unordered_map<std::string_view, int> ids_;  // views into vocabulary_.tokens
  std::array<int, 256> byte_ids_{}, last_byte_ids_{};
};

}  // namespace diptych
