#pragma once
#include <span>

namespace diptych {

using NormalBlock = std::span<float, 16>;

// Box–Muller in place: uniforms in [0, 1) become standard normals, the pairs being (j, j + 8). The
// logarithm, sine and cosine are the Cephes single-precision polynomials with fused multiply-adds
// that torch's AVX2 kernel evaluates; those of a C library differ in the last bits.
void make_normal(NormalBlock block);

}  // namespace diptych
