#include "base/base64.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

struct Case {
  std::string_view bytes, text;
};

// RFC 4648, section 10.
constexpr Case kCases[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

TEST(Base64, EncodesAndDecodesTheExamplesOfTheRfc) {
  for (const Case& c : kCases) {
    EXPECT_EQ(base64_encode(c.bytes), c.text);
    ASSERT_TRUE(base64_decode(c.text)) << c.text;
    EXPECT_EQ(*base64_decode(c.text), c.bytes);
  }
}

TEST(Base64, RoundTripsEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  for (int length = 253; length <= 256; ++length) {
    const auto part = bytes.substr(0, static_cast<std::size_t>(length));
    EXPECT_EQ(*base64_decode(base64_encode(part)), part);
  }
}

TEST(Base64, RefusesWhatIsNotStrictAndNamesTheOffset) {
  struct Bad {
    std::string_view text, words;
  };
  constexpr Bad kBad[] = {
      {"Zg", "byte 2"},         {"Zg=", "byte 3"},      {"Zm9v\n", "byte 5"},
      {"Zm=v", "byte 2"},       {"Zm-v", "byte 2"},     {"====", "byte 0"},
      {"Z===", "byte 1"},       {"Zh==", "stray bits"}, {"Zm9=", "stray bits"},
      {"\xC3\xA9==", "byte 0"},
  };
  for (const Bad& bad : kBad) {
    const auto decoded = base64_decode(bad.text);
    ASSERT_FALSE(decoded) << bad.text;
    EXPECT_EQ(decoded.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(decoded.error().message.find(bad.words), std::string::npos)
        << decoded.error().message;
  }
}

}  // namespace
}  // namespace diptych
