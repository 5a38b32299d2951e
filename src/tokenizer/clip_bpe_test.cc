#include "tokenizer/clip_bpe.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "formats/testing/npz.h"

namespace diptych {
namespace {

using Ids = std::vector<int>;

Path clip_folder() { return fixture_folder() / "clip_tokenizer"; }

const ClipTokenizer& builtin() {
  static const ClipTokenizer tokenizer = ClipTokenizer::builtin();
  return tokenizer;
}

Ids ids_of(const Json& array) {
  Ids ids;
  for (const Json& id : array.as_array()) ids.push_back(static_cast<int>(id.as_int()));
  return ids;
}

Ids with_start_and_end(const ClipTokenizer& tokenizer, std::string_view text) {
  Ids ids = tokenizer.encode(text);
  ids.insert(ids.begin(), tokenizer.start_id());
  ids.push_back(tokenizer.end_id());
  return ids;
}

void expect_golden(const ClipTokenizer& tokenizer) {
  const auto text = read_file(clip_folder() / "golden.json", 1 << 20);
  ASSERT_TRUE(text) << text.error().message;
  const auto rows = parse_json(*text);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_GT(rows->as_array().size(), 10u);
  for (const Json& row : rows->as_array()) {
    EXPECT_EQ(with_start_and_end(tokenizer, row["text"].as_string()), ids_of(row["untruncated"]))
        << row["text"].as_string();
  }
}

class Folder : public testing::Test {  // an empty one for each test
 protected:
  Folder() : path_(std::filesystem::temp_directory_path() / ("diptych_clip_" + name())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() override { std::filesystem::remove_all(path_); }

  Path write(std::string_view name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  Path path() const { return path_; }

 private:
  static std::string name() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  Path path_;
};

TEST(ClipTokenizer, BuiltInGivesTheReferenceIds) { expect_golden(builtin()); }

TEST(ClipTokenizer, FilesGiveTheReferenceIds) {
  const auto tokenizer = ClipTokenizer::load_folder(clip_folder());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  expect_golden(*tokenizer);
}

TEST(ClipTokenizer, BuiltInVocabularyIsThatOfTheFiles) {
  const auto files =
      read_clip_vocabulary(clip_folder() / "vocab.json", clip_folder() / "merges.txt");
  ASSERT_TRUE(files) << files.error().message;
  const ClipVocabulary built_in = builtin_clip_vocabulary();
  EXPECT_EQ(files->tokens, built_in.tokens);
  EXPECT_EQ(files->merges, built_in.merges);
  EXPECT_EQ(built_in.start_id, 49406);
  EXPECT_EQ(built_in.end_id, 49407);
}

TEST(ClipTokenizer, FollowsThePipelineInItsCorners) {
  const auto text = read_file(DIPTYCH_TEST_DATA "/golden/clip_tokenizer_corners.json", 1 << 20);
  ASSERT_TRUE(text) << text.error().message;
  const auto golden = parse_json(*text);
  ASSERT_TRUE(golden) << golden.error().message;
  for (const Json& row : (*golden)["rows"].as_array()) {
    EXPECT_EQ(builtin().encode(row["text"].as_string()), ids_of(row["ids"]))
        << row["text"].as_string();
  }
}

TEST(ClipTokenizer, BothLayoutsOfFilesAgree) {
  const Path folder = fixture_folder() / "sd1" / "pipeline" / "tokenizer";
  const auto two = ClipTokenizer::load(folder / "vocab.json", folder / "merges.txt");
  const auto one = ClipTokenizer::load(folder / "tokenizer.json");
  ASSERT_TRUE(two) << two.error().message;
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->start_id(), 1012);
  EXPECT_EQ(two->end_id(), 1013);
  for (const std::string_view text : {"a photo of a cat", "<|endoftext|>x", "Ünï 日本 12"}) {
    EXPECT_EQ(one->encode(text), two->encode(text)) << text;
  }
}

TEST(ClipTokenizer, ReadsInvalidUtf8AsReplacementCharacters) {
  EXPECT_EQ(builtin().encode("a \xFF b"), builtin().encode("a \uFFFD b"));
}

TEST(ClipTokenizer, DecodesWhatItEncodes) {
  const std::string_view text = "a café , 日本語 🦊 <|endoftext|>";
  EXPECT_EQ(builtin().decode(builtin().encode(text)), text);
  EXPECT_EQ(builtin().decode(Ids{-1, 1 << 30}), "");
}

TEST(ClipTokenizer, FindsTokensByTheirSpelling) {
  EXPECT_EQ(builtin().id_of("cat</w>"), 2368);
  EXPECT_EQ(builtin().id_of("no such token"), std::nullopt);
  EXPECT_EQ(builtin().token_count(), 49408);
}

TEST(ClipTokenizer, StaysWholeWhenMoved) {
  ClipTokenizer first = ClipTokenizer::builtin();
  const ClipTokenizer second = std::move(first);
  EXPECT_EQ(second.id_of("cat</w>"), 2368);
}

class BadFiles : public Folder {};

TEST_F(BadFiles, AreRefusedWithTheReason) {
  constexpr std::string_view kSpecials = R"("<|startoftext|>":8,"<|endoftext|>":9)";
  struct Case {
    std::string_view vocab, merges, reason;
  };
  const std::string good = std::string(R"({"a":0,"b":1,"ab":2,)").append(kSpecials) + "}";
  const Case cases[] = {
      {"", "", "vocab.json"},
      {"[]", "", "not an object"},
      {R"({"a":-1})", "", "the id of 'a'"},
      {R"({"a":1e9})", "", "the id of 'a'"},
      {R"({"a":2000000})", "", "the id of 'a'"},
      {R"({"a":1,"b":1})", "", "same id 1"},
      {R"({"a":1})", "", "'<|startoftext|>' is not in the vocabulary"},
      {good, "a b\nb a", "'ba' is not in the vocabulary"},
      {good, "a\n", "'a' is not a merge"},
  };
  for (const Case& c : cases) {
    const auto tokenizer =
        ClipTokenizer::load(write("vocab.json", c.vocab), write("merges.txt", c.merges));
    ASSERT_FALSE(tokenizer) << c.vocab;
    EXPECT_NE(tokenizer.error().message.find(c.reason), std::string::npos)
        << tokenizer.error().message;
  }
  EXPECT_TRUE(ClipTokenizer::load(write("vocab.json", good),
                                  write("merges.txt", "#version: 0.2\r\na b\r\n")));
}

TEST_F(BadFiles, OfTheOneFileLayoutAreRefusedWithTheReason) {
  struct Case {
    std::string_view json, reason;
  };
  const Case cases[] = {
      {R"({"model":{"type":"Unigram"}})", "not a CLIP tokenizer"},
      {R"({"model":{"end_of_word_suffix":"</w>","vocab":{"a":0},"merges":[["a"]]}})",
       "a merge is neither"},
      {R"({"model":{"end_of_word_suffix":"</w>","vocab":{"a":0},"merges":[]},
          "added_tokens":[{"id":1,"content":"x","single_word":true}]})",
       "single_word"},
      {R"({"model":{"end_of_word_suffix":"</w>","vocab":{"a":0},"merges":[]},
          "added_tokens":[{"content":"x"}]})",
       "the id of 'x'"},
  };
  for (const Case& c : cases) {
    const auto tokenizer = ClipTokenizer::load(write("tokenizer.json", c.json));
    ASSERT_FALSE(tokenizer) << c.json;
    EXPECT_NE(tokenizer.error().message.find(c.reason), std::string::npos)
        << tokenizer.error().message;
  }
}

TEST_F(BadFiles, MissingOnesAreNotFound) { EXPECT_FALSE(ClipTokenizer::load_folder(path())); }

TEST_F(BadFiles, AddedTokensMayBeSoughtAfterNormalising) {
  const auto tokenizer = ClipTokenizer::load(write("tokenizer.json", R"({
    "model":{"end_of_word_suffix":"</w>","merges":["a b</w>"],
      "vocab":{"a":0,"b":1,"b</w>":2,"ab</w>":3,"<|startoftext|>":8,"<|endoftext|>":9}},
    "added_tokens":[{"id":8,"content":"<|startoftext|>","normalized":true},
                    {"id":9,"content":"<|endoftext|>","normalized":false}]})"));
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->encode("<|STARTOFTEXT|>AB<|endoftext|>"), (Ids{8, 3, 9}));
}

}  // namespace
}  // namespace diptych
