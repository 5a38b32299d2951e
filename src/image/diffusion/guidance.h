#pragma once
// How a conditional and an unconditional estimate become one. All tensors of a call have one shape
// [batch, channels, height, width]. Linear guidance gives the same picture on noise, velocity or
// x0; a rescaled one does not: diffusers rescales what the network says.

#include <span>

#include "compute/tensor.h"

namespace diptych {

// Classifier-free guidance (Ho and Salimans 2022): u + scale·(c − u).
template <class Element>
BasicTensor<Element> guided(const BasicTensor<Element>& unconditional,
                            const BasicTensor<Element>& conditional, double scale);

// Lin et al. 2024, section 3.4: guided, its deviation per picture moved towards that of the
// conditional estimate by `share`, 0 to 1.
struct RescaledGuidance {
  double scale, share;
};
template <class Element>
BasicTensor<Element> guided(const BasicTensor<Element>& unconditional,
                            const BasicTensor<Element>& conditional,
                            const RescaledGuidance& guidance);

// Composition of prompts (Liu et al. 2022; "AND"): u + scale·Σ weight·(c − u).
template <class Element>
struct WeightedEstimate {
  const BasicTensor<Element>* estimate;
  double weight;
};
template <class Element>
BasicTensor<Element> composed(const BasicTensor<Element>& unconditional,
                              std::span<const WeightedEstimate<Element>> conditionals,
                              double scale);

}  // namespace diptych
