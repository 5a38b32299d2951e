#include "image/prompt/styles.h"

#include <gtest/gtest.h>

#include "image/prompt/comments.h"

namespace diptych {
namespace {

TEST(Styles, WrapOrFollowThePrompt) {
  const auto a1111 = [](std::string_view style, std::string_view prompt) {
    return apply_style(style, prompt, StyleJoin::kComma);
  };
  EXPECT_EQ(a1111("photo of {prompt}, 8k", "cat"), "photo of cat, 8k");
  EXPECT_EQ(a1111("{prompt} and {prompt}", "{prompt}"), "{prompt} and {prompt}");
  EXPECT_EQ(a1111("8k", "cat"), "cat, 8k");
  EXPECT_EQ(a1111("8k", "cat,"), "cat,, 8k");
  EXPECT_EQ(a1111("8k", ""), "8k");
  EXPECT_EQ(a1111("", " cat "), "cat");
  EXPECT_EQ(apply_style("8k", "cat,", StyleJoin::kTidyComma), "cat, 8k");
  EXPECT_EQ(apply_style("8k", "cat", StyleJoin::kTidyComma), "cat, 8k");
}

TEST(Comments, AreRemoved) {
  const auto blocks = [](std::string_view text) {
    return remove_comments(text, LineComments::kText);
  };
  EXPECT_EQ(blocks("a /* b\nc */ d /**/"), "a  d ");
  EXPECT_EQ(blocks("a /* b"), "a /* b");
  EXPECT_EQ(blocks("/*/ a"), "/*/ a");
  EXPECT_EQ(blocks("a # b"), "a # b");
  EXPECT_EQ(remove_comments("a # b\n# c\n\nd#", LineComments::kRemoved), "a \n\nd");
}

}  // namespace
}  // namespace diptych
