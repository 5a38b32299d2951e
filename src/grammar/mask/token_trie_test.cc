#include "grammar/mask/token_trie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "grammar/mask/small_machines_fixture.h"

namespace diptych::grammar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::vocabulary_of;

TokenTrie trie_of(const std::vector<std::string>& words) {
  std::vector<TokenTrie::Entry> entries;
  for (std::size_t i = 0; i < words.size(); ++i) {
    entries.push_back({.bytes = words[i], .token = static_cast<Token>(i)});
  }
  return TokenTrie(std::move(entries));
}

std::uint32_t find(const TokenTrie& trie, std::string_view bytes) {
  std::uint32_t node = TokenTrie::kRoot;
  for (const char byte : bytes) node = trie.child(node, static_cast<std::uint8_t>(byte));
  return node;
}

TEST(TokenTrie, keeps_each_subtree_and_its_tokens_together) {
  const TokenTrie trie = trie_of({"b", "ab", "abc", "a", "ab"});
  ASSERT_EQ(trie.node_count(), 4U);  // a, ab, abc, b
  EXPECT_THAT(trie.own_tokens(find(trie, "a")), ElementsAre(3));
  EXPECT_THAT(trie.own_tokens(find(trie, "ab")), ElementsAre(1, 4));
  EXPECT_THAT(trie.subtree_tokens(find(trie, "a")), ElementsAre(3, 1, 4, 2));
  EXPECT_THAT(trie.subtree_tokens(find(trie, "b")), ElementsAre(0));
  EXPECT_EQ(trie.child(find(trie, "a"), 'c'), trie.node_count());
  EXPECT_EQ(trie.depth_max(), 3U);
}

TEST(TokenTrie, knows_which_characters_are_before_and_below_a_node) {
  const TokenTrie trie = trie_of({"x\"é\n", "x\"", "x\"abc\xC3", "y\xC3"});
  const std::uint32_t quote = find(trie, "x\"");
  const CharacterClass& below = trie.below(quote);
  EXPECT_TRUE(below.multibyte);
  EXPECT_FALSE(below.whole);
  EXPECT_EQ(below.code_points, 3);
  EXPECT_EQ(below.ascii[0], std::uint64_t{1} << '\n');
  EXPECT_EQ(trie.before(find(trie, "x\"é\n")).code_points, 3);
  EXPECT_TRUE(trie.before(find(trie, "x\"é\n")).whole);
  EXPECT_FALSE(trie.before(find(trie, "x\"é")).whole);
  EXPECT_THAT(trie.first_nodes_of('"'), ElementsAre(quote));
  EXPECT_EQ(trie.run_max_before('"'), 1U);
  EXPECT_THAT(trie.cut_characters(), ElementsAre(find(trie, "x\"abc\xC3"), find(trie, "y\xC3")));
}

TEST(VocabularyIndex, leaves_special_empty_and_end_tokens_out_of_text) {
  const auto index = make_vocabulary_index(vocabulary_of({"abc", "abc"}));
  ASSERT_TRUE(index);
  const VocabularyIndex& vocabulary = **index;
  EXPECT_EQ(vocabulary.size(), 263);
  EXPECT_EQ(vocabulary.mask_words(), 9);
  EXPECT_EQ(vocabulary.bytes_of(256), "abc");
  EXPECT_EQ(vocabulary.bytes_of(258), "");
  EXPECT_EQ(vocabulary.bytes_of(-1), "");
  EXPECT_EQ(vocabulary.bytes_of(263), "");
  EXPECT_TRUE(vocabulary.is_end(258));
  EXPECT_EQ(vocabulary.longest_token(), 3U);
  EXPECT_EQ(vocabulary.trie().node_count(), 258U);
  EXPECT_THAT(vocabulary.trie().own_tokens(find(vocabulary.trie(), "a")), ElementsAre('a'));
}

TEST(VocabularyIndex, cuts_text_into_its_longest_tokens) {
  const auto index = make_vocabulary_index(vocabulary_of({"abc", "ab", "cd"}));
  ASSERT_TRUE(index);
  EXPECT_THAT((*index)->cut("abcdab"), ElementsAre(256, 'd', 257));
  EXPECT_THAT((*index)->cut(""), IsEmpty());
}

TEST(VocabularyIndex, has_a_digest_of_all_that_matters) {
  const auto digest = [](VocabularySource source) {
    return (*make_vocabulary_index(std::move(source)))->digest();
  };
  const VocabularySource source = vocabulary_of({"ab", "c"});
  EXPECT_EQ(digest(source), digest(vocabulary_of({"ab", "c"})));
  EXPECT_NE(digest(source), digest(vocabulary_of({"a", "bc"})));
  VocabularySource more_ends = source;
  more_ends.ends.push_back(0);
  EXPECT_NE(digest(source), digest(more_ends));
  VocabularySource special = source;
  special.tokens[256].special = true;
  EXPECT_NE(digest(source), digest(special));
}

TEST(VocabularyIndex, refuses_what_is_no_vocabulary) {
  const auto none = make_vocabulary_index({});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().param, "tokens");
  const auto end = make_vocabulary_index({.tokens = {{.bytes = "a"}}, .ends = {1}});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().param, "ends");
}

}  // namespace
}  // namespace diptych::grammar
