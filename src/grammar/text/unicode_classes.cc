#include "grammar/text/unicode_classes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "grammar/text/unicode_tables.h"

namespace diptych::grammar {
namespace {

class PackedNumbers {
 public:
  explicit PackedNumbers(std::string_view text) : text_(text) {}
  bool empty() const { return text_.empty(); }
  std::uint32_t next() {
    std::uint32_t number = 0;
    for (unsigned shift = 0;; shift += 5) {
      const auto digit = static_cast<std::uint32_t>(text_.front() - '0');
      text_.remove_prefix(1);
      number |= (digit & 31U) << shift;
      if (digit < 32) return number;
    }
  }

 private:
  std::string_view text_;
};

struct LongName {
  std::string_view name, categories;  // two letters each
};
// General categories by their other names, and groups of them (UAX 44, table 12).
constexpr std::array kLongNames = {
    LongName{"L", "LuLlLtLmLo"},
    LongName{"Letter", "LuLlLtLmLo"},
    LongName{"LC", "LuLlLt"},
    LongName{"Cased_Letter", "LuLlLt"},
    LongName{"Uppercase_Letter", "Lu"},
    LongName{"Lowercase_Letter", "Ll"},
    LongName{"Titlecase_Letter", "Lt"},
    LongName{"Modifier_Letter", "Lm"},
    LongName{"Other_Letter", "Lo"},
    LongName{"M", "MnMcMe"},
    LongName{"Mark", "MnMcMe"},
    LongName{"Combining_Mark", "MnMcMe"},
    LongName{"Nonspacing_Mark", "Mn"},
    LongName{"Spacing_Mark", "Mc"},
    LongName{"Enclosing_Mark", "Me"},
    LongName{"N", "NdNlNo"},
    LongName{"Number", "NdNlNo"},
    LongName{"Decimal_Number", "Nd"},
    LongName{"digit", "Nd"},
    LongName{"Letter_Number", "Nl"},
    LongName{"Other_Number", "No"},
    LongName{"P", "PcPdPsPePiPfPo"},
    LongName{"Punctuation", "PcPdPsPePiPfPo"},
    LongName{"punct", "PcPdPsPePiPfPo"},
    LongName{"Connector_Punctuation", "Pc"},
    LongName{"Dash_Punctuation", "Pd"},
    LongName{"Open_Punctuation", "Ps"},
    LongName{"Close_Punctuation", "Pe"},
    LongName{"Initial_Punctuation", "Pi"},
    LongName{"Final_Punctuation", "Pf"},
    LongName{"Other_Punctuation", "Po"},
    LongName{"S", "SmScSkSo"},
    LongName{"Symbol", "SmScSkSo"},
    LongName{"Math_Symbol", "Sm"},
    LongName{"Currency_Symbol", "Sc"},
    LongName{"Modifier_Symbol", "Sk"},
    LongName{"Other_Symbol", "So"},
    LongName{"Z", "ZsZlZp"},
    LongName{"Separator", "ZsZlZp"},
    LongName{"Space_Separator", "Zs"},
    LongName{"Line_Separator", "Zl"},
    LongName{"Paragraph_Separator", "Zp"},
    LongName{"C", "CcCfCoCn"},
    LongName{"Other", "CcCfCoCn"},
    LongName{"Control", "Cc"},
    LongName{"cntrl", "Cc"},
    LongName{"Format", "Cf"},
    LongName{"Private_Use", "Co"},
    LongName{"Unassigned", "Cn"},
};

std::optional<std::uint32_t> index_of(std::span<const std::string_view> names,
                                      std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - names.begin());
}

CodePointSet runs_of(std::string_view packed, std::uint32_t value) {
  std::vector<CodePointRange> ranges;
  PackedNumbers runs(packed);
  bool inside = false;
  for (char32_t start = 0; !runs.empty();) {
    start += runs.next();
    if (inside) ranges.back().last = start - 1;
    inside = runs.next() == value;
    if (inside) ranges.push_back({start, kCodePointMax});
  }
  return CodePointSet(std::move(ranges));
}

std::optional<CodePointSet> category(std::string_view name) {
  const auto row = std::ranges::find(kLongNames, name, &LongName::name);
  const std::string_view letters = row != kLongNames.end() ? row->categories : name;
  CodePointSet set;
  for (std::size_t i = 0; i < letters.size(); i += 2) {
    const auto index = index_of(kCategoryNames, letters.substr(i, 2));
    if (!index) return std::nullopt;
    set = set | runs_of(kCategoryRuns, *index);
  }
  return set;
}

std::optional<CodePointSet> script(std::string_view name) {
  const auto index = index_of(kScriptNames, name);
  if (!index) return std::nullopt;
  return runs_of(kScriptRuns, *index);
}

std::optional<CodePointSet> binary_property(std::string_view name) {
  if (name == "Any") return CodePointSet::all();
  if (name == "ASCII") return CodePointSet({{0, 0x7F}});
  if (name == "Assigned") return category("Cn")->complement();
  const auto index = index_of(kBinaryNames, name);
  if (!index) return std::nullopt;
  PackedNumbers lists(kBinaryBounds);
  for (std::uint32_t i = 0; i < *index; ++i) {
    for (std::uint32_t left = lists.next(); left > 0; --left) lists.next();
  }
  std::vector<CodePointRange> ranges;
  std::uint32_t left = lists.next();
  for (char32_t bound = 0; left > 0; --left) {
    bound += lists.next();
    if (!ranges.empty() && ranges.back().last == kCodePointMax) {
      ranges.back().last = bound - 1;
    } else {
      ranges.push_back({bound, kCodePointMax});
    }
  }
  return CodePointSet(std::move(ranges));
}

}  // namespace

std::optional<CodePointSet> unicode_property(std::string_view name) {
  const auto equals = name.find('=');
  if (equals == std::string_view::npos) {
    if (auto set = category(name)) return set;
    if (auto set = binary_property(name)) return set;
    return script(name);
  }
  const std::string_view property = name.substr(0, equals), value = name.substr(equals + 1);
  if (property == "General_Category" || property == "gc") return category(value);
  if (property == "Script" || property == "sc") return script(value);
  return std::nullopt;
}

CodePointSet without_case(const CodePointSet& set) {
  std::vector<CodePointRange> ranges = set.ranges();
  std::map<char32_t, std::vector<char32_t>> members;  // by the smallest of those that are equal
  PackedNumbers folds(kCaseFolds);
  for (char32_t c = 0; !folds.empty();) {
    c += folds.next();
    members[c - folds.next()].push_back(c);
  }
  for (auto& [smallest, others] : members) {
    others.push_back(smallest);
    const bool met = std::ranges::any_of(others, [&](char32_t c) { return set.contains(c); });
    if (!met) continue;
    for (const char32_t c : others) ranges.push_back({c, c});
  }
  return CodePointSet(std::move(ranges));
}

CodePointSet ascii_digits() { return CodePointSet({{U'0', U'9'}}); }

CodePointSet ascii_word() {
  return CodePointSet({{U'0', U'9'}, {U'A', U'Z'}, {U'_', U'_'}, {U'a', U'z'}});
}

CodePointSet ecma_space() {
  return CodePointSet({{0x09, 0x0D}, {0xFEFF, 0xFEFF}, {0x2028, 0x2029}}) | *category("Zs");
}

CodePointSet ecma_line_ends() {
  return CodePointSet({{U'\n', U'\n'}, {U'\r', U'\r'}, {0x2028, 0x2029}});
}

}  // namespace diptych::grammar
