#pragma once
// Pictures of the gallery as files of /v1/files: "file-img_…".

#include <string>
#include <string_view>

#include "api/call.h"
#include "api/services.h"
#include "jobs/job_store.h"

namespace diptych::openai {

std::string file_id_of(const GalleryRow& row);

// The picture behind a file id, if the caller may see it: else kNotFound.
Result<GalleryRow> find_file(std::string_view file_id, const Caller& caller, Services& services);
Result<std::string> read_file_bytes(std::string_view file_id, const Caller& caller,
                                    Services& services);

}  // namespace diptych::openai
