#include "base/hash.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

// FIPS 180-4 examples.
constexpr std::string_view kOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kOfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(to_hex(sha256("")), kOfNothing);
  EXPECT_EQ(to_hex(sha256("abc")), kOfAbc);
}

TEST(Sha256Stream, DoesNotCareHowTheBytesArrive) {
  const std::string_view text = "abc";
  Sha256Stream stream;
  stream.update(std::as_bytes(std::span(text.substr(0, 1))));
  stream.update({});
  stream.update(std::as_bytes(std::span(text.substr(1))));
  EXPECT_EQ(to_hex(stream.finish()), kOfAbc);
}

TEST(EqualInConstantTime, ComparesWholeStrings) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secret2"));
}

}  // namespace
}  // namespace diptych
