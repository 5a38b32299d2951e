#include "grammar/c_api/diptych_grammar.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "base/json.h"
#include "grammar/c_api/policy_json.h"
#include "grammar/constraint.h"

namespace grammar = diptych::grammar;
using diptych::Error;
using diptych::Json;
using diptych::Result;

struct dg_vocabulary {
  grammar::Target target;
};
struct dg_constraint {
  grammar::Constraint constraint;
};
struct dg_matcher {
  grammar::Matcher matcher;
};

namespace {

char* copy_of(std::string_view text) {  // terminated, for C readers
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return nullptr;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

void set_error(char** error, const Error& from) {
  if (error == nullptr) return;
  *error = copy_of(diptych::dump_json(Json::object({{"code", name_of(from.code)},
                                                    {"keyword", ""},
                                                    {"pointer", from.param},
                                                    {"message", from.message},
                                                    {"hint", ""}})));
}

void set_error(char** error, const grammar::Refusal& from) {
  if (error == nullptr) return;
  *error = copy_of(diptych::dump_json(Json::object({{"code", name_of(from.code)},
                                                    {"keyword", from.keyword},
                                                    {"pointer", from.pointer},
                                                    {"message", from.message},
                                                    {"hint", from.hint}})));
}

grammar::VocabularySource source_of(const dg_tokens& tokens) {
  grammar::VocabularySource source;
  source.tokens.reserve(tokens.count);
  const auto* bytes = reinterpret_cast<const char*>(tokens.bytes);
  for (std::size_t i = 0; i < tokens.count; ++i) {
    const bool special = tokens.special != nullptr && tokens.special[i] != 0;
    source.tokens.push_back({.bytes = std::string(bytes, tokens.lengths[i]), .special = special});
    bytes += tokens.lengths[i];
  }
  source.ends.assign(tokens.ends, tokens.ends + tokens.end_count);
  return source;
}

int int_of(std::size_t count) {
  return static_cast<int>(std::min<std::size_t>(count, std::numeric_limits<int>::max()));
}

}  // namespace

dg_vocabulary* dg_vocabulary_new(const dg_tokens* tokens, char** error) {
  auto vocabulary = grammar::make_vocabulary_index(source_of(*tokens));
  if (!vocabulary) {
    set_error(error, vocabulary.error());
    return nullptr;
  }
  const std::size_t bytes_max =
      tokens->store_bytes_max == 0 ? std::size_t{256} << 20U : tokens->store_bytes_max;
  return new dg_vocabulary{
      {.vocabulary = std::move(*vocabulary), .masks = grammar::make_mask_store(bytes_max)}};
}

void dg_vocabulary_free(dg_vocabulary* vocabulary) { delete vocabulary; }

size_t dg_vocabulary_mask_words(const dg_vocabulary* vocabulary) {
  return static_cast<std::size_t>(vocabulary->target.vocabulary->mask_words());
}

dg_constraint* dg_compile(const dg_vocabulary* vocabulary, const char* kind, const char* text,
                          const char* policy, char** error) {
  const auto parsed_kind = grammar::parse_kind(kind);
  const auto parsed_policy = grammar::parse_policy(policy == nullptr ? "{}" : policy);
  if (!parsed_kind || !parsed_policy) {
    set_error(error, parsed_kind ? parsed_policy.error() : parsed_kind.error());
    return nullptr;
  }
  auto constraint = grammar::compile({.kind = *parsed_kind, .text = text}, vocabulary->target,
                                     {.policy = *parsed_policy});
  if (!constraint) {
    set_error(error, constraint.error());
    return nullptr;
  }
  return new dg_constraint{std::move(*constraint)};
}

void dg_constraint_free(dg_constraint* constraint) { delete constraint; }

char* dg_constraint_warnings(const dg_constraint* constraint) {
  Json list = Json::array();
  for (const diptych::Warning& warning : constraint->constraint.warnings()) {
    list.push_back(Json::object({{"pointer", warning.param}, {"message", warning.message}}));
  }
  return copy_of(diptych::dump_json(list));
}

char* dg_constraint_stats(const dg_constraint* constraint) {
  const grammar::ConstraintStats stats = constraint->constraint.stats();
  return copy_of(diptych::dump_json(Json::object({{"masks", stats.masks},
                                                  {"mask_hits", stats.mask_hits},
                                                  {"store_hits", stats.store_hits},
                                                  {"walked_bytes", stats.walked_bytes},
                                                  {"refused_bytes", stats.refused_bytes},
                                                  {"memory_bytes", stats.memory_bytes}})));
}

dg_matcher* dg_matcher_new(const dg_constraint* constraint) {
  return new dg_matcher{constraint->constraint.start()};
}
dg_matcher* dg_matcher_fork(const dg_matcher* matcher) { return new dg_matcher{*matcher}; }
void dg_matcher_free(dg_matcher* matcher) { delete matcher; }

const uint32_t* dg_matcher_mask(dg_matcher* matcher, char** error) {
  const auto mask = matcher->matcher.mask();
  if (mask) return mask->data();
  set_error(error, mask.error());
  return nullptr;
}

int dg_matcher_copy_mask(dg_matcher* matcher, uint32_t* words, char** error) {
  const auto mask = matcher->matcher.mask();
  if (!mask) {
    set_error(error, mask.error());
    return 1;
  }
  std::ranges::copy(*mask, words);
  return 0;
}

int dg_matcher_accept(dg_matcher* matcher, int32_t token, char** error) {
  const auto accepted = matcher->matcher.accept(token);
  if (accepted) return 0;
  set_error(error, accepted.error());
  return 1;
}

size_t dg_matcher_count_accepted(const dg_matcher* matcher, const int32_t* tokens, size_t count) {
  return static_cast<std::size_t>(matcher->matcher.count_accepted({tokens, count}));
}

int dg_matcher_rollback(dg_matcher* matcher, size_t token_count, char** error) {
  const auto done = matcher->matcher.rollback(int_of(token_count));
  if (done) return 0;
  set_error(error, done.error());
  return 1;
}

int dg_matcher_may_end(const dg_matcher* matcher) { return matcher->matcher.may_end() ? 1 : 0; }
int dg_matcher_ended(const dg_matcher* matcher) { return matcher->matcher.ended() ? 1 : 0; }

char* dg_matcher_forced_bytes(const dg_matcher* matcher, size_t* size) {
  const std::string bytes = matcher->matcher.forced_bytes();
  *size = bytes.size();
  return copy_of(bytes);
}

size_t dg_matcher_forced_tokens(const dg_matcher* matcher, int32_t* tokens, size_t tokens_max) {
  const auto forced = matcher->matcher.forced_tokens();
  std::copy_n(forced.begin(), std::min(forced.size(), tokens_max), tokens);
  return forced.size();
}

void dg_matcher_limit_tokens(dg_matcher* matcher, size_t token_count_max) {
  matcher->matcher.limit_tokens(int_of(token_count_max));
}

void dg_text_free(char* text) { std::free(text); }
