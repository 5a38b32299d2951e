#pragma once
// <lora:name:0.8>: networks that a prompt activates.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

enum class NetworkKind {
  kLora,          // <lora:…>, also <lyco:…>
  kHypernetwork,  // <hypernet:…>
  kStyle,         // <style:…>: the name of a style
};
std::string_view name_of(NetworkKind kind);  // "lora", "hypernet", "style"

// A weight that may change over the steps: "0.8", or "0@0,1@0.5" as weight@position. Between the
// points it is interpolated, outside it keeps the nearest. Positions are fractions of the run if
// none is above 1, else 1-based steps.
class StepWeight {
 public:
  StepWeight(double weight = 1) : points_{{0, weight}} {}  // NOLINT: a plain number is a weight

  // Points are separated by ',' or ';'. Nothing if it is not such a text.
  static std::optional<StepWeight> parse(std::string_view text);

  double at(int step, int step_count) const;  // `step` is 1-based
  bool is_constant() const { return points_.size() == 1; }
  bool is_zero() const;  // at every step

  friend bool operator==(const StepWeight&, const StepWeight&) = default;

 private:
  struct Point {
    double position, weight;
    friend bool operator==(const Point&, const Point&) = default;
  };
  std::vector<Point> points_;  // ascending, never empty
};

struct NetworkTag {
  NetworkKind kind = NetworkKind::kLora;
  std::string name;  // an alias, a file's stem or a hash; the same one twice: weights add
  StepWeight text_encoder, unet;
  std::optional<int> dynamic_rank;            // dyn=32: cut to this rank
  std::optional<StepWeight> in, middle, out;  // in= mid= out=: groups of blocks, instead of unet
  std::optional<StepWeight> high, low;        // of models with two transformers
  std::string module;                         // module=: the part it applies to
};

struct NetworkTags {
  std::string text;  // the prompt without its tags; what is around them stays
  std::vector<NetworkTag> tags;
  Warnings warnings;
};

// Tags of unknown kinds stay in the text, with a warning. Errors (kInvalidArgument): a weight or
// rank that is no number, no name.
Result<NetworkTags> take_network_tags(std::string_view text, std::string_view param,
                                      double default_weight = 1);

}  // namespace diptych
