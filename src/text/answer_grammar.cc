#include "text/answer_grammar.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "base/hash.h"

namespace diptych {
namespace {

constexpr std::size_t kEntriesMax = 256;
constexpr std::size_t kBytesMax = std::size_t{256} << 20;  // of all, tables grown in use included

std::string key_of(const grammar::GrammarSource& source, const grammar::Policy& policy) {
  // By position, so that a further member of Policy does not compile until it counts here.
  const auto& [order, additional, whitespace, whitespace_max, escapes, numbers, formats, unknown,
               strict] = policy;
  const auto number = [](auto value) { return static_cast<int>(value); };
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", number(source.kind), number(order),
                     number(additional), number(whitespace), whitespace_max, number(escapes),
                     number(numbers), number(formats), number(unknown), strict,
                     to_hex(sha256(source.text)));
}

grammar::Target make_target(const Vocabulary& vocabulary) {
  grammar::VocabularySource source;
  for (TokenId token = 0; token < vocabulary.size(); ++token) {
    const std::string& bytes = vocabulary.bytes_of(token);
    source.tokens.push_back({.bytes = bytes, .special = bytes.empty()});
    if (vocabulary.ends_generation(token)) source.ends.push_back(token);
  }
  auto index = grammar::make_vocabulary_index(std::move(source));
  CHECK(index);  // a model has tokens
  return {.vocabulary = std::move(*index), .masks = grammar::make_mask_store()};
}

}  // namespace

const grammar::Target& AnswerGrammars::target() {
  if (!target_.vocabulary) target_ = make_target(vocabulary_);
  return target_;
}

void AnswerGrammars::keep(Entry entry) {
  entries_.push_front(std::move(entry));
  by_key_[entries_.front().key] = entries_.begin();
  std::size_t bytes = 0;
  for (const Entry& each : entries_) bytes += each.constraint.stats().memory_bytes;
  while (entries_.size() > 1 && (entries_.size() > kEntriesMax || bytes > kBytesMax)) {
    bytes -= entries_.back().constraint.stats().memory_bytes;
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

grammar::Compiled<grammar::Constraint> AnswerGrammars::get(const grammar::GrammarSource& source,
                                                           const grammar::Policy& policy) {
  const std::string key = key_of(source, policy);
  grammar::Target target_now;
  {
    MutexLock lock(mutex_);
    if (const auto known = by_key_.find(key); known != by_key_.end()) {
      entries_.splice(entries_.begin(), entries_, known->second);
      return entries_.front().constraint;
    }
    target_now = target();
  }
  grammar::CompileOptions options;
  options.policy = policy;
  TRY(grammar::Constraint constraint, grammar::compile(source, target_now, options));
  MutexLock lock(mutex_);
  if (!by_key_.contains(key)) keep({key, constraint});
  return constraint;
}

}  // namespace diptych
