#pragma once
// Which numbers a place allows, and whether a number being written can still become one of them:
// decided by interval and modular arithmetic on the digits so far, so bounds and multiples cost
// O(1) a digit and no automaton.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grammar/machine.h"
#include "grammar/policy.h"
#include "grammar/schema/decimal.h"

namespace diptych::grammar {

struct NumberSet {
  std::optional<Decimal> minimum, maximum;  // inclusive unless said
  bool minimum_exclusive = false, maximum_exclusive = false;
  bool integer = false;
  std::vector<Decimal> multiples;      // of each of these (> 0)
  std::vector<Decimal> not_multiples;  // of none of these
  bool not_integer = false;
  std::optional<std::vector<Decimal>> among;  // only these
  std::vector<Decimal> except;
  // Draft 4's integers: 1.0 is none. About the spelling, so that and, or, not do not see it;
  // whoever joins sets keeps it.
  bool plain = false;
};

NumberSet intersect(const NumberSet& a, const NumberSet& b);
bool contains(const NumberSet& set, const Decimal& value);
bool is_empty(const NumberSet& set);                       // exact
std::optional<std::uint64_t> count(const NumberSet& set);  // nullopt: infinite
std::vector<NumberSet> complement(const NumberSet& set);   // a union

using NumberState = std::uint32_t;  // interned by NumberReader; 0 is dead

enum class NumberIdentity : std::uint8_t {
  kMerged,  // prefixes that go on alike are one state
  kExact,   // every prefix is its own state: what spelled() needs
};

// Prefixes of one NumberSet's spellings. -0 counts as 0 with Numbers::kComplete and is not spelled
// otherwise. Exponents reach from -400 to 400.
class NumberReader {
 public:
  NumberReader(NumberSet set, Numbers spelling, NumberIdentity identity = NumberIdentity::kMerged);
  ~NumberReader();
  NumberReader(NumberReader&&) noexcept;
  NumberReader& operator=(NumberReader&&) noexcept;

  NumberState start();  // nothing read; 0 when the set is empty
  NumberState next(NumberState from,
                   std::uint8_t byte);  // 0: no number of the set goes on this way
  bool may_end(NumberState state) const;
  std::uint64_t key(NumberState state, std::uint32_t reach);  // see Machine::mask_key
  // The value read, as to_string(Decimal) spells it. kExact and may_end only.
  std::string spelled(NumberState state) const;
  std::size_t memory_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diptych::grammar
