// Addresses and references: RFC 3986; RFC 3987 with its further characters; templates of RFC 6570.

#include <vector>

#include "grammar/text/format_terms.h"

namespace diptych::grammar {
namespace {

CodePointSet characters_of(std::string_view text) {
  std::vector<CodePointRange> ranges;
  for (const char c : text) {
    const auto code_point = static_cast<unsigned char>(c);
    ranges.push_back({code_point, code_point});
  }
  return CodePointSet(std::move(ranges));
}

CodePointSet letters_and_digits() {
  return CodePointSet({{U'0', U'9'}, {U'A', U'Z'}, {U'a', U'z'}});
}

CodePointSet hex_digits() { return CodePointSet({{U'0', U'9'}, {U'A', U'F'}, {U'a', U'f'}}); }

CodePointSet ucs_characters() {  // RFC 3987's ucschar
  std::vector<CodePointRange> ranges{{0xA0, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFEF}};
  for (char32_t plane = 1; plane <= 14; ++plane) {  // without the last two of each
    const char32_t first = plane == 14 ? 0xE1000 : plane << 16U;
    ranges.push_back({first, plane << 16U | 0xFFFD});
  }
  return CodePointSet(std::move(ranges));
}

CodePointSet private_characters() {  // RFC 3987's iprivate
  return CodePointSet({{0xE000, 0xF8FF}, {0xF0000, 0xFFFFD}, {0x100000, 0x10FFFD}});
}

class UriParts {
 public:
  UriParts(FormatTerms& make, bool wide)
      : make_(make),
        unreserved_(letters_and_digits() | characters_of("._~-!$&'()*+,;=") |
                    (wide ? ucs_characters() : CodePointSet())),
        private_(wide ? private_characters() : CodePointSet()),
        escape_(make.sequence(
            {make.one('%'), make.class_of(hex_digits()), make.class_of(hex_digits())})) {
    const TermId segment = make_.any_of({segment_characters(), escape_});
    segments_ = make_.many(make_.sequence({make_.one('/'), make_.many(segment)}));
    const TermId rooted = make_.sequence(
        {make_.one('/'), make_.maybe(make_.sequence({make_.some(segment), segments_}))});
    const TermId with_authority =
        make_.sequence({make_.one('/'), make_.one('/'), authority(), segments_});
    common_ = make_.any_of({with_authority, rooted, make_.nothing()});
    rootless_ = make_.sequence({make_.some(segment), segments_});
    end_ = make_.sequence({make_.maybe(make_.sequence({make_.one('?'), ending(private_)})),
                           make_.maybe(make_.sequence({make_.one('#'), ending({})}))});
  }

  TermId absolute() {
    const TermId scheme = make_.pattern("[A-Za-z][A-Za-z0-9+.-]*:");
    return make_.sequence({scheme, make_.any_of({common_, rootless_}), end_});
  }
  TermId reference() {  // the first segment of a relative path has no colon
    const TermId first =
        make_.some(make_.any_of({make_.class_of(unreserved_ | characters_of("@")), escape_}));
    const TermId relative = make_.any_of({common_, make_.sequence({first, segments_})});
    return make_.any_of({absolute(), make_.sequence({relative, end_})});
  }

 private:
  TermId segment_characters() { return make_.class_of(unreserved_ | characters_of(":@")); }
  TermId ending(const CodePointSet& further) {
    return make_.many(
        make_.any_of({make_.class_of(unreserved_ | characters_of(":@/?") | further), escape_}));
  }
  TermId authority() {
    const TermId future = make_.pattern("v[0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+");
    const TermId literal =
        make_.sequence({make_.one('['), make_.any_of({ipv6_term(make_), future}), make_.one(']')});
    const TermId name = make_.many(make_.any_of({make_.class_of(unreserved_), escape_}));
    const TermId user =
        make_.many(make_.any_of({make_.class_of(unreserved_ | characters_of(":")), escape_}));
    return make_.sequence({make_.maybe(make_.sequence({user, make_.one('@')})),
                           make_.any_of({literal, name}), make_.pattern("(?::[0-9]*)?")});
  }

  FormatTerms& make_;
  CodePointSet unreserved_, private_;
  TermId escape_ = 0, segments_ = 0, common_ = 0, rootless_ = 0, end_ = 0;
};

}  // namespace

TermId ipv4_term(FormatTerms& make) {
  const TermId byte = make.pattern("25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]");
  return make.sequence({byte, make.repeated(make.sequence({make.one('.'), byte}), 3, 3)});
}

TermId ipv6_term(FormatTerms& make) {  // section 3.2.2: by where the :: stands
  constexpr std::uint32_t kWords = 8;
  const TermId word = make.repeated(make.class_of(hex_digits()), 1, 4);
  const TermId colon = make.one(':');
  const TermId part = make.sequence({word, colon});
  const TermId last = make.any_of({make.sequence({part, word}), ipv4_term(make)});
  const auto words = [&](std::uint32_t count) {  // exactly so many; the last two may be IPv4
    if (count == 0) return make.nothing();
    if (count == 1) return word;
    return make.sequence({make.repeated(part, count - 2, count - 2), last});
  };
  TermId all = words(kWords);
  for (std::uint32_t after = 0; after < kWords; ++after) {  // :: stands for one word or more
    const std::uint32_t before = kWords - 1 - after;
    const TermId front =
        before == 0 ? make.nothing()
                    : make.maybe(make.sequence({make.repeated(part, 0, before - 1), word}));
    all = make.any_of({all, make.sequence({front, colon, colon, words(after)})});
  }
  return all;
}

TermId uri_term(FormatTerms& make) { return UriParts(make, false).absolute(); }
TermId uri_reference_term(FormatTerms& make) { return UriParts(make, false).reference(); }
TermId iri_term(FormatTerms& make) { return UriParts(make, true).absolute(); }
TermId iri_reference_term(FormatTerms& make) { return UriParts(make, true).reference(); }

TermId uri_template_term(FormatTerms& make) {
  const CodePointSet literals = CodePointSet({{U'!', U'!'},
                                              {U'#', U'$'},
                                              {U'&', U'&'},
                                              {U'(', U';'},
                                              {U'=', U'='},
                                              {U'?', U'['},
                                              {U']', U']'},
                                              {U'_', U'_'},
                                              {U'a', U'z'},
                                              {U'~', U'~'}}) |
                                ucs_characters() | private_characters();
  const TermId escape = make.pattern("%[0-9A-Fa-f]{2}");
  const TermId character =
      make.any_of({make.class_of(letters_and_digits() | characters_of("_")), escape});
  const TermId name =
      make.sequence({character, make.many(make.sequence({make.maybe(make.one('.')), character}))});
  const TermId variable = make.sequence({name, make.pattern("(?:\\*|:[1-9][0-9]{0,3})?")});
  const TermId expression =
      make.sequence({make.pattern("\\{[+#./;?&]?"), variable,
                     make.many(make.sequence({make.one(','), variable})), make.one('}')});
  return make.many(make.any_of({make.class_of(literals), escape, expression}));
}

}  // namespace diptych::grammar
