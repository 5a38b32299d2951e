#pragma once
// The face of grammar/: compile once, then one Matcher for each text that must match.

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "grammar/policy.h"
#include "grammar/refusal.h"
#include "grammar/vocabulary_index.h"

namespace diptych::grammar {

enum class GrammarKind : std::uint8_t {
  kJsonSchema,  // the schema's JSON text; key order counts
  kJsonObject,  // any JSON object; the source is empty
  kRegex,       // matches the whole text; the dialect that OpenAI's custom tools take
  kGbnf,
  kLark,
  kChoice,         // a JSON array of strings
  kStructuralTag,  // free text with triggered constrained parts, as JSON (docs in
                   // general/structural_tag.h)
};

struct GrammarSource {
  GrammarKind kind = GrammarKind::kJsonSchema;
  std::string text;
};

struct SchemaDocument {  // a further schema that $ref may reach; nothing is ever fetched
  std::string uri, text;
};

struct CompileOptions {
  Policy policy;
  Limits limits;
  std::span<const SchemaDocument> registry;  // used during compile only
  std::stop_token stop;
};

using MaskView =
    std::span<const std::uint32_t>;  // bit t of word t/32, little-endian: token t may come now

struct ConstraintStats {
  std::uint64_t masks = 0, mask_hits = 0,
                store_hits = 0;  // asked; from this grammar's cache; from the shared store
  std::uint64_t walked_bytes = 0, refused_bytes = 0;  // refused: for lack of budget
  std::size_t memory_bytes = 0;
};

class Constraint;

// One text in the making. A value: a copy is a fork, in O(1). Not shared between threads; two
// matchers of one constraint may be used by two threads.
class Matcher {
 public:
  // Valid until the next call on any matcher of this constraint on this thread, never empty: at a
  // finished text the end tokens alone. kTimeout: the fuel of one mask is spent; the state is
  // unchanged.
  Result<MaskView> mask();
  // kInvalidArgument: the token may not come now; the state is unchanged.
  Status accept(Token token);
  // How many of these would be accepted, in order. The state is unchanged.
  int count_accepted(std::span<const Token> tokens) const;
  Status rollback(int token_count);  // also past an accepted end token
  bool may_end() const;              // the text so far is whole
  bool ended() const;                // an end token was accepted
  std::string forced_bytes() const;  // what must come next, whatever is chosen; may be empty
  // forced_bytes as tokens that the model would have written itself; stops where another token
  // could span the end.
  std::vector<Token> forced_tokens() const;
  // With at most `token_count_max` tokens left: forbids in mask() what could no longer be closed.
  // 0: no limit.
  void limit_tokens(int token_count_max);

 private:
  friend class Constraint;
  struct Impl;
  explicit Matcher(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

 public:
  Matcher(const Matcher& other);
  Matcher& operator=(const Matcher& other);
  Matcher(Matcher&&) noexcept = default;
  Matcher& operator=(Matcher&&) noexcept = default;

 private:
  std::shared_ptr<Impl> impl_;
};

class Constraint {  // cheap to copy; safe from any thread
 public:
  Matcher start() const;
  const Warnings& warnings() const;  // keywords that are annotations here, unknown formats, …
  ConstraintStats stats() const;

  class Impl;
  explicit Constraint(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

// Masks of states that many grammars share, by content: one for each vocabulary, LRU by bytes. Safe
// from any thread.
class MaskStore;
std::shared_ptr<MaskStore> make_mask_store(std::size_t bytes_max = std::size_t{256} << 20);

// A vocabulary with its store: what compile needs of a model.
struct Target {
  std::shared_ptr<const VocabularyIndex> vocabulary;
  std::shared_ptr<MaskStore> masks;
};

Compiled<Constraint> compile(const GrammarSource& source, const Target& target,
                             const CompileOptions& options);

}  // namespace diptych::grammar
