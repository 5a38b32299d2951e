#include "api/diptych/blobs.h"

#include <fmt/format.h>

#include <utility>

#include "api/blob_link.h"
#include "api/file_answer.h"
#include "api/picture_input.h"
#include "base/json.h"
#include "jobs/job_store.h"

namespace diptych {
namespace {

Result<Reply> answer_blob(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  const std::string_view hash = call.param("hash");
  auto bytes = pictures->blobs.get(hash);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound)
    return fail(ErrorCode::kNotFound, fmt::format("There is no file '{}'.", hash));
  if (!bytes) return fail(bytes.error());
  const std::string_view type = content_type_of(*bytes);
  return Reply(file_answer(call, hash, std::move(*bytes), type));
}

Result<Reply> answer_linked_blob(const Call& call, Services& services) {
  TRY_STATUS(check_blob_link(call.param("hash"), call.param("link"), services));
  return answer_blob(call, services);
}

// The body is the file. It stays as long as a job that was submitted with it.
Result<Reply> keep_blob(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  Warnings warnings;
  TRY(const PictureInput input, read_picture(call.body, "", services.limits, warnings));
  TRY(const std::string hash, keep_picture(input, *pictures));
  Answer answer{.status = 201};
  answer.headers.emplace_back("location", fmt::format("/api/v1/blobs/{}", hash));
  answer.body = dump_json(Json::object({{"blob", hash},
                                        {"size_bytes", std::uint64_t{call.body.size()}},
                                        {"content_type", content_type_of(call.body)},
                                        {"width", input.decoded.picture.width},
                                        {"height", input.decoded.picture.height}}));
  return Reply(std::move(answer));
}

const Route kRoutes[] = {
    {"POST", "/api/v1/blobs", Scope::kInference, Cost::kWork, keep_blob,
     "Keep a picture file for a job that names it; the body is the file.", nullptr,
     ErrorStyle::kDiptych},
    {"GET", "/api/v1/blobs/{hash}", Scope::kInference, Cost::kWork, answer_blob,
     "A file by the SHA-256 of its bytes.", nullptr, ErrorStyle::kDiptych},
    {"GET", "/api/v1/blobs/{hash}/links/{link}", Scope::kNone, Cost::kWork, answer_linked_blob,
     "A file by a link of an answer, without a key, until the link ends.", nullptr,
     ErrorStyle::kDiptych},
};

}  // namespace

std::span<const Route> blob_routes() { return kRoutes; }

}  // namespace diptych
