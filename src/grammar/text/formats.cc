#include "grammar/text/formats.h"

namespace diptych::grammar {

std::optional<TermId> format_term(TermTable&, std::string_view) { return std::nullopt; }

}  // namespace diptych::grammar
