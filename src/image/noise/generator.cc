#include "image/noise/generator.h"

#include <fmt/format.h>

#include <charconv>

#include "image/noise/cuda_generator.h"
#include "image/noise/torch_generator.h"

namespace diptych {
namespace {

constexpr std::string_view kGpuPrefix = "gpu-t", kGpuLabel = "GPU-t";
constexpr int kThreadsPerBlock = 256;
constexpr int kThreadsMax = 1 << 24;

}  // namespace

Result<RandomSource> parse_random_source(std::string_view text) {
  if (text == "cpu" || text == "CPU") return RandomSource{};
  if (text == "nv" || text == "NV") return RandomSource{RandomSource::Kind::kNv};
  if (text.starts_with(kGpuPrefix) || text.starts_with(kGpuLabel)) {
    const std::string_view digits = text.substr(kGpuPrefix.size());  // both are as long
    int threads = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), threads);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    if (whole && threads > 0 && threads <= kThreadsMax && threads % kThreadsPerBlock == 0) {
      return RandomSource{RandomSource::Kind::kGpu, threads};
    }
  }
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("unknown random source '{}': must be cpu, nv or gpu-t<threads>, threads a "
                  "multiple of {} up to {}",
                  text, kThreadsPerBlock, kThreadsMax),
      "rng");
}

std::string name_of(const RandomSource& source) {
  switch (source.kind) {
    case RandomSource::Kind::kCpu:
      return "cpu";
    case RandomSource::Kind::kNv:
      return "nv";
    case RandomSource::Kind::kGpu:
      return fmt::format("{}{}", kGpuPrefix, source.threads);
  }
  return {};
}

std::unique_ptr<NormalGenerator> make_generator(const RandomSource& source, std::uint64_t seed) {
  if (source.kind == RandomSource::Kind::kCpu) return std::make_unique<TorchGenerator>(seed);
  return std::make_unique<CudaGenerator>(seed, source.threads);
}

}  // namespace diptych
