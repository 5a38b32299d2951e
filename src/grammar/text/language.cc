#include "grammar/text/language.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "grammar/text/content_hash.h"
#include "grammar/text/formats.h"
#include "grammar/text/language_measures.h"
#include "grammar/text/regex_parser.h"
#include "grammar/text/regex_places.h"
#include "grammar/text/regex_terms.h"
#include "grammar/text/term_search.h"
#include "grammar/text/term_table.h"
#include "grammar/text/utf8_text.h"

namespace diptych::grammar {
namespace {

std::uint32_t clipped_length(std::uint64_t length) {
  return length >= kUnbounded ? kUnbounded : static_cast<std::uint32_t>(length);
}

RegexFlags flags_of(std::string_view letters) {
  const auto has = [&](char letter) { return letters.find(letter) != std::string_view::npos; };
  return {
      .ignore_case = has('i'), .multi_line = has('m'), .dot_all = has('s'), .extended = has('x')};
}

}  // namespace

struct Languages::Impl {
  explicit Impl(const Limits& given)
      : limits(given), terms(given), search(terms, given), measures(terms, search, given) {}

  Compiled<Language> regex(RegexDialect dialect, std::string_view pattern, RegexFlags flags);
  Compiled<TermId> term_of(const RegexTree& tree, bool is_ecma, std::uint64_t content);
  Language checked(TermId id);

  Limits limits;
  TermTable terms;
  TermSearch search;
  LanguageMeasures measures;
  std::vector<std::unique_ptr<RegexPlaces>> places;  // what kPoint terms unfold by
  std::unordered_map<TermId, std::vector<Branch>> branches;
  std::uint64_t refused = 0;
};

Languages::Languages(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
Languages::~Languages() = default;

Language Languages::none() const { return {TermTable::kNone}; }
Language Languages::all() const { return {TermTable::kAll}; }

// What was made while the table overflowed is void: refused as empty.
Language Languages::Impl::checked(TermId id) {
  if (!terms.overflowed()) return {id};
  terms.clear_overflow();
  ++refused;
  return {TermTable::kNone};
}

Language Languages::literal(std::string_view utf8) { return one_of({std::string(utf8)}); }

Language Languages::one_of(const std::vector<std::string>& literals) {
  std::vector<std::u32string> strings;
  for (const std::string& literal : literals) {
    if (auto text = decode_utf8(literal)) strings.push_back(std::move(*text));
  }
  return impl_->checked(impl_->terms.literals(std::move(strings)));
}

Language Languages::length(std::uint64_t min, std::optional<std::uint64_t> max) {
  if (clipped_length(min) == kUnbounded) return none();  // longer than any text can be
  const std::uint32_t last = max ? clipped_length(*max) : kUnbounded;
  return impl_->checked(impl_->terms.length(clipped_length(min), last));
}

Language Languages::both(Language a, Language b) {
  return impl_->checked(impl_->terms.both({a.id, b.id}));
}

Language Languages::either(Language a, Language b) {
  return impl_->checked(impl_->terms.either({a.id, b.id}));
}

Language Languages::negated(Language a) { return impl_->checked(impl_->terms.negated(a.id)); }

Compiled<Language> Languages::Impl::regex(RegexDialect dialect, std::string_view pattern,
                                          RegexFlags flags) {
  const auto refuse = [](RefusalCode code, std::string message) {
    return std::unexpected(Refusal{.code = code, .message = std::move(message)});
  };
  if (pattern.size() > limits.pattern_bytes_max) {
    return refuse(RefusalCode::kUnsupportedRegex,
                  fmt::format("the pattern has {} bytes, at most {} are taken", pattern.size(),
                              limits.pattern_bytes_max));
  }
  const bool is_ecma = dialect == RegexDialect::kEcma;
  auto text = decode_utf8(pattern);
  if (!text) {
    return refuse(is_ecma ? RefusalCode::kMalformedSchema : RefusalCode::kMalformedGrammar,
                  "the pattern is not UTF-8");
  }
  TRY(const RegexTree tree,
      RegexParser(dialect, std::move(*text), flags, limits.depth_max).parse());
  ContentHash content(is_ecma ? 1 : 2);
  content.add((flags.ignore_case ? 1U : 0U) | (flags.multi_line ? 2U : 0U) |
              (flags.dot_all ? 4U : 0U) | (flags.extended ? 8U : 0U));
  for (const char c : pattern) content.add(static_cast<unsigned char>(c));
  TRY(const TermId term, term_of(tree, is_ecma, content.value()));
  if (terms.overflowed()) {
    terms.clear_overflow();
    return refuse(RefusalCode::kUnsupportedRegex, "the pattern is too large to be enforced");
  }
  return Language{term};
}

Compiled<TermId> Languages::Impl::term_of(const RegexTree& tree, bool is_ecma,
                                          std::uint64_t content) {
  RegexTerms direct(terms, tree);
  if (direct.is_direct()) return is_ecma ? direct.containing() : direct.matching();
  auto look_around = std::make_unique<RegexPlaces>(terms, tree, content);
  if (!look_around->is_enforceable()) {
    return std::unexpected(
        Refusal{.code = RefusalCode::kUnsupportedRegex,
                .message = "a look-behind that looks around itself cannot be enforced"});
  }
  const TermId term = is_ecma ? look_around->containing() : look_around->matching();
  places.push_back(std::move(look_around));
  return term;
}

Compiled<Language> Languages::ecma_pattern(std::string_view pattern) {
  return impl_->regex(RegexDialect::kEcma, pattern, {});
}

Compiled<Language> Languages::anchored_regex(std::string_view pattern, std::string_view flags) {
  return impl_->regex(RegexDialect::kRust, pattern, flags_of(flags));
}

std::optional<Language> Languages::format(std::string_view name) {
  const auto term = format_term(impl_->terms, name);
  if (!term) return std::nullopt;
  return impl_->checked(*term);
}

Language Languages::next(Language from, char32_t code_point) {
  return {impl_->search.next(from.id, code_point)};
}

bool Languages::accepts_empty(Language language) const {
  return impl_->terms.get(language.id).nullable;
}

bool Languages::is_empty(Language language) { return !impl_->search.has_strings(language.id); }

bool Languages::is_all(Language language) const { return language.id == TermTable::kAll; }

bool Languages::accepts(Language language, std::string_view utf8) {
  const auto text = decode_utf8(utf8);
  if (!text) return false;
  TermId at = language.id;
  for (const char32_t c : *text) {
    at = impl_->terms.derive(at, c);
    if (at == TermTable::kNone) break;
  }
  return impl_->terms.get(impl_->checked(at).id).nullable;
}

std::uint64_t Languages::count(Language language, std::uint64_t cap) {
  return is_empty(language) ? 0 : impl_->measures.count(language.id, cap);
}

std::optional<std::uint32_t> Languages::shortest(Language language) {
  const std::uint32_t length = impl_->search.shortest(language.id);
  if (length == kUnbounded) return std::nullopt;
  return length;
}

const std::vector<Languages::Branch>& Languages::branches(Language language) {
  const auto [place, is_new] = impl_->branches.try_emplace(language.id);
  if (!is_new) return place->second;
  const ClassPartition blocks = impl_->terms.blocks(language.id);
  std::vector<Branch> branches;
  std::unordered_map<TermId, std::size_t> branch_of;
  for (std::size_t i = 0; i < blocks.starts.size(); ++i) {
    const Language rest = next(language, blocks.representatives[blocks.blocks[i]]);
    if (rest == none()) continue;
    const char32_t end = i + 1 < blocks.starts.size() ? blocks.starts[i + 1] : kCodePointMax + 1;
    const auto [branch, is_first] = branch_of.try_emplace(rest.id, branches.size());
    if (is_first) branches.push_back({{}, rest});
    branches[branch->second].ranges.push_back({blocks.starts[i], end - 1});
  }
  for (Branch& branch : branches) branch.ranges = CodePointSet(std::move(branch.ranges)).ranges();
  return impl_->branches[language.id] = std::move(branches);
}

bool Languages::goes_on(Language from, char32_t first, char32_t last) {
  if (impl_->search.next(from.id, first) != TermTable::kNone) return true;
  std::size_t run = 0, end = 0;
  {
    const ClassPartition& blocks = impl_->terms.blocks(from.id);
    const auto bound = [&](char32_t c) {
      return static_cast<std::size_t>(std::ranges::upper_bound(blocks.starts, c) -
                                      blocks.starts.begin());
    };
    run = bound(first);
    end = bound(last);
  }
  for (; run < end; ++run) {
    const char32_t start = impl_->terms.blocks(from.id).starts[run];
    if (impl_->search.next(from.id, start) != TermTable::kNone) return true;
  }
  return false;
}

std::optional<PlainRun> Languages::plain_run(Language language) {
  return impl_->measures.plain_run(language.id);
}

std::uint64_t Languages::key(Language language, std::uint32_t reach) {
  return impl_->measures.key(language.id, reach);
}

std::size_t Languages::memory_bytes() const {
  return impl_->terms.memory_bytes() + impl_->search.memory_bytes();
}

std::uint64_t Languages::refused_count() const {
  return impl_->refused + impl_->search.refused_count();
}

}  // namespace diptych::grammar
