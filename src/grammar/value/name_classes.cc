#include "grammar/value/name_classes.h"

#include <algorithm>

namespace diptych::grammar {
namespace {

// Splits by the languages that matter; `inside[k]` of a part: it lies in the k-th of them.
struct Part {
  Language names;
  std::vector<bool> inside;
};

std::vector<Language> languages_of(std::span<const ObjectShape* const> shapes,
                                   const Languages& languages) {
  std::vector<Language> found;
  const auto add = [&](Language language) {
    if (languages.is_all(language) || std::ranges::find(found, language) != found.end()) return;
    found.push_back(language);
  };
  for (const ObjectShape* shape : shapes) {
    add(shape->names);
    for (const FreeNames& free : shape->free) {
      for (const NameRule& rule : free.rules) add(rule.names);
    }
    for (const NameRule& wanted : shape->wanted) add(wanted.names);
  }
  return found;
}

class Matcher {
 public:
  Matcher(ValueTables& tables, const std::vector<Language>& languages, const Part& part)
      : tables_(tables), languages_(languages), part_(part) {}

  bool matches(Language language) const {
    const auto place = std::ranges::find(languages_, language);
    return place == languages_.end() ||  // every name
           part_.inside[static_cast<std::size_t>(place - languages_.begin())];
  }

  NodeId node(const ObjectShape& shape) const {
    if (!matches(shape.names)) return kNothing;
    NodeId node = kEverything;
    for (const FreeNames& free : shape.free) {
      bool matched = false;
      for (const NameRule& rule : free.rules) {
        if (!matches(rule.names)) continue;
        matched = true;
        node = tables_.formulas.both(node, rule.node);
      }
      if (!matched) node = tables_.formulas.both(node, free.otherwise);
    }
    return node;
  }

  std::uint32_t wanted(const ObjectShape& shape) const {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < shape.wanted.size(); ++i) {
      if (matches(shape.wanted[i].names)) bits |= 1U << i;
    }
    return bits;
  }

 private:
  ValueTables& tables_;
  const std::vector<Language>& languages_;
  const Part& part_;
};

}  // namespace

std::optional<std::vector<NameClass>> name_classes(ValueTables& tables,
                                                   std::span<const ObjectShape* const> shapes,
                                                   std::size_t classes_max) {
  Languages& languages = tables.languages;
  const std::vector<Language> cuts = languages_of(shapes, languages);
  std::vector<Part> parts = {{languages.all(), {}}};
  for (const Language cut : cuts) {
    std::vector<Part> finer;
    for (Part& part : parts) {
      const Language in = languages.both(part.names, cut);
      const Language out = languages.both(part.names, languages.negated(cut));
      for (const bool inside : {true, false}) {
        const Language names = inside ? in : out;
        if (languages.is_empty(names)) continue;
        finer.push_back({names, part.inside});
        finer.back().inside.push_back(inside);
      }
    }
    if (finer.size() > classes_max) return std::nullopt;
    parts = std::move(finer);
  }
  std::vector<NameClass> classes;
  for (const Part& part : parts) {
    NameClass found{part.names, {}, {}};
    const Matcher matcher(tables, cuts, part);
    for (const ObjectShape* shape : shapes) {
      found.nodes.push_back(matcher.node(*shape));
      found.wanted.push_back(matcher.wanted(*shape));
    }
    if (std::ranges::any_of(found.nodes, [](NodeId node) { return node != kNothing; })) {
      classes.push_back(std::move(found));
    }
  }
  return classes;
}

}  // namespace diptych::grammar
