#include "text/chat/prompt_tokens.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

// Bytes are tokens 0…255; "<|x|>" is the control token 256, BOS is 257 ("<s>").
class ByteVocabulary final : public Vocabulary {
 public:
  int size() const override { return 258; }
  std::vector<TokenId> tokenize(std::string_view text, SpecialTokens special,
                                BosPolicy bos) const override {
    std::vector<TokenId> tokens;
    if (bos == BosPolicy::kIfModelWants) tokens.push_back(257);
    for (std::size_t i = 0; i < text.size();) {
      if (special == SpecialTokens::kParse && text.substr(i).starts_with("<|x|>")) {
        tokens.push_back(256);
        i += 5;
      } else {
        tokens.push_back(static_cast<unsigned char>(text[i++]));
      }
    }
    return tokens;
  }
  std::vector<TextRange> special_tokens_in(std::string_view text) const override {
    std::vector<TextRange> found;
    for (auto at = text.find("<|x|>"); at != text.npos; at = text.find("<|x|>", at + 5))
      found.push_back({at, at + 5});
    return found;
  }
  const std::string& bytes_of(TokenId token) const override { return token < 256 ? text_ : none_; }
  const std::string& name_of(TokenId) const override { return text_; }
  bool ends_generation(TokenId) const override { return false; }
  TokenId eos() const override { return -1; }

 private:
  const std::string text_ = "?", none_;
};

std::vector<TokenId> bytes(std::string_view text) {
  return ByteVocabulary().tokenize(text, SpecialTokens::kAsText, BosPolicy::kNever);
}

std::vector<TokenId> operator+(std::vector<TokenId> a, const std::vector<TokenId>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(PromptTokens, TemplateControlTokensAreTokens) {
  const ChatPrompt prompt{.text = "<|x|>hi<|x|>", .untrusted = {{5, 7}}, .starts_with_bos = true};
  const std::vector<TokenId> control = {256};
  EXPECT_EQ(tokenize_prompt(prompt, ByteVocabulary()), control + bytes("hi") + control);
}

TEST(PromptTokens, ControlTokensTypedByTheCallerStayText) {
  const ChatPrompt prompt{
      .text = "<|x|>a<|x|>b<|x|>", .untrusted = {{5, 12}}, .starts_with_bos = true};
  const std::vector<TokenId> control = {256};
  EXPECT_EQ(tokenize_prompt(prompt, ByteVocabulary()), control + bytes("a<|x|>b") + control);
}

TEST(PromptTokens, AControlTokenAcrossASpansEdgeStaysText) {
  const ChatPrompt prompt{.text = "<|x|>", .untrusted = {{2, 5}}, .starts_with_bos = true};
  EXPECT_EQ(tokenize_prompt(prompt, ByteVocabulary()), bytes("<|x|>"));
}

TEST(PromptTokens, BosIsAddedOnce) {
  const std::vector<TokenId> bos = {257};
  EXPECT_EQ(tokenize_prompt({.text = "a"}, ByteVocabulary()), bos + bytes("a"));
  EXPECT_EQ(tokenize_prompt({.text = "a", .starts_with_bos = true}, ByteVocabulary()), bytes("a"));
  const ChatPrompt injected{.text = "<|x|>", .untrusted = {{0, 5}}};
  EXPECT_EQ(tokenize_prompt(injected, ByteVocabulary()), bos + bytes("<|x|>"));
}

}  // namespace
}  // namespace diptych
