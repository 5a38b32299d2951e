#pragma once
#include <optional>
#include <string_view>

#include "grammar/text/term_table.h"

namespace diptych::grammar {

// The strings of a JSON Schema format, by the RFC it names. nullopt: no such format here.
std::optional<TermId> format_term(TermTable& terms, std::string_view name);

}  // namespace diptych::grammar
