#pragma once
// Sets of code points as disjoint ascending ranges. Surrogates are in none.

#include <cstdint>
#include <vector>

namespace diptych::grammar {

inline constexpr char32_t kCodePointMax = 0x10FFFF;

// Disjoint ranges of code points, ascending; surrogates are in none.
struct CodePointRange {
  char32_t first = 0, last = 0;
  friend bool operator==(const CodePointRange&, const CodePointRange&) = default;
};

class CodePointSet {
 public:
  CodePointSet() = default;
  explicit CodePointSet(std::vector<CodePointRange> ranges);  // in any order; may overlap
  static CodePointSet all();
  static CodePointSet one(char32_t code_point) { return CodePointSet({{code_point, code_point}}); }

  bool empty() const { return ranges_.empty(); }
  bool contains(char32_t code_point) const;
  bool contains(const CodePointSet& other) const;
  std::uint64_t size() const;
  const std::vector<CodePointRange>& ranges() const { return ranges_; }

  CodePointSet complement() const;
  friend CodePointSet operator|(const CodePointSet& a, const CodePointSet& b);
  friend CodePointSet operator&(const CodePointSet& a, const CodePointSet& b);
  friend bool operator==(const CodePointSet&, const CodePointSet&) = default;

 private:
  std::vector<CodePointRange> ranges_;
};

}  // namespace diptych::grammar
