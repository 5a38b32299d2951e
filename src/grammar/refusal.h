#pragma once
// Why a grammar cannot be enforced: refused before the first token, never enforced in part.

#include <expected>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych::grammar {

enum class RefusalCode : std::uint8_t {
  kUnsupportedKeyword,
  kUnsupportedRegex,
  kUnresolvableRef,
  kUnsatisfiable,
  kMalformedSchema,   // not JSON, or a keyword whose value has the wrong form
  kMalformedGrammar,  // GBNF, Lark, regex, choices, structural tags
  kSchemaTooLarge,
  kTooManyAlternatives,
  kCompileTimeout,
  kUnsupportedDialect,
};
std::string_view name_of(RefusalCode code);  // "unsupported_keyword", …

struct Refusal {
  RefusalCode code = RefusalCode::kUnsupportedKeyword;
  std::string keyword;  // "pattern"; empty when no single one is to blame
  std::string
      pointer;  // JSON pointer to the keyword's value; of other grammars: "line 3, column 5"
  std::string message;  // what cannot be enforced, the value given, the limit
  std::string hint;     // what to write instead; may be empty
};

template <class T>
class [[nodiscard]] Compiled : public std::expected<T, Refusal> {  // works with TRY, as Result does
 public:
  using std::expected<T, Refusal>::expected;
};

Error to_error(
    const Refusal& refusal);  // kInvalidArgument; detail: the code's name, param: the pointer

}  // namespace diptych::grammar
