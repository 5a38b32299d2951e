#pragma once
// Which layout the weights of a file are computed in: one row per file format. The exact rows are
// measured on Q4_1 files (docs/adr/0004-weight-layout-by-measurement.md); what the inexact ones
// gain is not measured yet. A format without a row runs on ggml's own kernels.

#include <optional>
#include <span>
#include <string_view>

#include "text/weights/packed_matrix.h"

namespace diptych::weights {

enum class Exactness {
  kExact,    // the same weights, bit for bit
  kInexact,  // rounded to 8 bits a block of 32: only when the user asks (text.inexact_layout)
};

struct LayoutRow {
  std::string_view file_format;  // ggml's name of the type: "q4_1"
  SourceFormat packed;
  Exactness exactness;
  std::string_view note;
};

std::span<const LayoutRow> layout_table();
const LayoutRow* find_layout(std::string_view file_format);

}  // namespace diptych::weights
