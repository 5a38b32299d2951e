#pragma once
// Sets of strings over Unicode code points, closed under and, or, not: patterns, formats, lengths,
// literals and what they make together. Terms are hash-consed and derived symbolically
// (Brzozowski's derivatives over classes of code points), so nothing is built that no text reaches
// and nothing backtracks. Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/machine.h"
#include "grammar/policy.h"
#include "grammar/refusal.h"
#include "grammar/text/code_point_set.h"

namespace diptych::grammar {

// A handle into its Languages. Equal handles: equal languages (the other way round only mostly).
struct Language {
  std::uint32_t id = 0;
  friend auto operator<=>(const Language&, const Language&) = default;
};

class Languages {
 public:
  explicit Languages(const Limits& limits);
  ~Languages();

  Language none() const;
  Language all() const;  // every string
  Language literal(std::string_view utf8);
  Language one_of(
      const std::vector<std::string>& literals);  // as a trie: 10,000 literals are cheap
  Language length(std::uint64_t min,
                  std::optional<std::uint64_t> max);  // in code points; never unrolled
  Language both(Language a, Language b);
  Language either(Language a, Language b);
  Language negated(Language a);

  // ECMA-262 with the u flag, as JSON Schema wants it: not anchored unless ^ or $ say so.
  // Look-ahead and fixed look-behind are honoured, back-references refused (kUnsupportedRegex).
  Compiled<Language> ecma_pattern(std::string_view pattern);
  // Rust's regex syntax without look-around, matching the whole text: OpenAI's custom tools and
  // Lark terminals. `flags`: of "imsux".
  Compiled<Language> anchored_regex(std::string_view pattern, std::string_view flags = {});
  std::optional<Language> format(std::string_view name);  // of known_formats(); strict RFC readings

  // The strings t with code_point·t in the language. none() also when the budget is spent (sound;
  // counted).
  Language next(Language from, char32_t code_point);
  bool accepts_empty(Language language) const;
  bool is_empty(
      Language language);  // exact within the search budget; past it: true (sound), counted
  bool is_all(Language language) const;
  bool accepts(Language language, std::string_view utf8);
  // How many strings it has, saturating at `cap`: for uniqueItems and finite sets.
  std::uint64_t count(Language language, std::uint64_t cap);
  std::optional<std::uint32_t> shortest(
      Language language);  // length in code points of its shortest string
  // Ranges of first code points with one and the same, not empty rest each. The rest of a char
  // outside is none().
  struct Branch {
    std::vector<CodePointRange> ranges;
    Language rest;
  };
  const std::vector<Branch>& branches(Language language);
  // Whether next() is not none() for a code point from first to last.
  bool goes_on(Language from, char32_t first, char32_t last);
  // ASCII characters that lead back to the language itself (or one that allows all they allow), and
  // for how many of them in a row that stays so: what PlainRun needs. nullopt: none.
  std::optional<PlainRun> plain_run(Language language);
  // The language with counts far from their bounds made equal: equal answers accept the same next
  // `reach` code points.
  std::uint64_t key(Language language, std::uint32_t reach);

  std::size_t memory_bytes() const;
  std::uint64_t refused_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diptych::grammar
