#include "api/sdapi/extras.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "api/picture_input.h"
#include "api/sdapi/answers.h"
#include "api/sdapi/draw_answer.h"
#include "api/sdapi/get_desk.h"
#include "api/sdapi/lenient.h"
#include "api/sdapi/options.h"
#include "api/sdapi/upscale.h"
#include "base/base64.h"

namespace diptych::sdapi {
namespace {

constexpr JsonTypes kMaybeString = kString | kNull, kMaybeInteger = kInteger | kNull,
                    kMaybeNumber = kNumber | kNull, kMaybeBool = kBool | kNull;
constexpr std::string_view kNoFaces = "There is no face restorer.";
constexpr int kBatchMax = 64;

struct File {
  std::string data, path;
};
struct ExtrasBody {
  Upscale how;
  bool show_results = true;
  std::vector<File> files;
  Warnings warnings;
};

template <auto Member>
Status into_how(const Json& value, const FieldSite& site) {
  return assign(site.into<ExtrasBody>().how.*Member, value, site);
}

Status parse_mode(const Json& value, const FieldSite& site) {
  site.into<ExtrasBody>().how.mode = static_cast<UpscaleMode>(value.as_int());
  return {};
}

Status parse_factor(const Json& value, const FieldSite& site) {
  if (value.as_double() > 0) return into_how<&Upscale::factor>(value, site);
  return invalid_value(site.path, fmt::format("Invalid '{}': it must be above 0.", site.path));
}

constexpr Field refused_share(std::string_view name) {
  return {.name = name,
          .types = kMaybeNumber,
          .support = Support::kRefused,
          .reason = kNoFaces,
          .neutral = "0",
          .shown_default = "0"};
}
constexpr Field idle(std::string_view name, JsonTypes types, std::string_view shown_default) {
  return {.name = name,
          .types = types | kNull,
          .support = Support::kDescriptive,
          .reason = kNoFaces,
          .shown_default = shown_default};
}

constexpr Limits kSide{.min = 1, .max = 16384};

constexpr Field kSharedRows[] = {
    {.name = "resize_mode",
     .doc = "0: by upscaling_resize; 1: to upscaling_resize_w × upscaling_resize_h.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = 1},
     .shown_default = "0",
     .parse = parse_mode},
    {.name = "show_extras_results",
     .doc = "false: the answer has no pictures.",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = set_member<ExtrasBody, &ExtrasBody::show_results>},
    {.name = "upscaling_resize",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 64},
     .shown_default = "2",
     .parse = parse_factor},
    {.name = "upscaling_resize_w",
     .types = kMaybeInteger,
     .limits = kSide,
     .shown_default = "512",
     .parse = into_how<&Upscale::width>},
    {.name = "upscaling_resize_h",
     .types = kMaybeInteger,
     .limits = kSide,
     .shown_default = "512",
     .parse = into_how<&Upscale::height>},
    {.name = "upscaling_crop",
     .doc = "Cut what stands out of the size.",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = into_how<&Upscale::crop>},
    {.name = "upscaler_1",
     .doc = "One of /upscalers; None: the picture stays as it is.",
     .types = kMaybeString,
     .shown_default = "\"None\"",
     .parse = into_how<&Upscale::first>},
    {.name = "upscaler_2",
     .doc = "Mixed in.",
     .types = kMaybeString,
     .shown_default = "\"None\"",
     .parse = into_how<&Upscale::second>},
    {.name = "extras_upscaler_2_visibility",
     .doc = "How much of it: 0 to 1.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 1},
     .shown_default = "0",
     .parse = into_how<&Upscale::second_share>},
    refused_share("gfpgan_visibility"),
    refused_share("codeformer_visibility"),
    idle("codeformer_weight", kNumber, "0"),
    idle("upscale_first", kBool, "false"),
};

constexpr Field kSingleRows[] = {
    {.name = "image",
     .doc = "A picture file: Base64 or a data URL.",
     .types = kString,
     .limits = {.length_min = 1},
     .required = true,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<ExtrasBody>().files.push_back({value.as_string(), site.path});
       return {};
     }},
};

constexpr Field kFileRows[] = {
    {.name = "data",
     .doc = "A picture file: Base64 or a data URL.",
     .types = kString,
     .limits = {.length_min = 1},
     .required = true,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<File>() = {value.as_string(), site.path};
       return {};
     }},
    {.name = "name",
     .doc = "For the client's own use.",
     .types = kMaybeString,
     .support = Support::kDescriptive,
     .reason = "The answer's pictures come in the order of the request's."},
};
constexpr FieldGroup kFileGroups[] = {{kFileRows}};
constexpr BodySchema kFileSchema{"SdapiFile", "", kFileGroups, UnknownMembers::kWarned};

constexpr Field kBatchRows[] = {
    {.name = "imageList",
     .types = kArray,
     .limits = {.length_min = 1, .length_max = kBatchMax},
     .required = true,
     .object = &kFileSchema,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       auto& files = site.into<ExtrasBody>().files;
       for (std::size_t i = 0; i < value.as_array().size(); ++i)
         TRY_STATUS(parse_object(kFileSchema, value[i], site.at(i, &files.emplace_back())));
       return {};
     }},
};

constexpr FieldGroup kSingleGroups[] = {{kSingleRows}, {kSharedRows}};
constexpr FieldGroup kBatchGroups[] = {{kBatchRows}, {kSharedRows}};

Result<ExtrasBody> parse_extras(const BodySchema& schema, const Call& call, Services& services) {
  ExtrasBody body;
  body.how.pixels_max = services.limits.picture_pixels_max;
  TRY(const Json given, read_body(schema, call.body));
  TRY_STATUS(
      parse_object(schema, given, {.path = {}, .request = &body, .warnings = &body.warnings}));
  return body;
}

Result<PictureEncoding> encoding_of(const Call& call, Services& services) {
  TRY(const Desk* const desk, get_desk(services));
  OptionValues options;
  Warnings stored;
  TRY_STATUS(apply_options(desk->options_of(call.caller.key_id), "options", options, stored));
  return PictureEncoding{
      .format = options.format, .quality = options.quality, .lossless = options.webp_lossless};
}

// One file → Base64 of the larger one. Its texts stay in it.
Result<std::string> upscale_file(const File& file, ExtrasBody& body, PictureEncoding encoding,
                                 Services& services) {
  TRY(PictureInput input, read_picture_text(file.data, file.path, services.limits, body.warnings));
  TRY(const Picture larger, upscale(input.decoded.picture, body.how));
  encoding.texts = std::move(input.decoded.texts);
  if (const std::string text = describe(body.how); !text.empty())
    encoding.texts.push_back({"postprocessing", text});
  TRY(EncodedPicture made, encode_picture(larger, encoding));
  for (Warning& warning : made.warnings) body.warnings.push_back(std::move(warning));
  return base64_encode(made.bytes);
}

Reply answer_of(Json body, const ExtrasBody& extras) {
  body.set("html_info", fmt::format("<p>{}</p>", describe(extras.how)));
  if (!extras.warnings.empty()) body.set("warnings", warnings_json(extras.warnings));
  Answer answer{.body = dump_json(body)};
  add_warnings(answer, extras.warnings);
  return answer;
}

}  // namespace

const BodySchema kExtraSingleSchema{"SdapiExtraSingle", "A picture to make larger.", kSingleGroups,
                                    UnknownMembers::kWarned};
const BodySchema kExtraBatchSchema{"SdapiExtraBatch", "Pictures to make larger.", kBatchGroups,
                                   UnknownMembers::kWarned};

Result<Reply> upscale_picture(const Call& call, Services& services) {
  TRY(ExtrasBody body, parse_extras(kExtraSingleSchema, call, services));
  TRY(const PictureEncoding encoding, encoding_of(call, services));
  TRY(std::string image, upscale_file(body.files.front(), body, encoding, services));
  return answer_of(Json::object({{"image", body.show_results ? Json(std::move(image)) : Json("")}}),
                   body);
}

Result<Reply> upscale_pictures(const Call& call, Services& services) {
  TRY(ExtrasBody body, parse_extras(kExtraBatchSchema, call, services));
  TRY(const PictureEncoding encoding, encoding_of(call, services));
  Json images = Json::array();
  for (const File& file : body.files) {
    TRY(std::string image, upscale_file(file, body, encoding, services));
    if (body.show_results) images.push_back(std::move(image));
  }
  return answer_of(Json::object({{"images", std::move(images)}}), body);
}

}  // namespace diptych::sdapi
