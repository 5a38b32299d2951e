#include "image/diffusion/noise_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"

namespace diptych {
namespace {

constexpr int kTimestepsMax = 100000;

struct CurveName {
  std::string_view name;
  BetaCurve curve;
};
constexpr CurveName kCurveNames[] = {{"linear", BetaCurve::kLinear},
                                     {"scaled_linear", BetaCurve::kScaledLinear},
                                     {"squaredcos_cap_v2", BetaCurve::kSquaredCosine},
                                     {"sigmoid", BetaCurve::kSigmoid}};

// torch.linspace in float32: from both ends towards the middle.
std::vector<float> linspace(double start, double end, int count) {
  const auto first = static_cast<float>(start), last = static_cast<float>(end);
  const float step = count > 1 ? (last - first) / static_cast<float>(count - 1) : 0;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    values[static_cast<std::size_t>(i)] = i < count / 2
                                              ? first + step * static_cast<float>(i)
                                              : last - step * static_cast<float>(count - 1 - i);
  }
  return values;
}

// Nichol and Dhariwal 2021: ᾱ(t) = cos²((t + 0.008)/1.008 · π/2).
std::vector<float> squared_cosine_betas(int count) {
  constexpr double kBetaMax = 0.999;
  const auto alpha_bar = [count](int t) {
    const double angle = (static_cast<double>(t) / count + 0.008) / 1.008 * std::numbers::pi / 2;
    return std::cos(angle) * std::cos(angle);
  };
  std::vector<float> betas;
  for (int t = 0; t < count; ++t) {
    betas.push_back(static_cast<float>(std::min(1 - alpha_bar(t + 1) / alpha_bar(t), kBetaMax)));
  }
  return betas;
}

std::vector<float> betas_of(const BetaOptions& options) {
  if (!options.trained_betas.empty()) {
    return {options.trained_betas.begin(), options.trained_betas.end()};
  }
  const int count = options.timestep_count;
  std::vector<float> betas;
  switch (options.curve) {
    case BetaCurve::kLinear:
      return linspace(options.start, options.end, count);
    case BetaCurve::kScaledLinear:
      betas = linspace(std::sqrt(options.start), std::sqrt(options.end), count);
      for (float& beta : betas) beta *= beta;
      return betas;
    case BetaCurve::kSquaredCosine:
      return squared_cosine_betas(count);
    case BetaCurve::kSigmoid:
      betas = linspace(-6, 6, count);
      for (float& beta : betas) {
        beta = 1 / (1 + std::exp(-beta)) * static_cast<float>(options.end - options.start) +
               static_cast<float>(options.start);
      }
      return betas;
  }
  return betas;
}

// torch.cumprod in float32: the product itself is kept in double.
std::vector<float> alphas_cumprod_of(const std::vector<float>& betas) {
  std::vector<float> alphas;
  double product = 1;
  for (const float beta : betas) {
    product *= static_cast<double>(1 - beta);
    alphas.push_back(static_cast<float>(product));
  }
  return alphas;
}

std::vector<float> with_zero_terminal_snr(std::vector<float> alphas_cumprod) {
  for (float& alpha : alphas_cumprod) alpha = std::sqrt(alpha);
  const float first = alphas_cumprod.front(), last = alphas_cumprod.back();
  for (float& root : alphas_cumprod) {
    root = (root - last) * (first / (first - last));
    root *= root;
  }
  return alphas_cumprod;
}

Status check_betas(const std::vector<float>& betas) {
  if (betas.empty() || betas.size() > kTimestepsMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} training timesteps: must be 1 to {}", betas.size(), kTimestepsMax),
                "num_train_timesteps");
  }
  for (const float beta : betas) {
    if (!(beta > 0 && beta < 1)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("a beta of {}: must be within (0, 1)", beta), "betas");
    }
  }
  return {};
}

}  // namespace

Result<BetaCurve> parse_beta_curve(std::string_view name) {
  for (const CurveName& row : kCurveNames) {
    if (row.name == name) return row.curve;
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("beta_schedule '{}': must be linear, scaled_linear, squaredcos_cap_v2 or "
                          "sigmoid",
                          name),
              "beta_schedule");
}

Result<NoiseSchedule> NoiseSchedule::from_betas(const BetaOptions& options) {
  const bool countable = options.timestep_count > 0 && options.timestep_count <= kTimestepsMax;
  const std::vector<float> betas = countable ? betas_of(options) : std::vector<float>();
  TRY_STATUS(check_betas(betas));
  std::vector<float> alphas = alphas_cumprod_of(betas);
  if (options.zero_terminal_snr) {
    if (alphas.size() < 2) {
      return fail(ErrorCode::kInvalidArgument, "zero terminal SNR needs two timesteps or more",
                  "rescale_betas_zero_snr");
    }
    alphas = with_zero_terminal_snr(std::move(alphas));
  }
  NoiseSchedule schedule;
  for (const float alpha : alphas) {
    const double usable = std::max(static_cast<double>(alpha), options.last_alpha_floor);
    schedule.alphas_cumprod_.push_back(static_cast<double>(alpha));
    schedule.sigmas_.push_back(std::sqrt((1 - usable) / usable));
    schedule.log_sigmas_.push_back(std::log(schedule.sigmas_.back()));
  }
  return schedule;
}

NoiseSchedule NoiseSchedule::flow(double shift, int timestep_count) {
  CHECK(shift > 0 && timestep_count > 0);
  NoiseSchedule schedule;
  schedule.space_ = SigmaSpace::kFlow;
  schedule.shift_ = shift;
  for (int t = 1; t <= timestep_count; ++t) {
    const double plain = static_cast<double>(t) / timestep_count;
    schedule.sigmas_.push_back(plain * shift / (1 + (shift - 1) * plain));
  }
  return schedule;
}

double NoiseSchedule::sigma_at(double timestep) const {
  if (space_ == SigmaSpace::kFlow) return timestep / timestep_count();
  const double inside = std::clamp(timestep, 0.0, static_cast<double>(timestep_count() - 1));
  const auto low = static_cast<std::size_t>(inside);
  const std::size_t high = std::min(low + 1, sigmas_.size() - 1);
  const double share = inside - static_cast<double>(low);
  if (share == 0) return sigmas_[low];
  return std::exp(std::lerp(log_sigmas_[low], log_sigmas_[high], share));
}

double NoiseSchedule::linear_sigma_at(double timestep) const {
  if (space_ == SigmaSpace::kFlow) return timestep / timestep_count();
  const double inside = std::clamp(timestep, 0.0, static_cast<double>(timestep_count() - 1));
  const auto low = static_cast<std::size_t>(inside);
  const std::size_t high = std::min(low + 1, sigmas_.size() - 1);
  return std::lerp(sigmas_[low], sigmas_[high], inside - static_cast<double>(low));
}

double NoiseSchedule::timestep_of(double sigma) const {
  if (space_ == SigmaSpace::kFlow) return sigma * timestep_count();
  const auto above = std::ranges::upper_bound(sigmas_, sigma);
  if (above == sigmas_.begin()) return 0;
  if (above == sigmas_.end()) return timestep_count() - 1;
  const auto low = static_cast<std::size_t>(above - sigmas_.begin() - 1);
  const double span = log_sigmas_[low + 1] - log_sigmas_[low];
  return static_cast<double>(low) + (std::log(sigma) - log_sigmas_[low]) / span;
}

}  // namespace diptych
