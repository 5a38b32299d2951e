#pragma once
// Which draft a document speaks, and which of its vocabularies.

#include <cstdint>
#include <optional>
#include <string_view>

#include "grammar/schema/json_value.h"
#include "grammar/schema/schema.h"

namespace diptych::grammar {

using Vocabularies = std::uint8_t;  // bits
struct Vocabulary {
  static constexpr Vocabularies kCore = 1, kApplicator = 2, kUnevaluated = 4, kValidation = 8,
                                kMetaData = 16, kFormat = 32, kFormatAssertion = 64, kContent = 128;
  // Formats are asserted by policy, not by dialect, unless a meta-schema says so.
  static constexpr Vocabularies kUsual = 255 & ~kFormatAssertion;
};

struct DialectUse {
  Dialect dialect = Dialect::k2020;
  Vocabularies vocabularies = Vocabulary::kUsual;
};

std::string_view name_of(Dialect dialect);  // "draft-07", "2020-12"
// By the value of $schema, with or without an empty fragment, http or https.
std::optional<Dialect> find_dialect(std::string_view schema_uri);

// What the $vocabulary of a meta-schema of one's own leaves of `base`. unexpected: the URI of a
// required vocabulary that is not known here.
std::expected<DialectUse, std::string_view> restrict_dialect(const JsonMembers& vocabulary,
                                                             Dialect base);

}  // namespace diptych::grammar
