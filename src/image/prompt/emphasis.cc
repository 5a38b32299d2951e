#include "image/prompt/emphasis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace diptych {
namespace {

constexpr std::array kRows = {
    EmphasisRow{EmphasisMode::kOriginal, "Original", "times the weights; the mean is kept"},
    EmphasisRow{EmphasisMode::kNoNorm, "No norm", "times the weights"},
    EmphasisRow{EmphasisMode::kIgnore, "Ignore", "brackets are read, weights have no effect"},
    EmphasisRow{EmphasisMode::kNone, "None", "brackets are text"},
};

double mean_of(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// chunk: rows of equal length, one for each weight.
void weigh_chunk(std::span<float> chunk, std::span<const float> weights, EmphasisMode mode) {
  const double mean_before = mean_of(chunk);
  const std::size_t channels = chunk.size() / weights.size();
  for (std::size_t row = 0; row < weights.size(); ++row) {
    for (float& value : chunk.subspan(row * channels, channels)) value *= weights[row];
  }
  if (mode != EmphasisMode::kOriginal) return;
  // Weights whose mean cancels out leave nothing to scale by; the reference gives infinities there.
  const double scale = mean_before / mean_of(chunk);
  if (!std::isfinite(scale)) return;
  for (float& value : chunk) value = static_cast<float>(value * scale);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::span<const EmphasisRow> emphasis_rows() { return kRows; }

std::optional<EmphasisMode> find_emphasis_mode(std::string_view name) {
  for (const EmphasisRow& row : kRows) {
    if (std::ranges::equal(row.name, name, {}, lower, lower)) return row.mode;
  }
  return std::nullopt;
}

Status apply_emphasis(Tensor& encoded, std::span<const float> weights, EmphasisMode mode) {
  if (encoded.shape.rank() != 3 ||
      static_cast<std::int64_t>(weights.size()) != encoded.shape[0] * encoded.shape[1]) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} weights do not fit an encoding of shape {}", weights.size(),
                            encoded.shape.to_string()));
  }
  const bool applies = mode == EmphasisMode::kOriginal || mode == EmphasisMode::kNoNorm;
  if (!applies || encoded.values.empty()) return {};
  const auto rows = static_cast<std::size_t>(encoded.shape[1]);
  const std::size_t size = rows * static_cast<std::size_t>(encoded.shape[2]);
  for (std::size_t chunk = 0; chunk < static_cast<std::size_t>(encoded.shape[0]); ++chunk) {
    const auto chunk_weights = weights.subspan(chunk * rows, rows);
    if (std::ranges::all_of(chunk_weights, [](float weight) { return weight == 1; })) continue;
    weigh_chunk(std::span(encoded.values).subspan(chunk * size, size), chunk_weights, mode);
  }
  return {};
}

Result<Tensor> repeat_last_row(const Tensor& encoded, std::int64_t row_count) {
  const bool fits =
      encoded.shape.rank() == 2 && encoded.shape[0] > 0 && encoded.shape[0] <= row_count;
  if (!fits) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("an encoding of shape {} cannot be lengthened to {} rows",
                            encoded.shape.to_string(), row_count));
  }
  Tensor longer(Shape{row_count, encoded.shape[1]});
  const auto channels = encoded.shape[1];
  const auto last_row = encoded.values.end() - channels;
  auto to = std::ranges::copy(encoded.values, longer.values.begin()).out;
  while (to != longer.values.end()) to = std::copy(last_row, encoded.values.end(), to);
  return longer;
}

}  // namespace diptych
