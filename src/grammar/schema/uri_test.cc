#include "grammar/schema/uri.h"

#include <gtest/gtest.h>

namespace diptych::grammar {
namespace {

TEST(Uri, ResolvesAsTheStandardsExamples) {  // RFC 3986, section 5.4
  constexpr std::string_view kBase = "http://a/b/c/d;p?q";
  const std::pair<const char*, const char*> cases[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g..", "http://a/b/c/g.."},
  };
  for (const auto& [reference, expected] : cases) {
    EXPECT_EQ(resolve_uri(kBase, reference), expected) << reference;
  }
}

TEST(Uri, WorksWithoutABase) {
  EXPECT_EQ(resolve_uri("", "#/definitions/a"), "#/definitions/a");
  EXPECT_EQ(resolve_uri("", "folder/item.json"), "folder/item.json");
  EXPECT_EQ(resolve_uri("folder/item.json", "other.json"), "folder/other.json");
  EXPECT_EQ(resolve_uri("urn:uuid:1", "#x"), "urn:uuid:1#x");
}

TEST(Uri, DecodesTheFragment) {
  const SplitUri split = split_fragment("http://a/b#/x%25y/%22z%zz");
  EXPECT_EQ(split.uri, "http://a/b");
  EXPECT_EQ(split.fragment, "/x%y/\"z%zz");
  EXPECT_EQ(split_fragment("a").fragment, "");
  EXPECT_EQ(split_fragment("a#").uri, "a");
}

}  // namespace
}  // namespace diptych::grammar
