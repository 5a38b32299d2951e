#pragma once
// Passes over a row of logits [vocabulary size], written so that the compiler can vectorise them.

#include <span>

#include "text/ids.h"

namespace diptych {

float max_of(std::span<const float> logits);    // NaN ignored; -inf when there is none
TokenId argmax(std::span<const float> logits);  // lowest id among equals; -1 when nothing is finite
double exp_sum(std::span<const float> logits,
               float reference);  // Σ exp(logit - reference), relative error < 1e-6

}  // namespace diptych
