#pragma once
// What a picture job goes on from after a crash: the files that are finished, and the record of the
// drawing. Its size: a few hundred bytes for each file, and the record's answers.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/pipeline/draw_record.h"
#include "jobs/job.h"

namespace diptych {

struct PictureCheckpoint {
  // Of request, model, device and program: what is drawn under another one would come out
  // otherwise.
  std::string fingerprint;
  std::vector<JobOutput> outputs;  // of the pictures before the record's first one
  DrawRecord record;
};

std::string encode_checkpoint(std::string_view fingerprint, std::span<const JobOutput> outputs,
                              const DrawRecord& record);
// Errors (kInvalidArgument): bytes that encode_checkpoint() did not write. `bytes_max`:
// DrawRecord's.
Result<PictureCheckpoint> decode_checkpoint(std::string_view bytes, std::uint64_t bytes_max);

}  // namespace diptych
