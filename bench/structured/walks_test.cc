#include "structured/walks.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "structured/vocabulary_file.h"

namespace diptych::bench {
namespace {

std::vector<std::string> schemas() {
  std::ifstream file(DIPTYCH_TEST_DATA "/grammar/walk_schemas.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// Single bytes, and words that cross the borders of a document's parts.
grammar::Target vocabulary() {
  grammar::VocabularySource source = byte_vocabulary();
  for (const char* word :
       {"{\"",  "\":",   "\": ", "\",",   "\", \"", "\"}", "\"]",  "}}",       "]}",  "[[", "[{",
        "true", "false", "null", " null", "a\"",    "ab",  "abc",  "x_",       "-1",  "10", "000",
        "0.5",  "e1",    "\\u",  "\\\"",  "\\n",    "é",   "\xC3", "\xF0\x9F", "\n  "}) {
    source.tokens.push_back({.bytes = word});
  }
  return {.vocabulary = *grammar::make_vocabulary_index(std::move(source)),
          .masks = grammar::make_mask_store()};
}

void expect_sound(const grammar::Policy& policy) {
  const grammar::Target target = vocabulary();
  const grammar::CompileOptions options{.policy = policy};
  int compiled = 0;
  for (const std::string& text : schemas()) {
    const auto schema = grammar::read_schema(text, options);
    ASSERT_TRUE(schema) << text;
    const auto constraint = grammar::compile({.text = text}, target, options);
    if (!constraint) continue;  // refused: sound
    ++compiled;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      const Walk walk = walk_once(*constraint, *schema, seed, {.soft_tokens = 40});
      EXPECT_TRUE(walk.end == WalkEnd::kSound || walk.end == WalkEnd::kUnfinished)
          << name_of(walk.end) << ": " << walk.message << "\n"
          << text << "\n"
          << walk.text;
    }
  }
  EXPECT_GE(compiled, 35);
}

TEST(Walks, end_in_valid_documents) { expect_sound({}); }

TEST(Walks, end_in_valid_documents_in_any_spelling_and_order) {
  expect_sound({.order = grammar::KeyOrder::kAny,
                .whitespace = grammar::Whitespace::kAny,
                .escapes = grammar::Escapes::kComplete,
                .numbers = grammar::Numbers::kComplete});
}

// The judge can tell: a machine of one schema, judged by another.
TEST(Walks, tell_when_a_document_does_not_hold) {
  const auto strict = grammar::read_schema(R"({"type": "integer", "minimum": 7})", {});
  ASSERT_TRUE(strict);
  const auto loose = grammar::compile({.text = R"({"enum": ["a"]})"}, vocabulary(), {});
  ASSERT_TRUE(loose);
  EXPECT_EQ(walk_once(*loose, *strict, 1).end, WalkEnd::kViolation);
}

}  // namespace
}  // namespace diptych::bench
