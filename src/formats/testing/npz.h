#pragma once
// Reads numpy's .npz (stored and deflated): the reference answers of golden tests. Not part of the
// product.

#include <map>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "compute/tensor.h"

namespace diptych {

// Every array as f64: f4, f8, i4, i8, u1, b1 in C order. A scalar has rank 0.
// A text (U, a scalar) is the array of its code points.
using Npz = std::map<std::string, Tensor64>;
Result<Npz> read_npz(const Path& path);

// The folder of reference answers: $DIPTYCH_FIXTURES, else tests/data/fixtures of the project.
Path fixture_folder();
// max |a − b| / max |b|: how goldens are compared. Infinity when the shapes differ.
double relative_error(const Tensor64& a, const Tensor64& b);
double relative_error(const Tensor& a, const Tensor64& b);

}  // namespace diptych
