#pragma once
// Which textual-inversion embeddings a prompt may name. Built once per model and set of files.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "image/prompt/tokenize.h"

namespace diptych {

struct EmbeddingName {
  std::string name;  // the trigger: the file's stem
  int vectors = 1;   // how many tokens it stands for
};

// Const after construction. A name is recognised by its tokens, so as the tokenizer folds case and
// ends words, and the longest one wins.
class EmbeddingTable {
 public:
  // The index of a name is its place in `names`. One without tokens is never found; of two with the
  // same tokens the first wins.
  EmbeddingTable(std::vector<EmbeddingName> names, const Tokenize& tokenize);

  struct Match {
    int index = -1;          // none
    std::size_t tokens = 0;  // of the prompt, replaced by it
  };
  Match find_at_front(std::span<const int> tokens) const;

  const EmbeddingName& operator[](int index) const {
    return names_[static_cast<std::size_t>(index)];
  }

 private:
  struct Entry {
    std::vector<int> tokens;
    int index;
  };
  std::vector<EmbeddingName> names_;
  std::map<int, std::vector<Entry>> by_first_token_;  // each list: longest first
};

}  // namespace diptych
