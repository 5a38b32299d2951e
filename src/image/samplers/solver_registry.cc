#include "image/samplers/solver_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "image/samplers/labels.h"
#include "image/samplers/schedule_registry.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

using Aliases = const std::string_view[];

constexpr Aliases kEuler = {"k_euler", "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler",
                            "Euler FlowMatch"};
constexpr Aliases kEulerA = {"k_euler_a", "k_euler_ancestral", "euler_a", "euler_ancestral",
                             "EulerAncestralDiscreteScheduler"};
constexpr Aliases kHeun = {"k_heun", "HeunDiscreteScheduler", "FlowMatchHeunDiscreteScheduler",
                           "Heun FlowMatch"};
constexpr Aliases kDpm2 = {"k_dpm_2", "dpm_2", "KDPM2", "KDPM2DiscreteScheduler"};
constexpr Aliases kDpm2A = {"k_dpm_2_a", "dpm_2_ancestral", "dpm2_a", "KDPM2 a",
                            "KDPM2AncestralDiscreteScheduler"};
constexpr Aliases kLms = {"k_lms", "LMSD", "LMSDiscreteScheduler"};
constexpr Aliases kDpmpp2m = {"k_dpmpp_2m", "dpmpp_2m", "dpm++2m", "DPMSolverMultistepScheduler"};
constexpr Aliases kDpmpp3m = {"dpmpp_3m", "dpm++3m"};
constexpr Aliases kDpmpp2sA = {"k_dpmpp_2s_a", "dpmpp_2s_ancestral", "dpm++2s_a"};
constexpr Aliases kDpmpp2s = {"dpmpp_2s", "DPMSolverSinglestepScheduler"};
constexpr Aliases kDpmppSde = {"k_dpmpp_sde", "dpmpp_sde", "DPM SDE", "DPMSolverSDEScheduler"};
constexpr Aliases kDpmpp2mSde = {"k_dpmpp_2m_sde", "dpmpp_2m_sde", "dpm++2m_sde"};
constexpr Aliases kDpmpp2mSdeHeun = {"k_dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun"};
constexpr Aliases kDpmpp3mSde = {"k_dpmpp_3m_sde", "dpmpp_3m_sde"};
constexpr Aliases kDpmFast = {"k_dpm_fast", "dpm_fast"};
constexpr Aliases kDpmAdaptive = {"k_dpm_ad", "dpm_adaptive"};
constexpr Aliases kUnipc = {"uni_pc"};
constexpr Aliases kUnipcBh2 = {"uni_pc_bh2", "UniPCMultistepScheduler"};
constexpr Aliases kDeis = {"DEISMultistepScheduler"};
constexpr Aliases kDdim = {"ddim_trailing", "DDIMScheduler"};
constexpr Aliases kDdpm = {"DDPMScheduler"};
constexpr Aliases kPlms = {"PNDM", "PNDMScheduler"};
constexpr Aliases kLcm = {"LCMScheduler"};
constexpr Aliases kTcd = {"TCDScheduler"};

// name, aliases, function, evaluations, draws noise, Automatic schedule, discards the next-to-last
// sigma, for flows, meaning
constexpr SolverRow kRows[] = {
    {"Euler", kEuler, solve_euler, 1, false, "Uniform", false, true, "First order."},
    {"Euler a",
     kEulerA,
     solve_euler_ancestral,
     1,
     true,
     "Uniform",
     false,
     true,
     "First order with fresh noise at every step.",
     {.uses_ensd = true}},
    {"Heun", kHeun, solve_heun, 2, false, "Uniform", false, true,
     "Second order; two evaluations per step."},
    {"DPM2", kDpm2, solve_dpm2, 2, false, "Karras", true, true,
     "Second order by the midpoint; two evaluations per step."},
    {"DPM2 a",
     kDpm2A,
     solve_dpm2_ancestral,
     2,
     true,
     "Karras",
     true,
     false,
     "DPM2 with fresh noise at every step.",
     {.uses_ensd = true}},
    {"LMS", kLms, solve_lms, 1, false, "Uniform", false, true,
     "Linear multistep of order four; wants many steps."},
    {"DPM++ 2M", kDpmpp2m, solve_dpmpp_2m, 1, false, "Karras", false, true,
     "Second order, multistep; good from about 15 steps."},
    {"DPM++ 3M", kDpmpp3m, solve_dpmpp_3m, 1, false, "Karras", false, true,
     "Third order, multistep."},
    {"DPM++ 2S a",
     kDpmpp2sA,
     solve_dpmpp_2s_ancestral,
     2,
     true,
     "Karras",
     false,
     false,
     "Second order with fresh noise; two evaluations per step.",
     {.uses_ensd = true}},
    {"DPM++ 2S", kDpmpp2s, solve_dpmpp_2s, 1, false, "Karras", false, false,
     "Second order over pairs of steps."},
    {"DPM++ SDE",
     kDpmppSde,
     solve_dpmpp_sde,
     2,
     true,
     "Karras",
     false,
     false,
     "The stochastic equation, second order; two evaluations per step.",
     {.brownian = true}},
    {"DPM++ 2M SDE",
     kDpmpp2mSde,
     solve_dpmpp_2m_sde,
     1,
     true,
     "Exponential",
     false,
     true,
     "The stochastic equation, multistep.",
     {.brownian = true}},
    {"DPM++ 2M SDE Heun",
     kDpmpp2mSdeHeun,
     solve_dpmpp_2m_sde_heun,
     1,
     true,
     "Exponential",
     false,
     true,
     "The stochastic equation, multistep, corrected as Heun does.",
     {.brownian = true}},
    {"DPM++ 3M SDE",
     kDpmpp3mSde,
     solve_dpmpp_3m_sde,
     1,
     true,
     "Exponential",
     true,
     false,
     "The stochastic equation, multistep of order three; wants many steps.",
     {.brownian = true}},
    {"DPM fast",
     kDpmFast,
     solve_dpm_fast,
     1,
     true,
     "Uniform",
     false,
     false,
     "Orders three and less with a given number of evaluations.",
     {.uses_ensd = true}},
    {"DPM adaptive",
     kDpmAdaptive,
     solve_dpm_adaptive,
     3,
     true,
     "Karras",
     false,
     false,
     "Chooses its own steps; their number is not used.",
     {.uses_ensd = true, .couples_batch = true}},
    {"Restart",
     {},
     solve_restart,
     2,
     true,
     "Karras",
     false,
     false,
     "Heun that goes back up with fresh noise; from 20 steps."},
    {"UniPC", kUnipc, solve_unipc_bh1, 1, false, "Uniform", false, true,
     "Predictor and corrector of order three; good from about 8 steps."},
    {"UniPC BH2", kUnipcBh2, solve_unipc_bh2, 1, false, "Uniform", false, true,
     "UniPC of order two in its second form."},
    {"DEIS",
     kDeis,
     solve_deis,
     1,
     false,
     "Uniform",
     false,
     false,
     "Exponential integrator of order two, multistep.",
     {.variance_preserving = true}},
    {"DDIM",
     kDdim,
     solve_ddim,
     1,
     false,
     "Leading",
     false,
     false,
     "First order between whole timesteps; eta adds noise.",
     {.variance_preserving = true, .ends_at_sigma_min = true}},
    {"DDPM",
     kDdpm,
     solve_ddpm,
     1,
     true,
     "Leading",
     false,
     false,
     "The chain that the model was trained for; wants many steps.",
     {.variance_preserving = true}},
    {"PLMS",
     kPlms,
     solve_plms,
     1,
     false,
     "Leading",
     false,
     false,
     "Linear multistep of order four between whole timesteps.",
     {.variance_preserving = true, .ends_at_sigma_min = true}},
    {"IPNDM",
     {},
     solve_ipndm,
     1,
     false,
     "Uniform",
     false,
     true,
     "Linear multistep of order four with the coefficients of equal steps."},
    {"LCM",
     kLcm,
     solve_lcm,
     1,
     true,
     "LCM",
     false,
     false,
     "For latent consistency models; 2 to 8 steps.",
     {.variance_preserving = true}},
    {"TCD",
     kTcd,
     solve_tcd,
     1,
     true,
     "LCM",
     false,
     false,
     "For trajectory consistency models; eta is their gamma.",
     {.variance_preserving = true, .ends_at_sigma_min = true}},
};

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const SolverRow& row : kRows) names.push_back(row.name);
  return names;
}

}  // namespace

std::span<const SolverRow> solver_rows() { return kRows; }

const SolverRow* find_solver(std::string_view label) {
  for (const SolverRow& row : kRows) {
    const auto matches = [&](std::string_view name) { return same_label(name, label); };
    if (matches(row.name) || std::ranges::any_of(row.aliases, matches)) return &row;
  }
  return nullptr;
}

Result<NamedSampler> get_sampler(std::string_view label) {
  if (const SolverRow* solver = find_solver(label)) return NamedSampler{solver, nullptr};
  // The longest schedule that the label ends in: "SGM Uniform" before "Uniform".
  for (std::size_t space = label.find(' '); space != std::string_view::npos;
       space = label.find(' ', space + 1)) {
    const SolverRow* solver = find_solver(label.substr(0, space));
    const ScheduleRow* schedule = find_schedule(label.substr(space + 1));
    if (solver != nullptr && schedule != nullptr) return NamedSampler{solver, schedule};
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("unknown sampler '{}'{}", label, suggestion(label, all_names())),
              "sampler_name");
}

}  // namespace diptych
