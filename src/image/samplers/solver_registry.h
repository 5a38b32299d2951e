#pragma once
#include <span>
#include <string_view>

#include "base/error.h"
#include "image/samplers/sampler.h"

namespace diptych {

std::span<const SolverRow> solver_rows();  // in the order in which people see them

const SolverRow* find_solver(std::string_view label);  // by name or alias; nullptr

// "DPM++ 2M Karras": a solver with the schedule its label may end in; nullptr: none was named. The
// error (kNotFound, param "sampler_name") names what is near.
struct NamedSampler {
  const SolverRow* solver;
  const ScheduleRow* schedule;
};
Result<NamedSampler> get_sampler(std::string_view label);

}  // namespace diptych
