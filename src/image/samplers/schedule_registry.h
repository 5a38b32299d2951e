#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/samplers/sampler.h"

namespace diptych {

std::span<const ScheduleRow> schedule_rows();

const ScheduleRow* find_schedule(std::string_view label);  // by name or alias; nullptr
// The error (kNotFound, param "scheduler") names what is near.
Result<const ScheduleRow*> get_schedule(std::string_view label);

// Checks that the schedule fits the model, the number of steps and the options given; then computes
// it.
Result<std::vector<double>> sigmas_of(const ScheduleRow& row, const NoiseSchedule& schedule,
                                      int steps, const ScheduleOptions& options = {});

}  // namespace diptych
