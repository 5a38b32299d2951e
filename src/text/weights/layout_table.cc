#include "text/weights/layout_table.h"

#include <array>

namespace diptych::weights {
namespace {

using enum Exactness;

// docs/adr/0004-weight-layout-by-measurement.md has the figures behind the choices.
constexpr std::array<LayoutRow, 12> kTable = {{
    {"q4_0", SourceFormat::kQ4_0, kExact, "codes and scales as in the file"},
    {"q4_1", SourceFormat::kQ4_1, kExact,
     "codes, scales and minima as in the file; ggml has no fast layout for it"},
    {"q8_0", SourceFormat::kQ8_0, kExact,
     "codes and scales as in the file; ggml has no fast layout for it on x86"},
    {"f32", SourceFormat::kQ8_0, kInexact, "a quarter of the bytes"},
    {"f16", SourceFormat::kQ8_0, kInexact, "half the bytes"},
    {"bf16", SourceFormat::kQ8_0, kInexact, "half the bytes"},
    {"q5_0", SourceFormat::kQ8_0, kInexact, "more bytes for packed kernels; gain not measured"},
    {"q5_1", SourceFormat::kQ8_0, kInexact, "more bytes for packed kernels; gain not measured"},
    {"q5_K", SourceFormat::kQ8_0, kInexact, "more bytes for packed kernels; gain not measured"},
    {"q6_K", SourceFormat::kQ8_0, kInexact, "more bytes for packed kernels; gain not measured"},
    {"iq4_nl", SourceFormat::kQ8_0, kInexact, "more bytes for packed kernels; gain not measured"},
    {"iq4_xs", SourceFormat::kQ8_0, kInexact, "more bytes for packed kernels; gain not measured"},
}};

}  // namespace

std::span<const LayoutRow> layout_table() { return kTable; }

const LayoutRow* find_layout(std::string_view file_format) {
  for (const LayoutRow& row : kTable)
    if (row.file_format == file_format) return &row;
  return nullptr;
}

}  // namespace diptych::weights
