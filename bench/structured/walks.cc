#include "structured/walks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <random>
#include <span>

#include <fmt/format.h>

#include "grammar/schema/json_value.h"

namespace diptych::bench {

namespace {

using Random = std::mt19937_64;
using grammar::MaskView;
using grammar::Token;

std::size_t count_of(MaskView mask) {
  std::size_t count = 0;
  for (const std::uint32_t word : mask) count += static_cast<unsigned>(std::popcount(word));
  return count;
}

Token token_at(MaskView mask, std::size_t rank) {
  for (std::size_t word = 0; word < mask.size(); ++word) {
    const auto here = static_cast<std::size_t>(std::popcount(mask[word]));
    if (rank < here) {
      std::uint32_t rest = mask[word];
      for (; rank > 0; --rank) rest &= rest - 1;
      return static_cast<Token>(word * 32 + static_cast<unsigned>(std::countr_zero(rest)));
    }
    rank -= here;
  }
  return -1;
}

bool has_bit(MaskView mask, Token token) {
  const auto bit = static_cast<std::uint32_t>(token);
  return ((mask[bit / 32] >> (bit % 32)) & 1U) != 0;
}

class Walker {
 public:
  Walker(const grammar::Constraint& constraint, std::uint64_t seed, const WalkOptions& options)
      : matcher_(constraint.start()),
        vocabulary_(constraint.vocabulary()),
        random_(seed),
        options_(options) {
    walk_.seed = seed;
  }

  Walk run() {
    // Every other walk is limited from its first token on, so that both kinds of masks are walked.
    if (walk_.seed % 2 == 1) matcher_.limit_tokens(options_.soft_tokens);
    while (walk_.end == WalkEnd::kSound && !matcher_.ended()) step();
    return std::move(walk_);
  }

 private:
  void stop(WalkEnd end, std::string message) {
    walk_.end = end;
    walk_.message = std::move(message);
  }

  void step() {
    const int count = matcher_.token_count();
    if (count >= options_.hard_tokens) return stop(WalkEnd::kUnfinished, "");
    if (count == options_.soft_tokens) {
      matcher_.limit_tokens(options_.hard_tokens - options_.soft_tokens);
    }
    const auto mask = matcher_.mask();
    if (!mask) return stop(WalkEnd::kDeadEnd, mask.error().message);
    const std::size_t choices = count_of(*mask);
    if (choices == 0) return stop(WalkEnd::kDeadEnd, "an empty mask");
    const Token token = choose(*mask, choices, count >= options_.soft_tokens);
    if (const Status accepted = matcher_.accept(token); !accepted) {
      return stop(WalkEnd::kRefused, accepted.error().message);
    }
    walk_.text += vocabulary_.bytes_of(token);
  }

  Token choose(MaskView mask, std::size_t choices, bool hurry) {
    const Token end = vocabulary_.ends().front();
    if (has_bit(mask, end) && random_() % 3 != 0) return end;
    Token token = token_at(mask, random_() % choices);
    const unsigned tries = hurry ? 24 : static_cast<unsigned>(random_() % 6);
    for (unsigned i = 0; i < tries && !closes(token); ++i) {
      token = token_at(mask, random_() % choices);
    }
    return token;
  }

  bool closes(Token token) const {
    return vocabulary_.bytes_of(token).find_first_of("\"}]") != std::string_view::npos;
  }

  grammar::Matcher matcher_;
  const grammar::VocabularyIndex& vocabulary_;
  Random random_;
  WalkOptions options_;
  Walk walk_;
};

}  // namespace

std::string_view name_of(WalkEnd end) {
  constexpr std::array<std::string_view, 7> kNames = {
      "sound", "unfinished", "dead_end", "refused", "not_json", "violation", "crash"};
  return kNames[static_cast<std::size_t>(end)];
}

Walk walk_once(const grammar::Constraint& constraint, const grammar::Schema& schema,
               std::uint64_t seed, const WalkOptions& options) {
  Walk walk = Walker(constraint, seed, options).run();
  if (walk.end != WalkEnd::kSound) return walk;
  const auto value = grammar::read_json(walk.text);
  if (!value) {
    walk.end = WalkEnd::kNotJson;
    walk.message = value.error().message;
  } else if (const auto violation = grammar::validate(schema, *value)) {
    walk.end = WalkEnd::kViolation;
    walk.message = fmt::format("{} at {} of {}", violation->keyword, violation->schema_pointer,
                               violation->instance_pointer);
  }
  return walk;
}

}  // namespace diptych::bench
