#include "api/openai/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/diptych/query.h"
#include "api/file_answer.h"
#include "api/job_answer.h"
#include "api/openai/file_ids.h"
#include "api/openai/list_query.h"

namespace diptych::openai {
namespace {

constexpr std::string_view kPurpose = "assistants_output";  // what a model made
constexpr std::string_view kPurposes[] = {"assistants",   "assistants_output", "batch",
                                          "batch_output", "fine-tune",         "fine-tune-results",
                                          "vision",       "user_data",         "evals"};
constexpr int kFilesMax = 10'000;

struct FilesQuery {
  Page page{.limit = kFilesMax, .ascending = false};
  std::string purpose;
};

constexpr std::string_view kOrders[] = {"asc", "desc"};
constexpr Field kRows[] = {
    {.name = "purpose",
     .types = kString,
     .choices = kPurposes,
     .parse = set_member<FilesQuery, &FilesQuery::purpose>},
    {.name = "limit",
     .types = kInteger,
     .limits = {.min = 1, .max = kFilesMax},
     .parse =
         [](const Json& value, const FieldSite& site) {
           return assign(site.into<FilesQuery>().page.limit, value, site);
         }},
    {.name = "after",
     .types = kString,
     .limits = {.length_max = 200},
     .parse =
         [](const Json& value, const FieldSite& site) {
           return assign(site.into<FilesQuery>().page.after, value, site);
         }},
    {.name = "order",
     .types = kString,
     .choices = kOrders,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<FilesQuery>().page.ascending = value.as_string() == "asc";
       return {};
     }},
};
constexpr FieldGroup kGroups[] = {{kRows}};
constexpr BodySchema kQuerySchema{"FilesQuery", "", kGroups};

std::string_view ending_of(std::string_view content_type) {
  return content_type.substr(content_type.find('/') + 1);
}

Json file_object(const GalleryRow& row) {
  return Json::object({{"id", file_id_of(row)},
                       {"object", "file"},
                       {"bytes", row.size_bytes},
                       {"created_at", row.created_ms / 1000},
                       {"expires_at", nullptr},
                       {"filename", fmt::format("{}.{}", row.id, ending_of(row.content_type))},
                       {"purpose", kPurpose},
                       {"status", "processed"},
                       {"status_details", nullptr}});
}

// Ids of files stand for ids of pictures.
Result<std::string> picture_id_of(const std::string& file_id, const Call& call,
                                  Services& services) {
  if (file_id.empty()) return std::string();
  auto row = find_file(file_id, call.caller, services);
  if (row) return row->id;
  Error error = row.error();
  if (error.code == ErrorCode::kNotFound) error.param = "after";
  return fail(std::move(error));
}

Result<Reply> list_files(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  FilesQuery query;
  Warnings warnings;
  TRY_STATUS(parse_query(kQuerySchema, call, &query, warnings));
  Listing<GalleryRow> listing;
  if (query.purpose.empty() || query.purpose == kPurpose) {
    TRY(query.page.after, picture_id_of(query.page.after, call, services));
    TRY(listing, pictures->gallery.list({.owner = visible_owner(call.caller)}, query.page));
  }
  Json::Array data;
  for (const GalleryRow& row : listing.rows) data.push_back(file_object(row));
  return Reply(Answer{.body = dump_json(list_object(std::move(data), listing.has_more))});
}

Result<Reply> get_file(const Call& call, Services& services) {
  TRY(const GalleryRow row, find_file(call.param("id"), call.caller, services));
  return Reply(Answer{.body = dump_json(file_object(row))});
}

Result<Reply> get_file_content(const Call& call, Services& services) {
  TRY(const GalleryRow row, find_file(call.param("id"), call.caller, services));
  TRY(std::string bytes, services.pictures->blobs.get(row.blob));
  return Reply(file_answer(call, row.blob, std::move(bytes), row.content_type));
}

Result<Reply> delete_file(const Call& call, Services& services) {
  TRY(const GalleryRow row, find_file(call.param("id"), call.caller, services));
  TRY_STATUS(services.pictures->gallery.erase(row.id));
  return Reply(Answer{.body = dump_json(Json::object(
                          {{"id", file_id_of(row)}, {"object", "file"}, {"deleted", true}}))});
}

Result<Reply> refuse_upload(const Call&, Services&) {
  return fail(ErrorCode::kUnsupported,
              "Files cannot be uploaded to this server. Send pictures inside the request that uses "
              "them, or keep them with POST /api/v1/blobs.");
}

const Route kRoutes[] = {
    {"GET", "/v1/files", Scope::kInference, Cost::kWork, list_files,
     "The caller's finished pictures as files."},
    {"POST", "/v1/files", Scope::kInference, Cost::kWork, refuse_upload,
     "Refused: pictures come inside requests."},
    {"GET", "/v1/files/{id}", Scope::kInference, Cost::kWork, get_file, "One file."},
    {"GET", "/v1/files/{id}/content", Scope::kInference, Cost::kWork, get_file_content,
     "A file's bytes."},
    {"DELETE", "/v1/files/{id}", Scope::kInference, Cost::kWork, delete_file, "Delete a file."},
};

}  // namespace

std::span<const Route> files_routes() { return kRoutes; }

}  // namespace diptych::openai
