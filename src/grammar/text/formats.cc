// Every format is a regular language; the terms follow the grammars of the RFCs by name. Where an
// RFC leaves a corner that validators disagree on, the narrower reading is taken: what is written
// under it is valid for all of them.

#include "grammar/text/formats.h"

#include <array>
#include <utility>

#include "grammar/text/format_terms.h"
#include "grammar/text/regex_parser.h"
#include "grammar/text/regex_terms.h"
#include "grammar/text/utf8_text.h"

namespace diptych::grammar {
namespace {

// RFC 3339, section 5.6 and appendix C: days by month, leap years by their last four digits.
TermId date_term(FormatTerms& make) {
  const TermId days = make.pattern(
      "[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
      "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))");
  const TermId leap_day = make.pattern(
      "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29");
  return make.any_of({days, leap_day});
}

// Leap seconds fall on 23:59:60 UTC: taken where the offset is none.
TermId time_term(FormatTerms& make) {
  return make.pattern(
      "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?"
      "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
      "|23:59:60(?:\\.[0-9]+)?(?:[Zz]|[+-]00:00)");
}

TermId date_time_term(FormatTerms& make) {
  return make.sequence({date_term(make), make.pattern("[Tt]"), time_term(make)});
}

TermId duration_term(FormatTerms& make) {  // RFC 3339, appendix A
  const TermId time =
      make.pattern("T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)");
  const TermId date = make.pattern("[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D");
  const TermId weeks = make.pattern("[0-9]+W");
  return make.sequence(
      {make.one('P'), make.any_of({make.sequence({date, make.maybe(time)}), time, weeks})});
}

TermId host_name_term(FormatTerms& make) {  // RFC 1123
  constexpr std::uint32_t kLengthMax = 253;
  const TermId label = make.pattern("[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?");
  const TermId more = make.many(make.sequence({make.one('.'), label}));
  return make.at_most(make.sequence({label, more}), kLengthMax);
}

TermId email_term(FormatTerms& make) {  // RFC 5321: a Dot-string, no quotes, no address literals
  constexpr std::uint32_t kLocalPartMax = 64;
  const TermId atom = make.pattern("[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+");
  const TermId more = make.many(make.sequence({make.one('.'), atom}));
  return make.sequence({make.at_most(make.sequence({atom, more}), kLocalPartMax), make.one('@'),
                        host_name_term(make)});
}

TermId uuid_term(FormatTerms& make) {  // RFC 9562
  return make.pattern("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");
}

TermId json_pointer_term(FormatTerms& make) {  // RFC 6901
  return make.pattern("(?:/(?:[^/~]|~[01])*)*");
}

TermId relative_json_pointer_term(FormatTerms& make) {
  return make.sequence(
      {make.pattern("0|[1-9][0-9]*"), make.any_of({make.one('#'), json_pointer_term(make)})});
}

struct FormatRow {
  std::string_view name;
  TermId (*make)(FormatTerms& make);
};

constexpr std::array kFormats = {
    FormatRow{"date", date_term},
    FormatRow{"date-time", date_time_term},
    FormatRow{"duration", duration_term},
    FormatRow{"email", email_term},
    FormatRow{"hostname", host_name_term},
    FormatRow{"ipv4", ipv4_term},
    FormatRow{"ipv6", ipv6_term},
    FormatRow{"iri", iri_term},
    FormatRow{"iri-reference", iri_reference_term},
    FormatRow{"json-pointer", json_pointer_term},
    FormatRow{"regex", regex_term},
    FormatRow{"relative-json-pointer", relative_json_pointer_term},
    FormatRow{"time", time_term},
    FormatRow{"uri", uri_term},
    FormatRow{"uri-reference", uri_reference_term},
    FormatRow{"uri-template", uri_template_term},
    FormatRow{"uuid", uuid_term},
};

}  // namespace

TermId FormatTerms::pattern(std::string_view rust_regex) {
  constexpr int kDepthMax = 64;
  auto text = decode_utf8(rust_regex);
  if (!text) return TermTable::kNone;
  const auto tree =
      RegexParser(RegexDialect::kRust, std::move(*text), {.unicode = false}, kDepthMax).parse();
  return tree ? RegexTerms(terms_, *tree).matching() : TermTable::kNone;
}

TermId FormatTerms::sequence(std::initializer_list<TermId> parts) {
  TermId whole = TermTable::kEmpty;
  for (auto part = std::rbegin(parts); part != std::rend(parts); ++part) {
    whole = terms_.concat(*part, whole);
  }
  return whole;
}

std::optional<TermId> format_term(TermTable& terms, std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (row.name != name) continue;
    FormatTerms make(terms);
    return row.make(make);
  }
  return std::nullopt;
}

}  // namespace diptych::grammar
