// Every format is a regular language; the patterns follow the grammars of the RFCs by name. Where
// an RFC leaves a corner that validators disagree on, the narrower reading is taken: what is
// written under it is valid for all of them.

#include "grammar/text/formats.h"

#include <array>
#include <string>
#include <utility>

#include "grammar/text/regex_parser.h"
#include "grammar/text/regex_terms.h"
#include "grammar/text/utf8_text.h"

namespace diptych::grammar {
namespace {

using std::string;

string either(std::initializer_list<std::string_view> patterns) {
  string all = "(?:";
  for (const std::string_view pattern : patterns) {
    if (all.size() > 3) all += '|';
    all += pattern;
  }
  return all + ")";
}

string maybe(std::string_view pattern) { return string("(?:") + string(pattern) + ")?"; }
string any_number_of(std::string_view pattern) { return string("(?:") + string(pattern) + ")*"; }

// RFC 3339, section 5.6 and appendix C: days by month, leap years by their last four digits.
string date() {
  constexpr std::string_view kDays =
      "[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
      "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))";
  constexpr std::string_view kLeapDay =
      "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29";
  return either({kDays, kLeapDay});
}

// Leap seconds fall on 23:59:60 UTC: taken where the offset is none.
string time() {
  constexpr std::string_view kFraction = "(?:\\.[0-9]+)?";
  const string offset = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
  return either({string("(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]") + string(kFraction) + offset,
                 string("23:59:60") + string(kFraction) + "(?:[Zz]|[+-]00:00)"});
}

string date_time() { return date() + "[Tt]" + time(); }

string duration() {  // RFC 3339, appendix A
  constexpr std::string_view kTime =
      "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)";
  constexpr std::string_view kDate =
      "(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)";
  return string("P") + either({string(kDate) + maybe(kTime), kTime, "[0-9]+W"});
}

string host_name() {  // RFC 1123; at most 253 characters in all
  const string label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  return label + any_number_of(string("\\.") + label);
}

string local_part() {  // RFC 5321's Dot-string
  constexpr std::string_view kAtom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
  return string(kAtom) + any_number_of(string("\\.") + string(kAtom));
}

string ipv4() {
  constexpr std::string_view kByte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  return string(kByte) + "(?:\\." + string(kByte) + "){3}";
}

string ipv6() {  // RFC 3986, section 3.2.2: by where the :: stands
  const string word = "[0-9A-Fa-f]{1,4}", part = string("(?:") + word + ":)";
  const string last = either({word + ":" + word, ipv4()});
  const auto before = [&](int count) {  // at most so many words before ::
    return count == 0 ? string() : maybe(part + "{0," + std::to_string(count - 1) + "}" + word);
  };
  return either({part + "{6}" + last, before(0) + "::" + part + "{5}" + last,
                 before(1) + "::" + part + "{4}" + last, before(2) + "::" + part + "{3}" + last,
                 before(3) + "::" + part + "{2}" + last, before(4) + "::" + part + last,
                 before(5) + "::" + last, before(6) + "::" + word, before(7) + "::"});
}

string uuid() {  // RFC 9562
  return "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
}

// RFC 3986, and RFC 3987 with its further characters where `wide`.
class UriParts {
 public:
  explicit UriParts(bool wide)
      : more_(wide ? "\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}" + planes() : ""),
        private_(wide ? "\\u{E000}-\\u{F8FF}\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}" : "") {}

  string absolute() const {
    const string hierarchy =
        either({string("//") + authority() + slashed(),
                string("/") + maybe(segment() + "+" + slashed()), segment() + "+" + slashed(), ""});
    return string("[A-Za-z][A-Za-z0-9+.-]*:") + hierarchy + end();
  }
  string reference() const {
    const string relative = either({string("//") + authority() + slashed(),
                                    string("/") + maybe(segment() + "+" + slashed()),
                                    characters("@") + "+" + slashed(), ""});
    return either({absolute(), relative + end()});
  }

 private:
  static string planes() {  // 1 to 14, without the last two code points of each
    string ranges;
    for (const char digit : std::string_view("123456789ABCDE")) {
      const string plane(1, digit);
      const string first = plane == "E" ? "E1000" : plane + "0000";
      ranges += string("\\u{") + first + "}-\\u{" + plane + "FFFD}";
    }
    return ranges;
  }
  string characters(std::string_view further) const {
    return string("(?:[A-Za-z0-9._~!$&'()*+,;=") + more_ + string(further) + "-]|%[0-9A-Fa-f]{2})";
  }
  string segment() const { return characters(":@"); }
  string slashed() const { return any_number_of(string("/") + segment() + "*"); }
  string authority() const {
    const string future = "v[0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+";
    const string host =
        either({string("\\[") + either({ipv6(), future}) + "\\]", characters("") + "*"});
    return maybe(characters(":") + "*@") + host + maybe(":[0-9]*");
  }
  string end() const {
    return maybe(string("\\?") + characters(string(":@/?") + private_) + "*") +
           maybe(string("#") + characters(":@/?") + "*");
  }

  string more_, private_;
};

string uri() { return UriParts(false).absolute(); }
string uri_reference() { return UriParts(false).reference(); }
string iri() { return UriParts(true).absolute(); }
string iri_reference() { return UriParts(true).reference(); }

string uri_template() {  // RFC 6570
  constexpr std::string_view kLiteral =
      "(?:[!#-$&(-;=?-\\[\\]_a-z~\\u{A0}-\\u{D7FF}\\u{E000}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}"
      "\\u{10000}-\\u{1FFFD}]|%[0-9A-Fa-f]{2})";
  constexpr std::string_view kCharacter = "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})";
  const string name = string(kCharacter) + "(?:\\.?" + string(kCharacter) + ")*";
  const string variable = name + "(?:\\*|:[1-9][0-9]{0,3})?";
  const string expression =
      string("\\{[+#./;?&]?") + variable + any_number_of(string(",") + variable) + "\\}";
  return any_number_of(string(kLiteral) + "|" + expression);
}

string json_pointer() { return "(?:/(?:[^/~]|~[01])*)*"; }  // RFC 6901
string relative_json_pointer() { return string("(?:0|[1-9][0-9]*)(?:#|") + json_pointer() + ")"; }

// Part of what ECMA-262 (with the u flag) and its relatives take alike: groups three deep, ranges
// of letters and digits, counts of one digit and of more.
string regex() {
  const auto ordered = [](char first, char last, auto&& pair) {
    string all;
    for (char c = first; c <= last; ++c) {
      if (!all.empty()) all += '|';
      all += pair(c, last);
    }
    return string("(?:") + all + ")";
  };
  const auto range = [](char from, char to) {
    return string(1, from) + "-[" + from + "-" + to + "]";
  };
  const string ranges =
      ordered('0', '9', range) + "|" + ordered('a', 'z', range) + "|" + ordered('A', 'Z', range);
  constexpr std::string_view kEscape =
      "\\\\(?:[dDwWsSnrtfv0^$\\\\.*+?()\\[\\]{}|/-]|x[0-9A-Fa-f]{2}|u[0-9A-Ca-c][0-9A-Fa-f]{3})";
  const string class_item = either({ranges, kEscape, "[^\\\\\\]\\[\\-^]"});
  const string bracket = string("\\[\\^?-?(?:") + class_item + ")+-?\\]";
  const string counts = string("\\{") +
                        either({"[0-9]+,?", "[0-9],[1-9][0-9]+",
                                ordered('0', '9',
                                        [](char from, char to) {
                                          return string(1, from) + ",[" + from + "-" + to + "]";
                                        })}) +
                        "\\}";
  const string quantifier = string("(?:(?:[*+?]|") + counts + ")[?]?)?";
  const string atom = either({"[^\\\\^$.*+?()\\[\\]{}|]", "\\.", kEscape, bracket});
  string level = atom + quantifier + "|[\\^$]|\\\\[bB]";
  for (int depth = 0; depth < 3; ++depth) {
    const string inner = string("(?:") + level + ")*(?:\\|(?:" + level + ")*)*";
    level += string("|\\((?:\\?:)?") + inner + "\\)" + quantifier + "|\\(\\?[=!]" + inner + "\\)";
  }
  return string("(?:") + level + ")*(?:\\|(?:" + level + ")*)*";
}

struct FormatRow {
  std::string_view name;
  string (*pattern)();
  std::uint32_t length_max = kUnbounded;
};

constexpr std::array kFormats = {
    FormatRow{"date", date},
    FormatRow{"date-time", date_time},
    FormatRow{"duration", duration},
    FormatRow{"hostname", host_name, 253},
    FormatRow{"ipv4", ipv4},
    FormatRow{"ipv6", ipv6},
    FormatRow{"iri", iri},
    FormatRow{"iri-reference", iri_reference},
    FormatRow{"json-pointer", json_pointer},
    FormatRow{"regex", regex},
    FormatRow{"relative-json-pointer", relative_json_pointer},
    FormatRow{"time", time},
    FormatRow{"uri", uri},
    FormatRow{"uri-reference", uri_reference},
    FormatRow{"uri-template", uri_template},
    FormatRow{"uuid", uuid},
};

std::optional<TermId> term_of(TermTable& terms, const string& pattern) {
  constexpr int kDepthMax = 64;
  auto text = decode_utf8(pattern);
  const auto tree =
      RegexParser(RegexDialect::kRust, std::move(*text), {.unicode = false}, kDepthMax).parse();
  if (!tree) return std::nullopt;  // a mistake above; the tests build every row
  return RegexTerms(terms, *tree).matching();
}

std::optional<TermId> email(TermTable& terms) {
  constexpr std::uint32_t kLocalPartMax = 64, kHostMax = 253;  // RFC 5321, section 4.5.3.1
  const auto local = term_of(terms, local_part()), host = term_of(terms, host_name());
  if (!local || !host) return std::nullopt;
  const TermId at = terms.char_class(CodePointSet::one(U'@'));
  return terms.concat(terms.both({*local, terms.length(1, kLocalPartMax)}),
                      terms.concat(at, terms.both({*host, terms.length(1, kHostMax)})));
}

}  // namespace

std::optional<TermId> format_term(TermTable& terms, std::string_view name) {
  if (name == "email") return email(terms);
  for (const FormatRow& row : kFormats) {
    if (row.name != name) continue;
    const auto term = term_of(terms, row.pattern());
    if (!term || row.length_max == kUnbounded) return term;
    return terms.both({*term, terms.length(0, row.length_max)});
  }
  return std::nullopt;
}

}  // namespace diptych::grammar
