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
#include "grammar/machine.h"
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
  // Valid until the next mask() of this matcher, and as long as it lives. Never empty: at a
  // finished text the end tokens alone. kTimeout: the steps of one mask are spent; the state is
  // unchanged. kUnsupported: the vocabulary has no token for what must come next.
  Result<MaskView> mask();
  // kInvalidArgument: the token may not come now; the state is unchanged.
  Status accept(Token token);
  // How many of these would be accepted, in order. The state is unchanged.
  int count_accepted(std::span<const Token> tokens) const;
  // Also past an accepted end token. kInvalidArgument: more than were accepted.
  Status rollback(int token_count);
  int token_count() const;           // accepted so far, end tokens included
  bool may_end() const;              // the text so far is whole
  bool ended() const;                // an end token was accepted
  std::string forced_bytes() const;  // what must come next, whatever is chosen; may be empty
  // forced_bytes, cut greedily into the longest tokens; stops where another token could span the
  // end. With a tokenizer at hand, forced_bytes() gives what the model itself would have written.
  std::vector<Token> forced_tokens() const;
  // With at most `token_count_max` tokens left, an end token included: mask() forbids what could no
  // longer be closed, as long as anything can. Counts a token for every byte, so it closes early
  // rather than late; no effect where the grammar cannot tell the shortest end. 0: no limit.
  void limit_tokens(int token_count_max);

  Matcher(const Matcher& other);
  Matcher& operator=(const Matcher& other);
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;
  ~Matcher();

 private:
  friend class Constraint;
  struct Impl;
  explicit Matcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The masks of a batch, in one call. Each view as Matcher::mask()'s; the first error ends it.
Status fill_masks(std::span<Matcher* const> matchers, std::span<MaskView> views);

class Constraint {  // cheap to copy; safe from any thread
 public:
  Matcher start() const;
  const Warnings& warnings() const;  // keywords that are annotations here, unknown formats, …
  ConstraintStats stats() const;
  const VocabularyIndex& vocabulary() const;

  class Impl;
  explicit Constraint(std::shared_ptr<const Impl> impl);

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

// A machine of one's own under masks, for tests and for grammars built elsewhere.
Constraint constrain(std::unique_ptr<Machine> machine, const Target& target, const Limits& limits,
                     Warnings warnings = {});

}  // namespace diptych::grammar
