#include "app/commands/convert.h"

#include <fmt/format.h>

#include "app/progress_bar.h"
#include "image/models/save_checkpoint.h"

namespace diptych {
namespace {

Result<std::optional<DType>> parse_dtype(std::string_view name) {
  if (name.empty()) return std::nullopt;
  const auto dtype = find_dtype(name);
  if (dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBf16) return dtype;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("dtype '{}' is none of f32, f16, bf16", name), "dtype");
}

// A folder that is there and holds nothing is no loss.
Status check_target(const ConvertOptions& options) {
  std::error_code ignored;
  if (options.force || !std::filesystem::exists(options.to, ignored)) return {};
  if (std::filesystem::is_directory(options.to, ignored) &&
      std::filesystem::is_empty(options.to, ignored)) {
    return {};
  }
  return fail(ErrorCode::kConflict,
              fmt::format("{} is there already; --force replaces it", options.to.string()), "to");
}

Result<Warnings> save(const Checkpoint& checkpoint, const Path& to, const SaveOptions& options) {
  if (to.extension() != ".safetensors") return save_folder(checkpoint, to, options);
  TRY_STATUS(save_single_file(checkpoint, to, options));
  return Warnings{};
}

// What a model says of drawing with it (image/pipeline/model_defaults.h) lies beside its parts.
Status carry_defaults(const ConvertOptions& options, Warnings& warnings) {
  constexpr std::string_view kName = "diptych.json";
  constexpr std::size_t kBytesMax = std::size_t{1} << 20;
  std::error_code ignored;
  if (!std::filesystem::exists(options.from / kName, ignored)) return {};
  if (options.to.extension() == ".safetensors") {
    warnings.push_back(
        {std::string(kName),
         fmt::format("{} is not carried: a single file has no place for its defaults",
                     (options.from / kName).string())});
    return {};
  }
  TRY(const std::string text, read_file(options.from / kName, kBytesMax));
  return write_file_atomically(options.to / kName, text);
}

Result<std::uint64_t> bytes_written(const Path& to) {
  std::error_code error;
  if (!std::filesystem::is_directory(to, error)) return size_of_file(to);
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(to, error)) {
    if (entry.is_regular_file(error)) sum += entry.file_size(error);
  }
  return sum;
}

Report make_report(const ConvertOptions& options, const Checkpoint& checkpoint,
                   const Warnings& warnings, std::uint64_t bytes) {
  Report report{
      .text =
          fmt::format("{}: {}, {}\n", options.to.string(), checkpoint.family, human_size(bytes)),
      .json = Json::object({{"from", options.from.string()},
                            {"to", options.to.string()},
                            {"family", checkpoint.family},
                            {"dtype", options.dtype.empty() ? Json() : Json(options.dtype)},
                            {"size_bytes", bytes},
                            {"warnings", Json::array()}})};
  for (const Warning& warning : warnings) {
    report.text += fmt::format("warning: {}\n", warning.message);
    report.json.find("warnings")
        ->push_back(Json::object({{"param", warning.param}, {"message", warning.message}}));
  }
  return report;
}

}  // namespace

Result<Report> convert_model(const ConvertOptions& options) {
  TRY(const std::optional<DType> dtype, parse_dtype(options.dtype));
  TRY_STATUS(check_target(options));
  TRY(const Checkpoint checkpoint, open_checkpoint(options.from, options.other_parts));
  ProgressBar bar("converting", system_clock());
  const auto progress = [&bar](std::uint64_t done, std::uint64_t in_all) {
    bar.show(static_cast<double>(done) / static_cast<double>(in_all));
  };
  TRY(Warnings warnings, save(checkpoint, options.to, {.dtype = dtype, .progress = progress}));
  warnings.insert(warnings.begin(), checkpoint.warnings.begin(), checkpoint.warnings.end());
  TRY_STATUS(carry_defaults(options, warnings));
  TRY(const std::uint64_t bytes, bytes_written(options.to));
  return make_report(options, checkpoint, warnings, bytes);
}

}  // namespace diptych
