#include "api/openai/file_ids.h"

#include <fmt/format.h>

#include "api/job_answer.h"

namespace diptych::openai {
namespace {

constexpr std::string_view kPrefix = "file-";

}  // namespace

std::string file_id_of(const GalleryRow& row) { return fmt::format("{}{}", kPrefix, row.id); }

Result<GalleryRow> find_file(std::string_view file_id, const Caller& caller, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  const auto unknown = [&] {
    return fail(ErrorCode::kNotFound, fmt::format("No such File object: {}", file_id), "id");
  };
  if (!file_id.starts_with(kPrefix)) return unknown();
  auto row = pictures->gallery.get(file_id.substr(kPrefix.size()));
  if (!row && row.error().code == ErrorCode::kNotFound) return unknown();
  const auto owner = visible_owner(caller);
  if (row && owner && row->owner != *owner) return unknown();
  return row;
}

Result<std::string> read_file_bytes(std::string_view file_id, const Caller& caller,
                                    Services& services) {
  TRY(const GalleryRow row, find_file(file_id, caller, services));
  return services.pictures->blobs.get(row.blob);
}

}  // namespace diptych::openai
