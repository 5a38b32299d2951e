#pragma once
// What solvers share: weighted sums of tensors, an evaluation that tells the observer, the
// ancestral split, and the half-logarithm of the signal-to-noise ratio λ.

#include <initializer_list>

#include "image/samplers/sampler.h"

namespace diptych {

struct Term {
  double weight;
  const Tensor64* tensor;
};
// Σ weight·tensor; a tensor of weight 0 is not read. One term at least has a tensor.
Tensor64 weighted_sum(std::initializer_list<Term> terms);

int step_count(const Solve& solve);

// The estimate at solve.x and `sigma`, told to the observer as the first one of step `index`.
Result<Tensor64> first_estimate(Solve& solve, int index, double sigma);
// The same when the steps are not those of solve.sigmas.
struct StepPlace {
  int index, count;
};
Result<Tensor64> first_estimate(Solve& solve, StepPlace place, double sigma);

// Along the line through x and its estimate from step.from to step.to.
Tensor64 euler_step(const Tensor64& x, const Tensor64& denoised, SigmaStep step);
// The slope dx/dσ of that line.
Tensor64 slope(const Tensor64& x, const Tensor64& denoised, double sigma);

// An ancestral step goes down to `down` and adds noise to arrive at the next sigma:
// x = keep·x_down + up·z. keep is 1 unless the model is a flow.
struct AncestralSplit {
  double down, up, keep;
};
AncestralSplit ancestral_split(SigmaStep step, double eta, SigmaSpace space);
void add_noise(Tensor64& x, const Tensor64& noise, double scale);
// Adds s_noise·up·z to x·keep; draws nothing when there is nothing to add.
void renoise(Solve& solve, const AncestralSplit& split);

// Karras et al. 2022, algorithm 2: raises sigma and x by fresh noise where s_churn says so. Returns
// the sigma reached.
double churn(Solve& solve, double sigma);

// λ = ln(α/σ); α is the share of x0 in x: 1, or 1 − σ for a flow.
double lambda_of(double sigma, SigmaSpace space);
// The same, but finite where a flow starts: its first sigma is taken for 1 − 1e-6, as diffusers
// does.
double finite_lambda_of(double sigma, SigmaSpace space);
double alpha_of(double sigma, SigmaSpace space);

}  // namespace diptych
