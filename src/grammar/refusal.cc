#include "grammar/refusal.h"

#include <array>

namespace diptych::grammar {

std::string_view name_of(RefusalCode code) {
  constexpr std::array<std::string_view, 10> kNames = {
      "unsupported_keyword", "unsupported_regex",   "unresolvable_ref", "unsatisfiable",
      "malformed_schema",    "malformed_grammar",   "schema_too_large", "too_many_alternatives",
      "compile_timeout",     "unsupported_dialect",
  };
  return kNames[static_cast<std::size_t>(code)];
}

Error to_error(const Refusal& refusal) {
  Error error{.code = ErrorCode::kInvalidArgument,
              .message = refusal.message,
              .param = refusal.pointer,
              .detail = std::string(name_of(refusal.code)),
              .retry_after_ms = 0};
  if (!refusal.hint.empty()) error.message += "; " + refusal.hint;
  return error;
}

}  // namespace diptych::grammar
