#include <gtest/gtest.h>

#include <string>

#include "grammar/schema/schema.h"
#include "grammar/text/language.h"

namespace diptych::grammar {
namespace {

struct Row {
  std::string format, text;
  bool valid = false;
};

class FormatRow : public testing::TestWithParam<Row> {};

TEST_P(FormatRow, followsItsRfc) {
  Languages languages{Limits{}};
  const auto language = languages.format(GetParam().format);
  ASSERT_TRUE(language.has_value());
  EXPECT_EQ(languages.accepts(*language, GetParam().text), GetParam().valid)
      << GetParam().format << ": " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Dates, FormatRow,
    testing::Values(Row{"date", "2024-02-29", true}, Row{"date", "2023-02-29", false},
                    Row{"date", "1900-02-29", false}, Row{"date", "2000-02-29", true},
                    Row{"date", "2024-04-31", false}, Row{"date", "2024-13-01", false},
                    Row{"date", "2024-1-1", false}, Row{"time", "12:00:00Z", true},
                    Row{"time", "12:00:00", false}, Row{"time", "24:00:00Z", false},
                    Row{"time", "12:00:00.25+05:30", true}, Row{"time", "12:00:00+24:00", false},
                    Row{"time", "23:59:60Z", true}, Row{"time", "22:59:60Z", false},
                    Row{"date-time", "2024-01-01T00:00:00Z", true},
                    Row{"date-time", "2024-01-01t00:00:00.1-08:00", true},
                    Row{"date-time", "2024-01-01 00:00:00Z", false},
                    Row{"date-time", "2024-01-01T00:00:00", false},
                    Row{"duration", "P1Y2M3DT4H5M6S", true}, Row{"duration", "P2W", true},
                    Row{"duration", "PT1M", true}, Row{"duration", "P", false},
                    Row{"duration", "PT", false}, Row{"duration", "P1D2H", false},
                    Row{"duration", "P1Y1D", false}, Row{"duration", "1D", false}));

INSTANTIATE_TEST_SUITE_P(
    Hosts, FormatRow,
    testing::Values(Row{"hostname", "a-b.example", true}, Row{"hostname", "-a", false},
                    Row{"hostname", "a-", false}, Row{"hostname", "a..b", false},
                    Row{"hostname", "a_b", false}, Row{"hostname", std::string(63, 'a'), true},
                    Row{"hostname", std::string(64, 'a'), false}, Row{"ipv4", "127.0.0.1", true},
                    Row{"ipv4", "256.1.1.1", false}, Row{"ipv4", "01.1.1.1", false},
                    Row{"ipv4", "1.2.3", false}, Row{"ipv6", "::", true}, Row{"ipv6", "::1", true},
                    Row{"ipv6", "1::", true}, Row{"ipv6", "1:2:3:4:5:6:7:8", true},
                    Row{"ipv6", "1:2:3:4:5:6:7", false}, Row{"ipv6", "1::2::3", false},
                    Row{"ipv6", "::ffff:1.2.3.4", true}, Row{"ipv6", "1:2:3:4:5:6:7::", true},
                    Row{"ipv6", "::2:3:4:5:6:7:8", true}, Row{"ipv6", "1:2:3:4::5:6:7:8", false},
                    Row{"ipv6", "fe80::1%eth0", false}, Row{"ipv6", "12345::", false},
                    Row{"email", "a.b+c@d.example", true}, Row{"email", ".a@c.example", false},
                    Row{"email", "a..b@c.example", false}, Row{"email", "a@-c.example", false},
                    Row{"email", "a@", false},
                    Row{"email", std::string(65, 'a') + "@b.example", false},
                    Row{"uuid", "123e4567-e89b-12d3-a456-426614174000", true},
                    Row{"uuid", "123e4567e89b12d3a456426614174000", false}));

TEST(Formats, hostNamesEndAfter253Characters) {
  Languages languages{Limits{}};
  const Language language = *languages.format("hostname");
  std::string name = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' +
                     std::string(63, 'c') + '.' + std::string(61, 'd');
  EXPECT_TRUE(languages.accepts(language, name));
  EXPECT_FALSE(languages.accepts(language, name + 'd'));
}

INSTANTIATE_TEST_SUITE_P(
    References, FormatRow,
    testing::Values(
        Row{"uri", "http://a.example/c?d#e", true}, Row{"uri", "http://a b", false},
        Row{"uri", "//a", false}, Row{"uri", "urn:x:y", true}, Row{"uri", "a:", true},
        Row{"uri", "http://[::1]:80/", true}, Row{"uri", "http://a/%zz", false},
        Row{"uri", "http://a[", false}, Row{"uri", "1a:b", false}, Row{"uri", "http://u:p@h", true},
        Row{"uri-reference", "", true}, Row{"uri-reference", "1:b", false},
        Row{"uri-reference", "./a", true}, Row{"uri-reference", "\\\\a", false},
        Row{"uri-reference", "#x", true}, Row{"iri", "http://\xC3\xBC/\xC3\xA9", true},
        Row{"iri", "http://a b", false}, Row{"iri-reference", "\xC3\xA9", true},
        Row{"uri-template", "http://x/{a}/{+b,c*}{?d:3}", true}, Row{"uri-template", "{", false},
        Row{"uri-template", "{}", false}, Row{"json-pointer", "/a~1b/", true},
        Row{"json-pointer", "", true}, Row{"json-pointer", "a", false},
        Row{"json-pointer", "/~", false}, Row{"relative-json-pointer", "1/a", true},
        Row{"relative-json-pointer", "01/a", false}, Row{"relative-json-pointer", "0#", true},
        Row{"relative-json-pointer", "", false}));

INSTANTIATE_TEST_SUITE_P(Patterns, FormatRow,
                         testing::Values(Row{"regex", "^[a-z]+$", true}, Row{"regex", ".*", true},
                                         Row{"regex", "(a|b)*c{1,3}", true},
                                         Row{"regex", "(", false},
                                         Row{"regex", "^(?!x)[^A-Z\\s]{2,}$", true},
                                         Row{"regex", "*a", false}, Row{"regex", "[z-a]", false},
                                         Row{"regex", "a{3,1}", false}, Row{"regex", "\\", false}));

TEST(Formats, everyKnownFormatHasStringsAndEnforcedRegexesParse) {
  for (const std::string_view name : known_formats()) {
    Languages languages{Limits{}};
    const auto language = languages.format(name);
    ASSERT_TRUE(language.has_value()) << name;
    EXPECT_FALSE(languages.is_empty(*language)) << name;
    EXPECT_FALSE(languages.is_all(*language)) << name;
  }
  EXPECT_FALSE(Languages(Limits{}).format("colour").has_value());
}

}  // namespace
}  // namespace diptych::grammar
