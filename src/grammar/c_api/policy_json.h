#pragma once
// A Policy from its JSON form: {"order": "any", "whitespace": "none", …}.

#include <string_view>

#include "base/error.h"
#include "grammar/constraint.h"

namespace diptych::grammar {

Result<Policy> parse_policy(std::string_view json);  // kInvalidArgument names the member
Result<GrammarKind> parse_kind(std::string_view name);

}  // namespace diptych::grammar
