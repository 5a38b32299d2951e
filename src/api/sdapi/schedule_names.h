#pragma once
// Schedules under the ids that A1111's clients send: "sgm_uniform" for "SGM Uniform".

#include <string>
#include <string_view>

#include "base/error.h"
#include "image/samplers/sampler.h"

namespace diptych::sdapi {

std::string schedule_id(std::string_view label);

// By id, label or alias; nullptr: the sampler's own is meant ("", "automatic"). kNotFound (param
// `path`) names what is near.
Result<const ScheduleRow*> find_named_schedule(std::string_view name, std::string_view path);

}  // namespace diptych::sdapi
