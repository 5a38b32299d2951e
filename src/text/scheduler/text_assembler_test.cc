#include "text/scheduler/text_assembler.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/unicode.h"
#include "text/engine_script.h"

namespace diptych {
namespace {

struct Outcome {
  std::string text, stop_matched;
  std::vector<TokenId> logprob_tokens;
  bool stopped = false;
  std::size_t longest_held = 0;
};

Outcome assemble(const ScriptVocabulary& vocabulary, const GenerationRequest& request,
                 const std::vector<TokenId>& tokens) {
  TextAssembler assembler(vocabulary, request);
  Outcome outcome;
  std::size_t bytes = 0;
  for (TokenId token : tokens) {
    Delta delta;
    bytes += vocabulary.bytes_of(token).size();
    outcome.stopped = assembler.push(token, TokenLogprob{.token = token, .top = {}},
                                     TextAssembler::Stops::kMatch, delta);
    EXPECT_TRUE(is_valid_utf8(delta.text));
    outcome.text += delta.text;
    outcome.stop_matched += delta.stop_matched;
    for (const TokenLogprob& item : delta.tokens) outcome.logprob_tokens.push_back(item.token);
    if (outcome.stopped) break;
    if (outcome.text.size() < bytes)
      outcome.longest_held = std::max(outcome.longest_held, bytes - outcome.text.size());
  }
  Delta last;
  assembler.finish(last);
  outcome.text += last.text;
  for (const TokenLogprob& item : last.tokens) outcome.logprob_tokens.push_back(item.token);
  return outcome;
}

std::vector<TokenId> bytes_as_tokens(std::string_view text) {
  std::vector<TokenId> tokens;
  for (char c : text) tokens.push_back(static_cast<unsigned char>(c));
  return tokens;
}

TEST(TextAssembler, HoldsBackUnfinishedCharacters) {
  const ScriptVocabulary vocabulary({});
  TextAssembler assembler(vocabulary, {});
  const std::string euro = "€";
  Delta delta;
  for (std::size_t i = 0; i < euro.size(); ++i) {
    EXPECT_EQ(delta.text, "");
    assembler.push(static_cast<unsigned char>(euro[i]), TokenLogprob{.top = {}},
                   TextAssembler::Stops::kMatch, delta);
  }
  EXPECT_EQ(delta.text, euro);
  EXPECT_EQ(delta.tokens.size(), 3u) << "all tokens of a character leave with it";
}

TEST(TextAssembler, BytesThatAreNoTextBecomeReplacementCharacters) {
  const ScriptVocabulary vocabulary({});
  EXPECT_EQ(assemble(vocabulary, {}, {'a', 0xFF, 'b'}).text, "a\uFFFDb");
  EXPECT_EQ(assemble(vocabulary, {}, {'a', 0xE2, 0x82}).text, "a\uFFFD") << "cut by the end";
}

struct StopCase {
  std::vector<std::string> stops;
  std::string said, text, matched;
};

TEST(TextAssembler, CutsAtStopStringsAcrossTokens) {
  const ScriptVocabulary vocabulary({"ab", "cab", "\n\nUser", ":"});
  const StopCase cases[] = {
      {{"END"}, "one END two", "one ", "END"}, {{"END"}, "one EN", "one EN", ""},
      {{"aab"}, "aaab", "a", "aab"},           {{"abab", "b"}, "xabab", "xa", "b"},
      {{"b", "ab"}, "xab", "x", "ab"},         {{"é"}, "caf\xC3\xA9!", "caf", "é"},
  };
  for (const StopCase& c : cases) {
    GenerationRequest request;
    request.stops = c.stops;
    const Outcome outcome = assemble(vocabulary, request, bytes_as_tokens(c.said));
    EXPECT_EQ(outcome.text, c.text) << c.said;
    EXPECT_EQ(outcome.stop_matched, c.matched) << c.said;
  }
}

TEST(TextAssembler, IncludeStopKeepsItAndNothingAfterIt) {
  const ScriptVocabulary vocabulary({"END two"});
  GenerationRequest request;
  request.stops = {"END"};
  request.include_stop = true;
  EXPECT_EQ(assemble(vocabulary, request, {'a', ScriptVocabulary::kFirstPiece}).text, "aEND");
}

// The oracle reads byte by byte and looks for every stop at the end of what it has, longest first.
Outcome oracle(const std::string& said, const std::vector<std::string>& stops) {
  Outcome outcome;
  for (std::size_t end = 1; end <= said.size(); ++end) {
    const std::string so_far = said.substr(0, end);
    for (const std::string& stop : stops)
      if (so_far.ends_with(stop) && stop.size() > outcome.stop_matched.size())
        outcome.stop_matched = stop;
    if (outcome.stop_matched.empty()) continue;
    outcome.stopped = true;
    outcome.text = replace_invalid_utf8(so_far.substr(0, end - outcome.stop_matched.size()));
    return outcome;
  }
  outcome.text = replace_invalid_utf8(said);
  return outcome;
}

TEST(TextAssembler, AgreesWithANaiveOracleOnRandomTextAndStops) {
  const std::vector<std::string> pieces{"aa",   "ab", "ba",       "bab",  "é",
                                        "\xC3", "€",  "\xE2\x82", "\xFF", "aé"};
  const ScriptVocabulary vocabulary(pieces);
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    std::uint64_t drawn = 0;
    const auto pick = [&](std::size_t count) {
      return static_cast<std::size_t>(uniform_at(round, 0, drawn++) * static_cast<double>(count));
    };
    GenerationRequest request;
    request.stops.resize(pick(5));
    for (std::string& stop : request.stops)
      for (std::size_t n = 1 + pick(4); n > 0; --n)
        stop += pick(6) == 0 ? "é" : std::string(1, "ab"[pick(2)]);
    std::vector<TokenId> tokens;
    std::string said;
    for (std::size_t n = pick(12); n > 0; --n) {
      const auto piece = pick(pieces.size() + 2);
      tokens.push_back(piece < pieces.size()
                           ? ScriptVocabulary::kFirstPiece + static_cast<TokenId>(piece)
                           : "ab"[piece - pieces.size()]);
      said += vocabulary.bytes_of(tokens.back());
    }
    const Outcome got = assemble(vocabulary, request, tokens),
                  expected = oracle(said, request.stops);
    ASSERT_EQ(got.text, expected.text) << "round " << round << ": " << said;
    ASSERT_EQ(got.stop_matched, expected.stop_matched) << "round " << round;
    ASSERT_EQ(got.stopped, expected.stopped);
    if (got.stopped) continue;
    ASSERT_EQ(got.logprob_tokens, tokens) << "every token once, in order";
  }
}

TEST(TextAssembler, LogprobsStopWhereTheTextStops) {
  const ScriptVocabulary vocabulary({"hi ST", "OP"});
  GenerationRequest request;
  request.stops = {"STOP"};
  const TokenId first = ScriptVocabulary::kFirstPiece;
  const Outcome outcome = assemble(vocabulary, request, {'x', first, first + 1});
  EXPECT_EQ(outcome.text, "xhi ");
  EXPECT_EQ(outcome.logprob_tokens, (std::vector<TokenId>{'x', first}))
      << "not the token that is all stop";
}

}  // namespace
}  // namespace diptych
