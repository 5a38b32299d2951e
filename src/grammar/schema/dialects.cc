#include "grammar/schema/dialects.h"

#include <algorithm>
#include <array>

namespace diptych::grammar {
namespace {

struct DialectRow {
  Dialect dialect;
  std::string_view name;
  std::string_view uri;  // of its meta-schema, without scheme and fragment
};
constexpr std::array<DialectRow, 5> kDialects = {{
    {Dialect::kDraft4, "draft-04", "json-schema.org/draft-04/schema"},
    {Dialect::kDraft6, "draft-06", "json-schema.org/draft-06/schema"},
    {Dialect::kDraft7, "draft-07", "json-schema.org/draft-07/schema"},
    {Dialect::k2019, "2019-09", "json-schema.org/draft/2019-09/schema"},
    {Dialect::k2020, "2020-12", "json-schema.org/draft/2020-12/schema"},
}};

struct VocabularyRow {
  std::string_view name;  // after ".../vocab/"
  Vocabularies bits;
};
constexpr std::array<VocabularyRow, 9> kVocabularies = {{
    {"core", Vocabulary::kCore},
    {"applicator", Vocabulary::kApplicator},
    {"unevaluated", Vocabulary::kUnevaluated},
    {"validation", Vocabulary::kValidation},
    {"meta-data", Vocabulary::kMetaData},
    {"format", Vocabulary::kFormat},
    {"format-annotation", Vocabulary::kFormat},
    {"format-assertion", Vocabulary::kFormat | Vocabulary::kFormatAssertion},
    {"content", Vocabulary::kContent},
}};

constexpr std::string_view k2019Prefix = "https://json-schema.org/draft/2019-09/vocab/";
constexpr std::string_view k2020Prefix = "https://json-schema.org/draft/2020-12/vocab/";

std::optional<Vocabularies> find_vocabulary(std::string_view uri) {
  const bool is_2019 = uri.starts_with(k2019Prefix);
  if (!is_2019 && !uri.starts_with(k2020Prefix)) return std::nullopt;
  uri.remove_prefix(k2020Prefix.size());
  const auto row = std::ranges::find(kVocabularies, uri, &VocabularyRow::name);
  if (row == kVocabularies.end()) return std::nullopt;
  // 2019-09 had the unevaluated keywords among its applicators.
  if (is_2019 && row->bits == Vocabulary::kApplicator) return row->bits | Vocabulary::kUnevaluated;
  return row->bits;
}

}  // namespace

std::string_view name_of(Dialect dialect) {
  return std::ranges::find(kDialects, dialect, &DialectRow::dialect)->name;
}

std::optional<Dialect> find_dialect(std::string_view uri) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (uri.starts_with(scheme)) {
      uri.remove_prefix(scheme.size());
      break;
    }
  }
  if (uri.ends_with('#')) uri.remove_suffix(1);
  const auto row = std::ranges::find(kDialects, uri, &DialectRow::uri);
  if (row == kDialects.end()) return std::nullopt;
  return row->dialect;
}

std::expected<DialectUse, std::string_view> restrict_dialect(const JsonMembers& vocabulary,
                                                             Dialect base) {
  DialectUse use{.dialect = base, .vocabularies = Vocabulary::kCore};
  for (const auto& [uri, required] : vocabulary) {
    const auto bits = find_vocabulary(uri);
    const bool* is_required = std::get_if<bool>(&required.value);
    if (bits) {
      use.vocabularies |= *bits;
    } else if (is_required == nullptr || *is_required) {
      return std::unexpected(std::string_view(uri));
    }
  }
  return use;
}

}  // namespace diptych::grammar
