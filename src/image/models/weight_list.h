#pragma once
// The tensors an architecture has, by name and shape, as its config says: what a file must hold,
// what a key map must produce, and what random weights are made of.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "compute/weight_source.h"

namespace diptych {

enum class Bias { kWithout, kWith };

// Names are relative to the scopes open now, as in a GraphBuilder.
class WeightList {
 public:
  class Scope {
   public:
    Scope(WeightList& list, std::string_view name);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    WeightList& list_;
    std::size_t length_;
  };
  [[nodiscard]] Scope scope(std::string_view name) { return Scope(*this, name); }
  [[nodiscard]] Scope scope(std::string_view list, int index);

  void tensor(std::string_view name, const Shape& shape);
  void linear(std::string_view module, int in, int out, Bias bias = Bias::kWith);
  void conv(std::string_view module, int in, int out, int kernel = 3);  // with a bias
  void norm(std::string_view module, int channels);                     // weight and bias

  std::vector<WeightInfo> take() &&;  // sorted by name; f32

 private:
  std::string scope_;
  std::vector<WeightInfo> tensors_;
};

// That `weights` holds every expected tensor in its shape; further ones are fine. The message names
// the first few that are missing or different and counts the rest.
Status check_weights(const WeightSource& weights, std::span<const WeightInfo> expected,
                     std::string_view part);

}  // namespace diptych
