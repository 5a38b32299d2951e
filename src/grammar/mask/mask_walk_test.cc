#include "grammar/mask/mask_walk.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "grammar/mask/small_machines_fixture.h"

namespace diptych::grammar {
namespace {

using testing::BracketMachine;
using testing::ids_of;
using testing::StringMachine;
using testing::StringShape;
using testing::target_of;
using testing::tried_one_by_one;

// Words of letters that matter to the machines here, whole and cut characters among them.
std::vector<std::string> random_words(std::uint32_t seed) {
  const std::vector<std::string> pieces = {
      "a",  "b",  "f",    "g",    "z", "(",        ")", "[", "]", "1",        "\"",
      "\\", "\n", "\xC3", "\xA9", "é", "\xE2\x82", "€", " ", "~", "\xF0\x9F", "\x98\x80"};
  std::mt19937 random(seed);
  std::vector<std::string> words = {"aa", "aa",   "a\"",          "\"a",
                                    "()", "\"\"", "aaaaaaaaaaaa", "\xED\xA0\x80"};
  for (int i = 0; i < 1500; ++i) {
    std::string word;
    for (auto length = random() % 6 + 1; length > 0; --length)
      word += pieces[random() % pieces.size()];
    words.push_back(std::move(word));
  }
  return words;
}

struct Case {
  const char* name;
  std::function<std::unique_ptr<Machine>()> make;
};

std::unique_ptr<Machine> string_of(StringShape shape) {
  return std::make_unique<StringMachine>(shape);
}

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"brackets", [] { return std::make_unique<BracketMachine>(); }},
      {"any string", [] { return string_of({}); }},
      {"not uniform", [] { return string_of({.uniform = false}); }},
      {"bounded", [] { return string_of({.length_min = 3, .length_max = 7}); }},
      {"long minimum", [] { return string_of({.length_min = 40}); }},
      {"exactly five", [] { return string_of({.length_min = 5, .length_max = 5}); }},
      {"letters", [] { return string_of({.letters = "abcdefg", .multibyte = false}); }},
      {"letters with é", [] { return string_of({.letters = "abz ~"}); }},
      {"narrow later", [] { return string_of({.narrow_after = 3}); }},
      {"closed by letters", [] { return string_of({.closes = "\"z", .letters = "abcdef"}); }},
  };
  return kCases;
}

TEST(MaskWalk, finds_what_trying_every_token_finds) {
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    const Target target = target_of(random_words(seed));
    for (const Case& example : cases()) {
      const auto machine = example.make();
      std::mt19937 random(seed);
      MaskWalk fast(*target.vocabulary, *machine, *target.masks, {});
      MaskWalk plain(*target.vocabulary, *machine, *target.masks, {.plain_runs = false});
      std::vector<std::uint32_t> row(static_cast<std::size_t>(target.vocabulary->mask_words()));
      MachineState state = machine->start();
      for (int step = 0; step < 60; ++step) {
        const auto expected = tried_one_by_one(*target.vocabulary, *machine, state);
        ASSERT_TRUE(fast.fill(state, row));
        ASSERT_EQ(ids_of(row), expected) << example.name << ", step " << step;
        ASSERT_TRUE(plain.fill(state, row));
        ASSERT_EQ(ids_of(row), expected) << example.name << " byte by byte, step " << step;
        const Token token = expected[random() % expected.size()];
        if (target.vocabulary->is_end(token)) break;
        for (const char byte : target.vocabulary->bytes_of(token)) {
          const MachineState from = state;
          ASSERT_TRUE(machine->next(from, static_cast<std::uint8_t>(byte), state));
        }
      }
    }
  }
}

TEST(MaskWalk, allows_only_what_can_be_closed_in_the_bytes_left) {
  const Target target = target_of(random_words(7));
  for (const Case& example : cases()) {
    const auto machine = example.make();
    MaskWalk walk(*target.vocabulary, *machine, *target.masks, {});
    std::vector<std::uint32_t> row(static_cast<std::size_t>(target.vocabulary->mask_words()));
    MachineState state;
    const auto first =
        static_cast<std::uint8_t>(std::string_view(example.name) == "brackets" ? '(' : '"');
    ASSERT_TRUE(machine->next(machine->start(), first, state));
    for (const std::uint32_t bytes_left : {0U, 1U, 2U, 3U, 4U, 8U, 100U}) {
      ASSERT_TRUE(walk.fill(state, row, bytes_left));
      std::vector<Token> expected;
      for (const Token token : tried_one_by_one(*target.vocabulary, *machine, state)) {
        MachineState at = state;
        for (const char byte : target.vocabulary->bytes_of(token)) {
          const MachineState from = at;
          ASSERT_TRUE(machine->next(from, static_cast<std::uint8_t>(byte), at));
        }
        if (machine->bytes_to_end(at).value() <= bytes_left) expected.push_back(token);
      }
      ASSERT_EQ(ids_of(row), expected) << example.name << ", " << bytes_left << " bytes left";
    }
  }
}

TEST(MaskWalk, stops_with_an_error_when_the_steps_are_spent) {
  const Target target = target_of(random_words(1));
  BracketMachine machine;
  MaskWalk walk(*target.vocabulary, machine, *target.masks, {.steps_max = 10});
  std::vector<std::uint32_t> row(static_cast<std::size_t>(target.vocabulary->mask_words()));
  const Status filled = walk.fill(machine.start(), row);
  ASSERT_FALSE(filled);
  EXPECT_EQ(filled.error().code, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace diptych::grammar
