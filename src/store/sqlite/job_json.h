#pragma once
// The parts of a job that are one column of JSON each: nothing is looked up by them.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "jobs/job.h"

namespace diptych::sqlite {

std::string dump_progress(const JobProgress& progress);
JobProgress read_progress(
    std::string_view json);  // "": none. Ours, so what is not there is at rest
std::string dump_warnings(const Warnings& warnings);  // none: ""
Warnings read_warnings(std::string_view json);
std::string dump_error(const std::optional<Error>& error);  // none: ""
std::optional<Error> read_error(std::string_view json);

}  // namespace diptych::sqlite
