#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "grammar/text/content_hash.h"
#include "grammar/value/number_outlook.h"
#include "grammar/value/number_set.h"

namespace diptych::grammar {
namespace {

constexpr std::size_t kSymbolCount = 15;
constexpr NumberState kUnknown = 0xFFFF'FFFF;

std::size_t symbol_of(std::uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - std::size_t{'0'};
  switch (byte) {
    case '-':
      return 10;
    case '+':
      return 11;
    case '.':
      return 12;
    case 'e':
      return 13;
    case 'E':
      return 14;
    default:
      return kSymbolCount;
  }
}

std::uint64_t hash_text(std::uint64_t seed, std::string_view text) {
  ContentHash hash(seed);
  for (const char c : text) hash.add(static_cast<unsigned char>(c));
  return hash.value();
}

std::string content_of(const NumberSet& set) {
  std::string text;
  const auto add = [&](const Decimal& value) { text += to_string(value) + ","; };
  const auto add_list = [&](const std::vector<Decimal>& list) {
    for (const Decimal& value : list) add(value);
    text += ';';
  };
  text += set.minimum ? (set.minimum_exclusive ? "(" : "[") : "_";
  if (set.minimum) add(*set.minimum);
  text += set.maximum ? (set.maximum_exclusive ? ")" : "]") : "_";
  if (set.maximum) add(*set.maximum);
  text += set.integer ? 'i' : '_';
  text += set.not_integer ? 'n' : '_';
  add_list(set.multiples);
  add_list(set.not_multiples);
  add_list(set.except);
  text += set.among ? '=' : '_';
  if (set.among) add_list(*set.among);
  return text;
}

}  // namespace

struct NumberReader::Impl {
  struct Entry {
    NumberPrefix prefix;  // one of those that the state stands for
    std::uint64_t hash = 0;
    std::uint32_t digits_left = 0;
    bool may_end = false;
    std::array<NumberState, kSymbolCount> targets{};
  };

  Impl(NumberSet given, Numbers spelling, NumberIdentity kept)
      : set(std::move(given)),
        outlook(set, spelling),
        identity(kept),
        set_hash(hash_text(spelling == Numbers::kComplete ? 1 : 2, content_of(set))),
        entries(1) {}

  NumberState state_of(NumberPrefix prefix);
  NumberState follow(NumberState from, std::uint8_t byte);

  NumberSet set;
  NumberOutlook outlook;
  NumberIdentity identity;
  std::uint64_t set_hash;
  std::vector<Entry> entries;  // by state; the first is dead
  std::unordered_map<std::string, NumberState> states;
  std::size_t bytes = 0;
};

NumberState NumberReader::Impl::state_of(NumberPrefix prefix) {
  const std::string signature = outlook.signature(prefix);
  const std::size_t left = outlook.digits_left(prefix);
  std::string name = signature + "|" + std::to_string(left);
  if (identity == NumberIdentity::kExact) {
    name += "|" + prefix.digits + "|" + std::to_string(prefix.whole_count);
  }
  const auto known = states.find(name);
  if (known != states.end()) return known->second;
  NumberState state = 0;
  if (outlook.goes_on(prefix)) {
    state = static_cast<NumberState>(entries.size());
    Entry entry{.prefix = std::move(prefix),
                .hash = hash_text(set_hash, signature),
                .digits_left = static_cast<std::uint32_t>(left)};
    entry.may_end = outlook.may_end(entry.prefix);
    entry.targets.fill(kUnknown);
    bytes += entry.prefix.digits.capacity();
    entries.push_back(std::move(entry));
  }
  bytes += name.size() + 80;
  states.emplace(std::move(name), state);
  return state;
}

NumberState NumberReader::Impl::follow(NumberState from, std::uint8_t byte) {
  const NumberPrefix& before = entries[from].prefix;
  auto prefix = advance(before, byte);
  if (!prefix || outlook.is_too_long(*prefix)) return 0;
  if (prefix->phase == NumberPrefix::Phase::kExponent) {
    prefix->exponents = outlook.exponents_of(before);
  }
  return state_of(std::move(*prefix));
}

NumberReader::NumberReader(NumberSet set, Numbers spelling, NumberIdentity identity)
    : impl_(std::make_unique<Impl>(std::move(set), spelling, identity)) {}
NumberReader::~NumberReader() = default;
NumberReader::NumberReader(NumberReader&&) noexcept = default;
NumberReader& NumberReader::operator=(NumberReader&&) noexcept = default;

NumberState NumberReader::start() { return impl_->state_of({}); }

NumberState NumberReader::next(NumberState from, std::uint8_t byte) {
  const std::size_t symbol = symbol_of(byte);
  if (from == 0 || symbol == kSymbolCount) return 0;
  const NumberState known = impl_->entries[from].targets[symbol];
  if (known != kUnknown) return known;
  const NumberState to = impl_->follow(from, byte);
  impl_->entries[from].targets[symbol] = to;
  return to;
}

bool NumberReader::may_end(NumberState state) const { return impl_->entries[state].may_end; }

std::uint64_t NumberReader::key(NumberState state, std::uint32_t reach) {
  const Impl::Entry& entry = impl_->entries[state];
  ContentHash hash(entry.hash);
  hash.add(std::min(entry.digits_left, reach + 1));
  return hash.value();
}

std::string NumberReader::spelled(NumberState state) const {
  return to_string(impl_->entries[state].prefix.value());
}

std::size_t NumberReader::memory_bytes() const {
  return impl_->bytes + impl_->entries.size() * sizeof(Impl::Entry);
}

}  // namespace diptych::grammar
