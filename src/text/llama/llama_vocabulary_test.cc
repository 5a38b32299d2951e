#include "text/llama/llama_vocabulary.h"

#include <gtest/gtest.h>
#include <llama.h>

#include <filesystem>
#include <random>

#include "text/llama/backend.h"
#include "text/llama/llama_handles.h"

namespace diptych {
namespace {

TEST(SpecialSplitter, LongestNamesWinEverywhere) {
  const SpecialSplitter splitter({{"<a>", 1}, {"<a><b>", 2}, {"", 3}});
  const auto fragments = splitter.split("x<a><b><a>y");
  ASSERT_EQ(fragments.size(), 4U);
  EXPECT_EQ(fragments[0].text, "x");
  EXPECT_EQ(fragments[1].token, 2);
  EXPECT_EQ(fragments[2].token, 1);
  EXPECT_EQ(fragments[3].text, "y");
}

TEST(SpecialSplitter, NoNameMeansOneFragment) {
  EXPECT_EQ(SpecialSplitter({{"<a>", 1}}).split("<b> <a ").size(), 1U);
  EXPECT_EQ(SpecialSplitter({}).split("text").front().text, "text");
}

// Splitting and caching must give exactly what the library gives for the whole text.
TEST(LlamaVocabulary, TokenizesLikeTheLibraryInOneCall) {
  if (!std::filesystem::exists(DIPTYCH_CHAT_MODEL)) GTEST_SKIP() << "run tools/bootstrap model";
  load_backends();
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  const LlamaModelPtr model(llama_model_load_from_file(DIPTYCH_CHAT_MODEL, params));
  ASSERT_TRUE(model);
  const LlamaVocabulary vocabulary(model.get());
  const std::vector<std::string> parts = {"<|im_start|>",
                                          "<|im_end|>",
                                          "<|endoftext|>",
                                          "user\n",
                                          "\n",
                                          " ",
                                          "Hello",
                                          "é",
                                          "<|im_",
                                          "end|>",
                                          "123",
                                          "  two",
                                          "\xf0\x9f\x8d\x8e",
                                          "<repo_name>",
                                          "don't",
                                          "\t"};
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto n = random() % 9; n > 0; --n) text += parts[random() % parts.size()];
    std::vector<TokenId> want(text.size() + 8);
    const int count = llama_tokenize(llama_model_get_vocab(model.get()), text.data(),
                                     static_cast<int>(text.size()), want.data(),
                                     static_cast<int>(want.size()), false, true);
    ASSERT_GE(count, 0);
    want.resize(static_cast<std::size_t>(count));
    ASSERT_EQ(vocabulary.tokenize(text, SpecialTokens::kParse, BosPolicy::kNever), want) << text;
  }
}

TEST(FragmentCache, KeepsShortTextsAndStaysBounded) {
  FragmentCache cache;
  cache.add("a", {1});
  cache.add(std::string(FragmentCache::kTextBytesMax + 1, 'x'), {2});
  EXPECT_EQ(cache.find("a"), std::vector<TokenId>{1});
  EXPECT_FALSE(cache.find(std::string(FragmentCache::kTextBytesMax + 1, 'x')));
  for (std::size_t i = 0; i < FragmentCache::kEntriesMax; ++i) cache.add(std::to_string(i), {3});
  EXPECT_FALSE(cache.find("a"));
}

}  // namespace
}  // namespace diptych
