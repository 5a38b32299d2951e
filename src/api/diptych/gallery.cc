#include "api/diptych/gallery.h"

#include <fmt/format.h>

#include <utility>

#include "api/diptych/job_json.h"
#include "api/diptych/query.h"
#include "api/file_answer.h"
#include "api/job_answer.h"
#include "api/openai/list_query.h"
#include "api/thumbnail.h"

namespace diptych {
namespace {

constexpr int kThumbnailSide = 256;

struct GalleryQuery {
  GalleryFilter filter;
  PageFields page;
};

template <auto Member>
Status into_filter(const Json& value, const FieldSite& site) {
  return assign(site.into<GalleryQuery>().filter.*Member, value, site);
}

constexpr Field kFilterRows[] = {
    {.name = "text",
     .doc = "Words that all occur in the prompt.",
     .types = kString,
     .limits = {.length_max = 1000},
     .parse = into_filter<&GalleryFilter::text>},
    {.name = "model",
     .types = kString,
     .limits = {.length_max = 512},
     .parse = into_filter<&GalleryFilter::model>},
    {.name = "seed", .types = kInteger, .parse = into_filter<&GalleryFilter::seed>},
    {.name = "after_ms",
     .doc = "Made after this time: milliseconds since 1970.",
     .types = kInteger,
     .parse = into_filter<&GalleryFilter::after_ms>},
    {.name = "before_ms", .types = kInteger, .parse = into_filter<&GalleryFilter::before_ms>},
};
const FieldGroup kQueryGroups[] = {{kFilterRows},
                                   {page_rows(), part_of<GalleryQuery, &GalleryQuery::page>}};
const BodySchema kQuerySchema{"GalleryQuery", "Which pictures.", kQueryGroups};

Result<GalleryRow> find_row(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  const std::string_view id = call.param("id");
  auto row = pictures->gallery.get(id);
  const auto owner = visible_owner(call.caller);
  const bool hidden = row && owner && row->owner != *owner;
  if (hidden || (!row && row.error().code == ErrorCode::kNotFound))
    return fail(ErrorCode::kNotFound, fmt::format("There is no picture '{}'.", id));
  return row;
}

Result<Reply> list_gallery(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  GalleryQuery query;
  Warnings warnings;
  TRY_STATUS(parse_query(kQuerySchema, call, &query, warnings));
  query.filter.owner = visible_owner(call.caller);
  TRY(const Listing<GalleryRow> listing, pictures->gallery.list(query.filter, query.page.page));
  Json::Array data;
  for (const GalleryRow& row : listing.rows) data.push_back(gallery_object(row));
  return Reply(Answer{.body = dump_json(openai::list_object(std::move(data), listing.has_more))});
}

Result<Reply> get_picture(const Call& call, Services& services) {
  TRY(const GalleryRow row, find_row(call, services));
  return Reply(Answer{.body = dump_json(gallery_object(row))});
}

std::string_view ending_of(std::string_view content_type) {
  return content_type.substr(content_type.find('/') + 1);
}

Result<Reply> get_content(const Call& call, Services& services) {
  TRY(const GalleryRow row, find_row(call, services));
  TRY(std::string bytes, services.pictures->blobs.get(row.blob));
  Answer answer = file_answer(call, row.blob, std::move(bytes), row.content_type);
  if (call.query_value("download"))
    offer_as_download(answer, fmt::format("{}.{}", row.id, ending_of(row.content_type)));
  return Reply(std::move(answer));
}

Result<Reply> get_thumbnail(const Call& call, Services& services) {
  static constexpr Field kRows[] = {{.name = "size",
                                     .doc = "Of its longer side in pixels.",
                                     .types = kInteger,
                                     .limits = {.min = 16, .max = 1024},
                                     .parse = [](const Json& value, const FieldSite& site) {
                                       return assign(site.into<int>(), value, site);
                                     }}};
  static constexpr FieldGroup kGroups[] = {{kRows}};
  static constexpr BodySchema kSchema{"ThumbnailQuery", "", kGroups};
  int side = kThumbnailSide;
  Warnings warnings;
  TRY_STATUS(parse_query(kSchema, call, &side, warnings));
  TRY(const GalleryRow row, find_row(call, services));
  const std::string tag = fmt::format("{}-{}", row.blob, side);
  if (call.header("if-none-match") == fmt::format("\"{}\"", tag))
    return Reply(file_answer(call, tag, "", "image/jpeg"));
  TRY(const std::string bytes, services.pictures->blobs.get(row.blob));
  TRY(Thumbnail thumbnail, make_thumbnail(bytes, side));
  return Reply(file_answer(call, tag, std::move(thumbnail.bytes), thumbnail.content_type));
}

Result<Reply> delete_picture(const Call& call, Services& services) {
  TRY(const GalleryRow row, find_row(call, services));
  TRY_STATUS(services.pictures->gallery.erase(row.id));
  return Reply(Answer{
      .body = dump_json(Json::object({{"id", row.id}, {"object", "picture"}, {"deleted", true}}))});
}

const Route kRoutes[] = {
    {"GET", "/api/v1/gallery", Scope::kInference, Cost::kWork, list_gallery,
     "Finished pictures, the newest first: by words of the prompt, model, seed and time.", nullptr,
     ErrorStyle::kDiptych},
    {"GET", "/api/v1/gallery/{id}", Scope::kInference, Cost::kWork, get_picture,
     "What is known about one picture.", nullptr, ErrorStyle::kDiptych},
    {"GET", "/api/v1/gallery/{id}/content", Scope::kInference, Cost::kWork, get_content,
     "The picture's file; with ?download, to be saved.", nullptr, ErrorStyle::kDiptych},
    {"GET", "/api/v1/gallery/{id}/thumbnail", Scope::kInference, Cost::kWork, get_thumbnail,
     "A small picture of it; ?size= pixels.", nullptr, ErrorStyle::kDiptych},
    {"DELETE", "/api/v1/gallery/{id}", Scope::kInference, Cost::kWork, delete_picture,
     "Delete a picture and, when nobody else has it, its file.", nullptr, ErrorStyle::kDiptych},
};

}  // namespace

std::span<const Route> gallery_routes() { return kRoutes; }

}  // namespace diptych
