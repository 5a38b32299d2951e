#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "grammar/constraint.h"
#include "grammar/mask/small_machines_fixture.h"

namespace diptych::grammar {
namespace {

using testing::BracketMachine;
using ::testing::ElementsAre;
using testing::ids_of;
using ::testing::IsEmpty;
using testing::StringMachine;
using testing::StringShape;
using testing::target_of;
using testing::tried_one_by_one;

constexpr Token kEnd = 259;  // of the vocabulary below
constexpr Token kOpenOpen = 256, kCloseClose = 257, kOpenA = 258;

Constraint brackets() {
  return constrain(std::make_unique<BracketMachine>(), target_of({"((", "))", "(a"}), {});
}
Constraint string_constraint(const StringShape& shape, const Target& target) {
  return constrain(std::make_unique<StringMachine>(shape), target, {});
}

bool allows(Matcher& matcher, Token token) {
  const auto mask = matcher.mask();
  return mask && has_bit(*mask, token);
}

TEST(Matcher, offers_what_may_come_and_takes_it) {
  const Constraint constraint = brackets();
  Matcher matcher = constraint.start();
  EXPECT_THAT(ids_of(*matcher.mask()), ElementsAre('(', '[', kOpenOpen, kOpenA, kEnd));
  ASSERT_TRUE(matcher.accept(kOpenOpen));
  EXPECT_THAT(ids_of(*matcher.mask()),
              ElementsAre('(', ')', '[', 'a', kOpenOpen, kCloseClose, kOpenA));
  EXPECT_FALSE(matcher.may_end());
  ASSERT_TRUE(matcher.accept(kCloseClose));
  EXPECT_TRUE(matcher.may_end());
}

TEST(Matcher, keeps_its_state_when_a_token_may_not_come) {
  Matcher matcher = brackets().start();
  ASSERT_TRUE(matcher.accept('('));
  for (const Token token : {Token{']'}, kEnd, Token{260}, Token{261}, Token{-1}, Token{1 << 20}}) {
    const Status accepted = matcher.accept(token);
    ASSERT_FALSE(accepted) << token;
    EXPECT_EQ(accepted.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(matcher.token_count(), 1);
  EXPECT_TRUE(matcher.accept(')'));
}

TEST(Matcher, offers_the_end_alone_once_ended) {
  Matcher matcher = brackets().start();
  ASSERT_TRUE(matcher.accept(kEnd));
  EXPECT_TRUE(matcher.ended());
  EXPECT_THAT(ids_of(*matcher.mask()), ElementsAre(kEnd));
  EXPECT_FALSE(matcher.accept('('));
  EXPECT_TRUE(matcher.accept(kEnd));
  EXPECT_THAT(matcher.forced_bytes(), IsEmpty());
}

TEST(Matcher, takes_tokens_back_also_past_the_end) {
  Matcher matcher = brackets().start();
  for (const Token token : {Token{'('}, Token{')'}, kEnd, kEnd}) ASSERT_TRUE(matcher.accept(token));
  ASSERT_TRUE(matcher.rollback(1));
  EXPECT_TRUE(matcher.ended());
  ASSERT_TRUE(matcher.rollback(2));
  EXPECT_FALSE(matcher.ended());
  EXPECT_FALSE(matcher.may_end());
  EXPECT_TRUE(allows(matcher, ')'));
  EXPECT_EQ(matcher.token_count(), 1);
  EXPECT_FALSE(matcher.rollback(2));
  EXPECT_FALSE(matcher.rollback(-1));
  EXPECT_TRUE(matcher.rollback(1));
  EXPECT_EQ(matcher.token_count(), 0);
}

TEST(Matcher, forks_into_texts_of_their_own) {
  Matcher matcher = brackets().start();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(matcher.accept('('));
  Matcher fork = matcher;
  ASSERT_TRUE(fork.accept(')'));
  ASSERT_TRUE(matcher.accept('['));
  EXPECT_TRUE(allows(fork, ')'));
  EXPECT_FALSE(allows(fork, ']'));
  EXPECT_TRUE(allows(matcher, ']'));
  EXPECT_FALSE(allows(matcher, ')'));
  ASSERT_TRUE(fork.rollback(21));
  EXPECT_TRUE(fork.may_end());
  EXPECT_EQ(matcher.token_count(), 21);
}

// Any mixture of accept, rollback and fork leaves the state that replaying the tokens gives.
TEST(Matcher, is_where_its_tokens_lead_whatever_was_taken_back) {
  const Target target = target_of({"((", "))", "(a", "[[", "a)"});
  const Constraint constraint = constrain(std::make_unique<BracketMachine>(), target, {});
  std::mt19937 random(5);
  Matcher matcher = constraint.start();
  std::vector<Token> tokens;
  for (int round = 0; round < 400; ++round) {
    if (random() % 4 == 0) {
      const auto count = random() % (tokens.size() + 1);
      ASSERT_TRUE(matcher.rollback(static_cast<int>(count)));
      tokens.resize(tokens.size() - count);
    }
    if (random() % 8 == 0) {
      Matcher fork = matcher;
      matcher = fork;
    }
    const auto ids = ids_of(*matcher.mask());
    tokens.push_back(ids[random() % ids.size()]);
    ASSERT_TRUE(matcher.accept(tokens.back()));
    Matcher replayed = constraint.start();
    ASSERT_EQ(replayed.count_accepted(tokens), static_cast<int>(tokens.size()));
    for (const Token token : tokens) ASSERT_TRUE(replayed.accept(token));
    ASSERT_EQ(ids_of(*replayed.mask()), ids_of(*matcher.mask()));
    ASSERT_EQ(replayed.may_end(), matcher.may_end());
  }
}

TEST(Matcher, counts_what_it_would_accept) {
  Matcher matcher = brackets().start();
  const std::vector<Token> tokens = {'(', ')', kEnd, kEnd, '('};
  EXPECT_EQ(matcher.count_accepted(tokens), 4);
  EXPECT_EQ(matcher.count_accepted(std::vector<Token>{kOpenOpen, ']'}), 1);
  EXPECT_EQ(matcher.token_count(), 0);
  EXPECT_FALSE(matcher.ended());
}

// Masks through the caches are the masks of the definition, for grammars that share a store.
TEST(Matcher, gives_the_same_masks_from_its_caches) {
  std::mt19937 random(11);
  const Target target = target_of({"aa", "a\"", "\"a", "bcd", "é", "é\"", "a\xC3", "\\n", "n\\"});
  for (int round = 0; round < 6; ++round) {
    const StringShape shape{.length_min = static_cast<std::uint64_t>(round),
                            .length_max = round % 2 == 0 ? std::uint64_t{8} : std::uint64_t{1000}};
    StringMachine machine(shape);
    const Constraint constraint = string_constraint(shape, target);
    for (int text = 0; text < 20; ++text) {
      Matcher matcher = constraint.start();
      MachineState state = machine.start();
      while (!matcher.ended()) {
        const auto ids = ids_of(*matcher.mask());
        ASSERT_EQ(ids, tried_one_by_one(*target.vocabulary, machine, state));
        const Token token = ids[random() % ids.size()];
        ASSERT_TRUE(matcher.accept(token));
        for (const char byte : target.vocabulary->bytes_of(token)) {
          const MachineState from = state;
          ASSERT_TRUE(machine.next(from, static_cast<std::uint8_t>(byte), state));
        }
        if (matcher.token_count() > 40) break;
      }
    }
    EXPECT_GT(constraint.stats().mask_hits, 0U);
  }
}

TEST(Matcher, shares_masks_between_grammars) {
  const Target target = target_of({"aa", "a\""});
  const auto first_mask = [&] {
    const Constraint constraint = string_constraint({}, target);
    EXPECT_TRUE(constraint.start().mask());
    return constraint.stats();
  };
  EXPECT_EQ(first_mask().store_hits, 0U);
  EXPECT_EQ(first_mask().store_hits, 1U);
}

TEST(Matcher, says_which_bytes_are_forced) {
  const Target target = target_of({"))", ")))"});
  Matcher matcher =
      string_constraint({.length_min = 2, .length_max = 2, .letters = "a", .multibyte = false},
                        target)
          .start();
  EXPECT_EQ(matcher.forced_bytes(), "\"");
  ASSERT_TRUE(matcher.accept('"'));
  EXPECT_EQ(matcher.forced_bytes(), "");  // a or a backslash
  ASSERT_TRUE(matcher.accept('a'));
  ASSERT_TRUE(matcher.accept('a'));
  EXPECT_EQ(matcher.forced_bytes(), "\"");
  ASSERT_TRUE(matcher.accept('"'));
  EXPECT_EQ(matcher.forced_bytes(), "");
}

TEST(Matcher, forces_no_token_that_a_longer_one_could_replace) {
  const StringShape shape{.length_min = 1, .length_max = 1, .letters = "a", .multibyte = false};
  Matcher open = string_constraint(shape, target_of({"aa", "\"a"})).start();
  EXPECT_EQ(open.forced_bytes(), "\"");
  EXPECT_THAT(open.forced_tokens(), IsEmpty());  // "a may be what the model would write
  Matcher closed = string_constraint(shape, target_of({"aa"})).start();
  EXPECT_THAT(closed.forced_tokens(), ElementsAre('"'));
}

TEST(Matcher, closes_in_time_under_a_token_limit) {
  const Constraint constraint = brackets();
  std::mt19937 random(3);
  for (int limit = 3; limit < 24; ++limit) {
    Matcher matcher = constraint.start();
    matcher.limit_tokens(limit);
    while (!matcher.ended() && matcher.token_count() <= limit) {
      const auto ids = ids_of(*matcher.mask());
      ASSERT_TRUE(matcher.accept(ids[random() % ids.size()]));
    }
    EXPECT_LE(matcher.token_count(), limit);
  }
}

TEST(Matcher, shows_the_masks_of_a_batch_at_once) {
  const Constraint constraint = brackets();
  Matcher first = constraint.start(), second = constraint.start();
  ASSERT_TRUE(second.accept('['));
  const std::array<Matcher*, 2> matchers = {&first, &second};
  std::array<MaskView, 2> views;
  ASSERT_TRUE(fill_masks(matchers, views));
  EXPECT_FALSE(has_bit(views[0], ']'));
  EXPECT_TRUE(has_bit(views[1], ']'));
}

TEST(Matcher, names_a_vocabulary_that_cannot_go_on) {
  VocabularySource source{.tokens = {{.bytes = "("}, {.bytes = "x"}}};
  const Target target{.vocabulary = *make_vocabulary_index(source), .masks = make_mask_store()};
  Matcher matcher = string_constraint({}, target).start();
  const auto mask = matcher.mask();
  ASSERT_FALSE(mask);
  EXPECT_EQ(mask.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace diptych::grammar
