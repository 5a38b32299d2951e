#pragma once

namespace diptych {

// The x in [0, 1] at which the regularised incomplete beta function I_x(alpha, beta) is
// `probability`: scipy.stats.beta.ppf, to about 1e-14. alpha and beta are positive.
double beta_quantile(double probability, double alpha, double beta);

}  // namespace diptych
