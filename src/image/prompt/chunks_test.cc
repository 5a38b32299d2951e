#include "image/prompt/chunks.h"

#include <gtest/gtest.h>

#include "image/prompt/words_fixture.h"

namespace diptych {
namespace {

ChunkedText chunked(std::string_view text, const ChunkOptions& options = {},
                    const Tokenize& tokenize = word_tokenizer()) {
  const auto parsed = parse_attention(text, {});
  auto result = make_chunks(parsed->terms[0].pieces, tokenize, options);
  EXPECT_TRUE(result.has_value());
  return result ? std::move(*result) : ChunkedText{};
}

std::vector<std::size_t> lengths(const ChunkedText& text) {
  std::vector<std::size_t> result;
  for (const PromptChunk& chunk : text.chunks) result.push_back(chunk.tokens.size());
  return result;
}

TEST(Chunks, HoldSeventyFiveTokens) {
  using L = std::vector<std::size_t>;
  const std::vector<std::tuple<std::string, L, int>> cases = {
      {words(80), {75, 5}, 80},
      {words(69) + ", " + words(10), {70, 10}, 85},
      {words(40) + ", " + words(39), {75, 5}, 80},
      {"a BREAK b", {1, 1}, 76},
      {words(75), {75}, 75},
      {words(75) + ",", {75, 1}, 76},
      {"", {0}, 0},
      {"a BREAK BREAK b", {1, 0, 1}, 151},
      {"a BREAK", {1}, 75},
  };
  for (const auto& [text, expected, count] : cases) {
    const ChunkedText result = chunked(text);
    EXPECT_EQ(lengths(result), expected) << text;
    EXPECT_EQ(result.token_count, count) << text;
  }
}

TEST(Chunks, CommaBacktrackCanBeSwitchedOff) {
  EXPECT_EQ(lengths(chunked(words(69) + ", " + words(10), {.comma_backtrack = 0})),
            (std::vector<std::size_t>{75, 5}));
}

TEST(Chunks, TokensKeepTheirWeights) {
  const ChunkedText result = chunked("a (b c:1.5) [d]");
  ASSERT_EQ(result.chunks.size(), 1U);
  const std::vector<float> expected = {1, 1.5F, 1.5F, static_cast<float>(1 / 1.1)};
  EXPECT_EQ(result.chunks[0].weights, expected);
  const auto rows = encoder_weights(result.chunks[0]);
  ASSERT_EQ(rows.size(), 77U);
  EXPECT_EQ(rows[0], 1);
  EXPECT_EQ(rows[2], 1.5F);
  EXPECT_EQ(rows[5], 1);
}

TEST(Chunks, EncodersPadInTheirOwnWay) {
  const PromptChunk chunk{.tokens = {7, 8}, .weights = {1, 1}, .embeddings = {}};
  const auto clip = encoder_ids(chunk, {});
  const auto open_clip = encoder_ids(chunk, {.padding = 0});
  ASSERT_EQ(clip.size(), 77U);
  EXPECT_EQ((std::vector(clip.begin(), clip.begin() + 5)),
            (std::vector{49406, 7, 8, 49407, 49407}));
  EXPECT_EQ(clip.back(), 49407);
  EXPECT_EQ((std::vector(open_clip.begin(), open_clip.begin() + 5)),
            (std::vector{49406, 7, 8, 49407, 0}));
  EXPECT_EQ(open_clip.back(), 0);
  const PromptChunk full{.tokens = std::vector(75, 5), .weights = std::vector(75, 1.0F)};
  EXPECT_EQ(encoder_ids(full, {.padding = 0}).back(), 49407);
}

TEST(Chunks, ShorterPromptsArePaddedWithEmptyOnes) {
  std::vector<PromptChunk> chunks = chunked("a").chunks;
  pad_chunks(chunks, 3);
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_TRUE(chunks[2].tokens.empty());
  pad_chunks(chunks, 1);
  EXPECT_EQ(chunks.size(), 3U);
}

class EmbeddingChunks : public testing::Test {
 protected:
  Tokenize tokenize_ = word_tokenizer();
  EmbeddingTable table_{{{"bad", 2}, {"bad-hands", 3}, {"wide", 75}, {"too_wide", 76}, {" ", 1}},
                        tokenize_};
  ChunkOptions options_{.embeddings = &table_};
};

TEST_F(EmbeddingChunks, TakeAPlaceForEveryVector) {
  const ChunkedText result = chunked("a (bad:1.2) b", options_, tokenize_);
  ASSERT_EQ(result.chunks.size(), 1U);
  const PromptChunk& chunk = result.chunks[0];
  EXPECT_EQ(chunk.embeddings, (std::vector<EmbeddingUse>{{1, 0, 2}}));
  EXPECT_EQ(chunk.tokens.size(), 4U);
  EXPECT_EQ(chunk.tokens[1], 0);
  EXPECT_EQ(chunk.tokens[2], 0);
  EXPECT_EQ(chunk.weights, (std::vector<float>{1, 1.2F, 1.2F, 1}));
}

TEST_F(EmbeddingChunks, TheLongestNameWins) {
  const ChunkedText result = chunked("bad-hands bad", options_, tokenize_);
  EXPECT_EQ(result.chunks[0].embeddings, (std::vector<EmbeddingUse>{{0, 1, 3}, {3, 0, 2}}));
}

TEST_F(EmbeddingChunks, OneThatDoesNotFitBeginsAChunk) {
  EXPECT_EQ(lengths(chunked(words(74) + "bad", options_, tokenize_)),
            (std::vector<std::size_t>{74, 2}));
  EXPECT_EQ(lengths(chunked("a wide b", options_, tokenize_)),
            (std::vector<std::size_t>{1, 75, 1}));
  const auto parsed = parse_attention("too_wide", {});
  const auto refused = make_chunks(parsed->terms[0].pieces, tokenize_, options_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("too_wide"), std::string::npos);
}

TEST_F(EmbeddingChunks, MoveWithTheTextBehindAComma) {
  const ChunkedText result = chunked(words(69) + ", bad " + words(10), options_, tokenize_);
  ASSERT_EQ(lengths(result), (std::vector<std::size_t>{70, 12}));
  EXPECT_TRUE(result.chunks[0].embeddings.empty());
  EXPECT_EQ(result.chunks[1].embeddings, (std::vector<EmbeddingUse>{{0, 0, 2}}));
}

TEST(Chunks, HaveALimit) {
  const auto parsed = parse_attention(words(1024 * 75 + 1), {});
  const auto refused = make_chunks(parsed->terms[0].pieces, word_tokenizer(), {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().param, "prompt");
}

}  // namespace
}  // namespace diptych
