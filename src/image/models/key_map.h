#pragma once
// Renames tensors between the original layout of Stable Diffusion checkpoints and diffusers'. One
// list of rules serves both directions; the lists of the parts are in key_rules.h.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "formats/weight_view.h"

namespace diptych {

// What a tensor becomes on its way from the original layout to diffusers'.
enum class KeyChange {
  kNone,
  kFirstThird,  // of the rows: query, key and value are one tensor in the original
  kSecondThird,
  kLastThird,
  kTransposed,    // [rows, columns]
  kConvToLinear,  // [out, in, 1, 1] → [out, in]
};

// Names of modules ("out.0" ↔ "conv_norm_out": every tensor below them) or of single tensors.
struct KeyRule {
  std::string original, diffusers;
  KeyChange change = KeyChange::kNone;
};

struct MappedKey {
  std::string name;
  KeyChange change = KeyChange::kNone;
  friend bool operator==(const MappedKey&, const MappedKey&) = default;
};

// The longest rule that covers a name applies.
class KeyMap {
 public:
  explicit KeyMap(std::vector<KeyRule> rules);
  KeyMap(const KeyMap&) = delete;  // the indexes point into rules_
  KeyMap& operator=(const KeyMap&) = delete;

  std::vector<MappedKey> to_diffusers(std::string_view original) const;  // one, three, or none
  std::optional<MappedKey> to_original(std::string_view diffusers) const;

 private:
  std::vector<KeyRule> rules_;
  std::unordered_multimap<std::string_view, const KeyRule*> by_original_;
  std::unordered_map<std::string_view, const KeyRule*> by_diffusers_;
};

// The tensors below `prefix` under diffusers' names. Nothing is copied but what is transposed.
// Names that no rule covers are appended to `unused` (with their prefix) and left out. Errors: a
// tensor that does not have the shape that its rule needs.
Result<SharedWeights> map_to_diffusers(const KeyMap& map, const SharedWeights& source,
                                       std::string_view prefix, std::vector<std::string>& unused);

// The way back, into `to`, each name after `prefix`. Errors: a name that no rule covers.
Status map_to_original(const KeyMap& map, const SharedWeights& source, std::string_view prefix,
                       WeightViewBuilder& to);

}  // namespace diptych
