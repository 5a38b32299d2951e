// Picture jobs and their checkpoints: what is read is written again alike, nothing else crashes.

#include "jobs/pictures/picture_job.h"
#include "base/check.h"
#include "fuzz_target.h"
#include "jobs/pictures/picture_checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych;
  const std::string_view text = as_text(data, size);
  if (const auto job = parse_picture_job(text)) {
    const std::string written = dump_picture_job(*job);
    const auto again = parse_picture_job(written);
    CHECK(again.has_value());
    CHECK(dump_picture_job(*again) == written);
  }
  if (const auto checkpoint = decode_checkpoint(text, std::uint64_t{1} << 20)) {
    const std::string written =
        encode_checkpoint(checkpoint->fingerprint, checkpoint->outputs, checkpoint->record);
    const auto again = decode_checkpoint(written, std::uint64_t{1} << 20);
    CHECK(again.has_value());
    CHECK(encode_checkpoint(again->fingerprint, again->outputs, again->record) == written);
  }
  return 0;
}
