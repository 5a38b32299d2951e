#pragma once
// The solvers, one function each: from solve.x at sigmas[0] to the picture at the last sigma. They
// are rows of solver_registry.cc. A solver without noise draws none.

#include "base/error.h"
#include "compute/tensor.h"
#include "image/samplers/sampler.h"
#include "image/samplers/solver_step.h"

namespace diptych {

Result<Tensor64> solve_euler(Solve& solve);
Result<Tensor64> solve_euler_ancestral(Solve& solve);
Result<Tensor64> solve_heun(Solve& solve);
Result<Tensor64> solve_dpm2(Solve& solve);
Result<Tensor64> solve_dpm2_ancestral(Solve& solve);
Result<Tensor64> solve_lms(Solve& solve);
Result<Tensor64> solve_ipndm(Solve& solve);
Result<Tensor64> solve_plms(Solve& solve);
Result<Tensor64> solve_dpmpp_2m(Solve& solve);
Result<Tensor64> solve_dpmpp_3m(Solve& solve);
Result<Tensor64> solve_dpmpp_2s_ancestral(Solve& solve);
Result<Tensor64> solve_dpmpp_2s(Solve& solve);
Result<Tensor64> solve_dpmpp_sde(Solve& solve);
Result<Tensor64> solve_dpmpp_2m_sde(Solve& solve);
Result<Tensor64> solve_dpmpp_2m_sde_heun(Solve& solve);
Result<Tensor64> solve_dpmpp_3m_sde(Solve& solve);
Result<Tensor64> solve_dpm_fast(Solve& solve);
Result<Tensor64> solve_dpm_adaptive(Solve& solve);
Result<Tensor64> solve_restart(Solve& solve);
Result<Tensor64> solve_unipc_bh1(Solve& solve);
Result<Tensor64> solve_unipc_bh2(Solve& solve);
Result<Tensor64> solve_deis(Solve& solve);
Result<Tensor64> solve_ddim(Solve& solve);
Result<Tensor64> solve_ddpm(Solve& solve);
Result<Tensor64> solve_lcm(Solve& solve);
Result<Tensor64> solve_tcd(Solve& solve);

// x after one step of Heun's method; Euler's when it ends at sigma 0.
Result<Tensor64> heun_step(Solve& solve, StepPlace place, SigmaStep step);

}  // namespace diptych
