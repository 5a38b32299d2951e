#pragma once
// The weights of a prompt, applied to what a text encoder gave.

#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "compute/tensor.h"

namespace diptych {

enum class EmphasisMode {
  kOriginal,  // times the weights, then scaled so that each chunk keeps its mean
  kNoNorm,    // times the weights
  kIgnore,    // brackets are read, weights are not applied
  kNone,      // brackets are text
};

struct EmphasisRow {
  EmphasisMode mode;
  std::string_view name;  // A1111's: "Original", "No norm", "Ignore", "None"
  std::string_view doc;
};
std::span<const EmphasisRow> emphasis_rows();
std::optional<EmphasisMode> find_emphasis_mode(std::string_view name);  // any case

// encoded: [chunks, rows, channels], after the final norm, of one encoder; pooled vectors are not
// weighted. weights: chunks · rows values (encoder_weights). A chunk whose weights are all 1 is
// left as it is. Error (kInvalidArgument): shapes that do not fit. Reference: A1111's emphasis.
Status apply_emphasis(Tensor& encoded, std::span<const float> weights, EmphasisMode mode);

// Rows [rows, channels] lengthened by repeating the last one: parts joined by AND are evaluated
// together. Error (kInvalidArgument): no rows, or more than `row_count` already.
Result<Tensor> repeat_last_row(const Tensor& encoded, std::int64_t row_count);

}  // namespace diptych
