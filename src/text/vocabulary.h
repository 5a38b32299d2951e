#pragma once
// The token set of a model. Const after load: every method is safe from any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/ids.h"

namespace diptych {

// kParse: "<|im_start|>" in the text becomes its token.
enum class SpecialTokens { kAsText, kParse };
enum class BosPolicy { kNever, kIfModelWants };

struct TextRange {  // bytes [begin, end)
  std::size_t begin = 0, end = 0;
};

class Vocabulary {
 public:
  virtual ~Vocabulary() = default;
  virtual int size() const = 0;
  virtual std::vector<TokenId> tokenize(std::string_view text, SpecialTokens special,
                                        BosPolicy bos) const = 0;
  // Where the text spells tokens that kParse would find, ascending.
  virtual std::vector<TextRange> special_tokens_in(std::string_view text) const = 0;
  // What the token adds to text: empty for control tokens; may end inside a UTF-8 character.
  virtual const std::string& bytes_of(TokenId token) const = 0;
  virtual const std::string& name_of(
      TokenId token) const = 0;                           // also for control tokens: "<|im_end|>"
  virtual bool ends_generation(TokenId token) const = 0;  // EOS, EOT, … (several)
  virtual TokenId eos() const = 0;                        // -1 if the model has none
};

}  // namespace diptych
