#pragma once
// What the grammars of RFCs are written with: small patterns, joined as terms, so that what recurs
// is parsed once and shared.

#include <initializer_list>
#include <optional>
#include <string_view>

#include "grammar/text/term_table.h"

namespace diptych::grammar {

class FormatTerms {
 public:
  explicit FormatTerms(TermTable& terms) : terms_(terms) {}

  TermId pattern(std::string_view rust_regex);  // a mistake in it makes the format empty
  TermId sequence(std::initializer_list<TermId> parts);
  TermId any_of(std::initializer_list<TermId> parts) { return terms_.either(parts); }
  TermId repeated(TermId part, std::uint32_t min, std::uint32_t max) {
    return terms_.repeat(part, min, max);
  }
  TermId many(TermId part) { return terms_.repeat(part, 0, kUnbounded); }
  TermId some(TermId part) { return terms_.repeat(part, 1, kUnbounded); }
  TermId maybe(TermId part) { return terms_.repeat(part, 0, 1); }
  TermId one(char32_t character) { return terms_.char_class(CodePointSet::one(character)); }
  TermId class_of(const CodePointSet& set) { return terms_.char_class(set); }
  TermId at_most(TermId part, std::uint32_t length) {
    return terms_.both({part, terms_.length(0, length)});
  }
  TermId nothing() const { return TermTable::kEmpty; }

 private:
  TermTable& terms_;
};

// format_uri.cc: RFC 3986, RFC 3987, RFC 6570
TermId ipv4_term(FormatTerms& make);
TermId ipv6_term(FormatTerms& make);
TermId uri_term(FormatTerms& make);
TermId uri_reference_term(FormatTerms& make);
TermId iri_term(FormatTerms& make);
TermId iri_reference_term(FormatTerms& make);
TermId uri_template_term(FormatTerms& make);
// format_regex.cc
TermId regex_term(FormatTerms& make);

}  // namespace diptych::grammar
