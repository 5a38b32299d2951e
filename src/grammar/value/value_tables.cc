#include "grammar/value/value_tables.h"

namespace diptych::grammar {
namespace {

using Words = std::vector<std::uint32_t>;

void write(Words& words, std::span<const NameRule> rules) {
  words.push_back(static_cast<std::uint32_t>(rules.size()));
  for (const NameRule& rule : rules) words.insert(words.end(), {rule.names.id, rule.node});
}

void write(Words& words, std::span<const std::uint32_t> ids) {
  words.push_back(static_cast<std::uint32_t>(ids.size()));
  words.insert(words.end(), ids.begin(), ids.end());
}

void write(std::string& key, const std::optional<Decimal>& bound, char mark) {
  if (bound) key += mark + to_string(*bound);
}

std::string key_of(const NumberSet& set) {
  std::string key;
  write(key, set.minimum, set.minimum_exclusive ? '(' : '[');
  write(key, set.maximum, set.maximum_exclusive ? ')' : ']');
  if (set.integer) key += 'i';
  if (set.not_integer) key += 'f';
  if (set.plain) key += 'p';
  for (const Decimal& of : set.multiples) key += '*' + to_string(of);
  for (const Decimal& of : set.not_multiples) key += '/' + to_string(of);
  if (set.among) key += '=';
  if (set.among) {
    for (const Decimal& value : *set.among) key += to_string(value) + ',';
  }
  for (const Decimal& value : set.except) key += '!' + to_string(value);
  return key;
}

}  // namespace

NameId NameTable::intern(std::string_view name) {
  if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
  names_.emplace_back(name);
  bytes_ += name.size() + 100;  // with both tables' nodes
  const auto id = static_cast<NameId>(names_.size() - 1);
  ids_.emplace(names_.back(), id);
  return id;
}

NumberSetId NumberSetTable::intern(NumberSet set) {
  const auto [place, is_new] =
      ids_.try_emplace(key_of(set), static_cast<NumberSetId>(sets_.size()));
  if (is_new) {
    bytes_ += 2 * place->first.size() + sizeof(NumberSet) + 64;
    sets_.push_back(std::move(set));
  }
  return place->second;
}

void write_words(const ArrayShape& shape, Words& words) {
  words = {shape.rest,        shape.min, shape.max, shape.unique ? 1U : 0U, shape.evaluated_prefix,
           shape.evaluated_if};
  write(words, shape.prefix);
  for (const CountedItems& items : shape.counted) {
    words.insert(words.end(), {items.node, items.from, items.min, items.max});
  }
}

void write_words(const ObjectShape& shape, Words& words) {
  words = {shape.names.id, shape.min, shape.max, shape.evaluated.id,
           static_cast<std::uint32_t>(shape.declared.size())};
  for (const Declared& member : shape.declared) {
    words.insert(words.end(), {member.name, member.node});
  }
  write(words, shape.required);
  words.push_back(static_cast<std::uint32_t>(shape.free.size()));
  for (const FreeNames& free : shape.free) {
    words.push_back(free.otherwise);
    write(words, free.rules);
  }
  write(words, shape.wanted);
  for (const Implied& implied : shape.implied) {
    words.push_back(implied.present);
    write(words, implied.required);
  }
}

std::size_t ValueTables::memory_bytes() const {
  return formulas.memory_bytes() + languages.memory_bytes() + names.memory_bytes() +
         numbers.memory_bytes() + arrays.memory_bytes() + objects.memory_bytes();
}

}  // namespace diptych::grammar
