#include "image/diffusion/guidance.h"

#include <cmath>

#include "base/check.h"

namespace diptych {
namespace {

template <class Element>
double deviation(std::span<const Element> values) {
  double mean = 0, square = 0;
  for (const Element value : values) mean += static_cast<double>(value);
  mean /= static_cast<double>(values.size());
  for (const Element value : values) {
    square += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  }
  return std::sqrt(square / static_cast<double>(values.size()));
}

}  // namespace

template <class Element>
BasicTensor<Element> guided(const BasicTensor<Element>& unconditional,
                            const BasicTensor<Element>& conditional, double scale) {
  CHECK(unconditional.shape == conditional.shape);
  const auto factor = static_cast<Element>(scale);
  BasicTensor<Element> result = unconditional;
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] += factor * (conditional[i] - unconditional[i]);
  }
  return result;
}

template <class Element>
BasicTensor<Element> guided(const BasicTensor<Element>& unconditional,
                            const BasicTensor<Element>& conditional,
                            const RescaledGuidance& guidance) {
  BasicTensor<Element> result = guided(unconditional, conditional, guidance.scale);
  if (guidance.share == 0 || result.size() == 0) return result;
  const auto pictures = static_cast<std::size_t>(result.shape[0]);
  const std::size_t size = result.size() / pictures;
  for (std::size_t picture = 0; picture < pictures; ++picture) {
    const std::span<Element> values(&result.values[picture * size], size);
    const double of_guided = deviation(std::span<const Element>(values));
    if (of_guided == 0) continue;  // a flat picture stays as it is
    const double wanted =
        deviation(std::span<const Element>(&conditional.values[picture * size], size));
    const auto factor =
        static_cast<Element>(guidance.share * wanted / of_guided + (1 - guidance.share));
    for (Element& value : values) value *= factor;
  }
  return result;
}

template <class Element>
BasicTensor<Element> composed(const BasicTensor<Element>& unconditional,
                              std::span<const WeightedEstimate<Element>> conditionals,
                              double scale) {
  BasicTensor<Element> result = unconditional;
  for (const auto& [estimate, weight] : conditionals) {
    CHECK(estimate->shape == unconditional.shape);
    const auto factor = static_cast<Element>(scale * weight);
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] += factor * ((*estimate)[i] - unconditional[i]);
    }
  }
  return result;
}

template Tensor guided(const Tensor&, const Tensor&, double);
template Tensor64 guided(const Tensor64&, const Tensor64&, double);
template Tensor guided(const Tensor&, const Tensor&, const RescaledGuidance&);
template Tensor64 guided(const Tensor64&, const Tensor64&, const RescaledGuidance&);
template Tensor composed(const Tensor&, std::span<const WeightedEstimate<float>>, double);
template Tensor64 composed(const Tensor64&, std::span<const WeightedEstimate<double>>, double);

}  // namespace diptych
