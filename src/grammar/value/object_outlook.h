#pragma once
// Whether an object that has begun can still be finished.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "grammar/value/value_nodes.h"

namespace diptych::grammar {

struct ObjectForm {  // a shape with its names as indexes into shape.declared
  struct Implied {
    std::uint32_t present = 0;
    std::vector<std::uint32_t> required;
  };
  ObjectShape shape;
  std::vector<std::uint32_t> required;
  std::vector<Implied> implied;
  bool plain = true;                           // only required names have to come, in any number
  std::optional<std::vector<NameClass>> free;  // made when needed
};
ObjectForm make_form(ObjectShape shape);

using SeenBits = std::span<const std::uint32_t>;
inline bool has_bit(SeenBits bits, std::uint32_t index) {
  return index / 32 < bits.size() && ((bits[index / 32] >> (index % 32)) & 1) != 0;
}

struct ObjectProgress {
  SeenBits seen;                 // of shape.declared; missing words are 0
  std::uint32_t first_open = 0;  // declared names before it may not come any more
  std::uint32_t count = 0;       // members so far
  std::uint32_t free_count = 0;  // of these under undeclared names
  std::uint32_t wanted = 0;      // bits of shape.wanted that are still open
};

class ObjectOutlook {
 public:
  ObjectOutlook(ValueNodes& nodes, ObjectForm& form, const ObjectProgress& progress)
      : nodes_(nodes), form_(form), progress_(progress) {}

  Verdict verdict();
  bool closable() const;  // as it stands

 private:
  struct Fresh {  // an undeclared name that has to come
    Language names;
    NodeId node;
  };
  struct Needed {  // a declared name that has to come
    std::uint32_t index;
    NodeId node;
  };

  bool is_seen(std::uint32_t index) const { return has_bit(progress_.seen, index); }
  bool is_needed(std::uint32_t index) const;
  Verdict need_implied();
  Verdict need(std::uint32_t index);
  Verdict settle(std::uint32_t wanted);
  Verdict settle_with_declared(std::uint32_t wanted, const NameRule& rule);
  Verdict settle_with_fresh(std::uint32_t wanted, const NameRule& rule);
  Verdict check_counts();
  std::uint64_t spare(std::uint64_t cap);
  std::uint64_t names_left(Language names, std::uint64_t cap);
  const std::vector<NameClass>* free_classes();

  ValueNodes& nodes_;
  ObjectForm& form_;
  const ObjectProgress& progress_;
  std::vector<Needed> needed_;
  std::vector<Fresh> fresh_;
};

}  // namespace diptych::grammar
