#pragma once
// Finds the special tokens spelled in a text, as libllama does: the longest names first, each
// everywhere it occurs.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "text/ids.h"

namespace diptych {

class SpecialSplitter {  // const after construction
 public:
  struct Name {
    std::string text;
    TokenId token;
  };
  explicit SpecialSplitter(std::vector<Name> names);

  struct Fragment {
    std::string_view text;
    TokenId token = -1;  // -1: plain text
  };
  std::vector<Fragment> split(std::string_view text) const;

 private:
  std::vector<const Name*> names_in(std::string_view text) const;

  std::vector<Name> names_;  // longest first
  std::array<std::vector<std::size_t>, 256> by_first_byte_;
};

}  // namespace diptych
