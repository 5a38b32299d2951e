#include "api/openai/image_fields.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "api/multipart.h"

namespace diptych::openai {
namespace {

using std::string_view;

constexpr string_view kQualities[] = {"auto", "low", "medium", "high", "standard", "hd"};
constexpr string_view kBackgrounds[] = {"auto", "opaque", "transparent"};
constexpr string_view kFormats[] = {"png", "jpeg", "webp"};
constexpr string_view kResponseFormats[] = {"b64_json", "url"};
constexpr string_view kModerations[] = {"auto", "low"};
constexpr string_view kFidelities[] = {"high", "low"};
constexpr int kPartialsMax = 3, kCountMax = 10, kSourcesMax = 16;

Status parse_size(const Json& value, const FieldSite& site) {
  TRY(const auto size, parse_image_size(value.as_string(), site.path));
  auto& body = site.into<ImageBody>();
  body.size = value.as_string();
  if (!size) return {};
  body.picture.width = size->width;
  body.picture.height = size->height;
  return {};
}

Status parse_background(const Json& value, const FieldSite& site) {
  if (value.as_string() == "transparent")
    return unsupported_value(site.path,
                             "Unsupported value: 'transparent'. No model of this server draws "
                             "transparent pictures; 'opaque' and 'auto' are supported.");
  return assign(site.into<ImageBody>().background, value, site);
}

Status parse_format(const Json& value, const FieldSite& site) {
  site.into<ImageBody>().picture.format = *find_picture_format(value.as_string());
  return {};
}

constexpr Field kOutputRows[] = {
    {.name = "size",
     .doc = "WIDTHxHEIGHT in pixels, or auto: what the model was trained at; of an edit, the "
            "picture's aspect at that area.",
     .types = kString | kNull,
     .shown_default = "\"auto\"",
     .parse = parse_size},
    {.name = "quality",
     .doc = "low draws with half the model's steps, high and hd with half as many more.",
     .types = kString | kNull,
     .choices = kQualities,
     .shown_default = "\"auto\"",
     .parse = set_member<ImageBody, &ImageBody::quality>},
    {.name = "background",
     .doc = "opaque or auto.",
     .types = kString | kNull,
     .choices = kBackgrounds,
     .shown_default = "\"auto\"",
     .parse = parse_background},
    {.name = "output_format",
     .types = kString | kNull,
     .choices = kFormats,
     .shown_default = "\"png\"",
     .parse = parse_format},
    {.name = "output_compression",
     .doc = "Quality of jpeg and webp in percent.",
     .types = kInteger | kNull,
     .limits = {.min = 0, .max = 100},
     .shown_default = "100",
     .parse = set_member<ImageBody, &ImageBody::output_compression>},
    {.name = "moderation",
     .types = kString | kNull,
     .choices = kModerations,
     .support = Support::kDescriptive,
     .reason = "Nothing is moderated here."},
};

constexpr Field kPartialRows[] = {
    {.name = "partial_images",
     .doc = "How many previews a stream carries; fewer come when the picture is finished first.",
     .types = kInteger | kNull,
     .limits = {.min = 0, .max = kPartialsMax},
     .shown_default = "0",
     .parse = set_member<ImageBody, &ImageBody::partial_images>},
};

constexpr Field kCommonRows[] = {
    {.name = "n",
     .doc = "How many pictures.",
     .types = kInteger | kNull,
     .limits = {.min = 1, .max = kCountMax},
     .shown_default = "1",
     .parse = set_member<ImageBody, &ImageBody::count>},
    {.name = "response_format",
     .doc = "url: a link to this server that needs no key for an hour.",
     .types = kString | kNull,
     .choices = kResponseFormats,
     .shown_default = "\"b64_json\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<ImageBody>().url = value.as_string() == "url";
       return {};
     }},
    {.name = "user",
     .types = kString | kNull,
     .support = Support::kDescriptive,
     .reason = "Says who the caller's user is.",
     .parse = set_member<ImageBody, &ImageBody::user>},
};

constexpr Field kStreamRows[] = {
    {.name = "stream",
     .doc = "Send events while the picture is drawn; n must be 1.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<ImageBody, &ImageBody::stream>},
};

constexpr Field kStyleRows[] = {
    refused_field("style", "Styles belong to another model; put the style into the prompt."),
};

// --- edits and variations -----------------------------------------------------------------------

Status parse_source_text(const Json& value, const FieldSite& site) {
  auto& source = site.into<PictureSource>();
  source.path = site.path;
  return assign(source.text, value, site);
}

constexpr Field kSourceRows[] = {
    {.name = "image_url",
     .doc = "A data URL. Pictures are not fetched from other servers.",
     .types = kString | kNull,
     .parse = parse_source_text},
    {.name = "file_id",
     .doc = "A picture of /v1/files.",
     .types = kString | kNull,
     .parse = set_member<PictureSource, &PictureSource::file_id>},
};
constexpr FieldGroup kSourceGroups[] = {{kSourceRows}};
constexpr BodySchema kSourceSchema{"ImageReference", "A picture: image_url or file_id.",
                                   kSourceGroups};

Status parse_source(const Json& value, PictureSource& source, const FieldSite& site) {
  source.path = site.path;
  FieldSite inner = site;
  inner.request = &source;
  TRY_STATUS(parse_object(kSourceSchema, value, inner));
  if (source.text.empty() != source.file_id.empty()) return {};
  return invalid_value(site.path,
                       fmt::format("Invalid '{}': give either image_url or file_id.", site.path));
}

Status parse_sources(const Json& value, const FieldSite& site) {
  auto& images = site.into<ImageBody>().images;
  const Json::Array& items = value.as_array();
  for (std::size_t i = 0; i < items.size(); ++i)
    TRY_STATUS(parse_source(items[i], images.emplace_back(), site.at(i, nullptr)));
  return {};
}

Status parse_fidelity(const Json& value, const FieldSite& site) {
  site.into<ImageBody>().high_fidelity = value.as_string() == "high";
  return {};
}

constexpr Field kEditRows[] = {
    {.name = "images",
     .doc = "The picture to edit. In a form: the file image.",
     .types = kArray,
     .limits = {.length_min = 1, .length_max = kSourcesMax},
     .object = &kSourceSchema,
     .parse = parse_sources},
    {.name = "mask",
     .doc = "A picture of the same size whose fully transparent part is drawn anew. In a form: a "
            "file.",
     .types = kObject | kNull,
     .object = &kSourceSchema,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       return parse_source(value, site.into<ImageBody>().mask.emplace(), site);
     }},
    {.name = "input_fidelity",
     .doc = "high keeps more of the picture: denoising_strength 0.5 instead of 0.75.",
     .types = kString | kNull,
     .choices = kFidelities,
     .shown_default = "\"low\"",
     .parse = parse_fidelity},
};
constexpr string_view kStrengthAliases[] = {"strength"};
constexpr Field kStrengthRows[] = {
    {.name = "denoising_strength",
     .doc = "0: the picture as it is; 1: nothing of it. Without it 0.75, behind a mask 1, of a "
            "variation 0.6.",
     .types = kNumber | kNull,
     .limits = {.min = 0, .max = 1},
     .aliases = kStrengthAliases,
     .parse = set_member<ImageBody, &ImageBody::denoising_strength>},
};

constexpr auto kPicture = part_of<ImageBody, &ImageBody::picture>;

const FieldGroup kGenerationGroups[] = {
    {picture_prompt_rows(), kPicture},
    {picture_model_rows(), kPicture},
    {kCommonRows},
    {kOutputRows},
    {kStreamRows},
    {kPartialRows},
    {kStyleRows},
    {picture_drawing_rows(), kPicture},
};
const FieldGroup kEditGroups[] = {
    {kEditRows},
    {picture_prompt_rows(), kPicture},
    {picture_model_rows(), kPicture},
    {kCommonRows},
    {kOutputRows},
    {kStreamRows},
    {kPartialRows},
    {kStrengthRows},
    {kStyleRows},
    {picture_drawing_rows(), kPicture},
};
const FieldGroup kVariationGroups[] = {
    {picture_model_rows(), kPicture},   {kCommonRows}, {kOutputRows}, {kStrengthRows},
    {picture_drawing_rows(), kPicture},
};

// --- forms --------------------------------------------------------------------------------------

// The files of a form go where the JSON body has objects; everything else is read as JSON.
Status take_files(std::span<const FormPart> parts, bool takes_mask, ImageBody& body) {
  for (const FormPart& part : parts) {
    if (!part.is_file) continue;
    PictureSource source{
        .path = part.name, .text = {}, .file_id = {}, .bytes = std::string(part.body)};
    const string_view field = field_of(part);
    if (field == "image") {
      if (body.images.size() >= kSourcesMax)
        return invalid_value("image",
                             fmt::format("Invalid 'image': more than {} files.", kSourcesMax));
      body.images.push_back(std::move(source));
    } else if (takes_mask && part.name == "mask") {
      if (body.mask) return invalid_value("mask", "'mask' is given twice.");
      body.mask = std::move(source);
    } else {
      return unknown_parameter(part.name);
    }
  }
  return {};
}

Status parse_form(const Call& call, const BodySchema& schema, ImageBody& body) {
  TRY(const auto parts, parse_multipart(call.header("content-type"), call.body));
  for (const FormPart& part : parts)
    if (!part.is_file && (field_of(part) == "image" || part.name == "mask"))
      return invalid_value(part.name, fmt::format("Invalid '{}': expected a file.", part.name));
  TRY(const Json object, form_object(parts, schema));
  TRY_STATUS(take_files(parts, &schema == &kImageEditSchema, body));
  return parse_object(schema, object, {"", &body, &body.warnings});
}

// --- rules between fields -----------------------------------------------------------------------

Status check_stream(const ImageBody& body) {
  if (body.stream && body.count > 1)
    return invalid_value("n", "Invalid 'n': a stream carries one picture.");
  if (body.stream && body.url)
    return invalid_value("response_format",
                         "Invalid 'response_format': a stream carries the picture itself.");
  if (!body.stream && body.partial_images > 0)
    return invalid_value(
        "partial_images",
        "The 'partial_images' parameter is only allowed when 'stream' is enabled.");
  return {};
}

Status check_count(const ImageBody& body, const ApiLimits& limits) {
  if (body.count <= limits.choices_max) return {};
  return integer_above_max("n", limits.choices_max, fmt::format("{}", body.count));
}

Status check_sources(const ImageBody& body, string_view field) {
  if (body.images.empty()) return missing_parameter(field);
  if (body.images.size() > 1)
    return invalid_value(body.images[1].path,
                         fmt::format("Unsupported value: {} pictures. Models of this server edit "
                                     "one picture at a time.",
                                     body.images.size()));
  return {};
}

Status check_all(ImageBody& body, const ApiLimits& limits) {
  TRY_STATUS(check_stream(body));
  TRY_STATUS(check_count(body, limits));
  return check_image_output(body);
}

}  // namespace

const BodySchema kImageGenerationSchema{"ImageGenerationRequest", "A picture to draw.",
                                        kGenerationGroups};
const BodySchema kImageEditSchema{"ImageEditRequest", "A picture to change.", kEditGroups};
const BodySchema kImageVariationSchema{
    "ImageVariationRequest", "A form with the file image: a picture to draw neighbours of.",
    kVariationGroups};

std::span<const Field> image_output_rows() { return kOutputRows; }
std::span<const Field> image_partial_rows() { return kPartialRows; }

Result<std::optional<SizeWish>> parse_image_size(string_view text, string_view path) {
  if (text == "auto") return std::optional<SizeWish>();
  SizeWish size;
  const char* const end = text.data() + text.size();
  const auto [cross, bad_width] = std::from_chars(text.data(), end, size.width);
  bool good = bad_width == std::errc{} && cross != end && *cross == 'x';
  if (good) {
    const auto [rest, bad_height] = std::from_chars(cross + 1, end, size.height);
    good = bad_height == std::errc{} && rest == end;
  }
  if (!good)
    return invalid_value(path, fmt::format("Invalid value: '{}'. Supported values are: 'auto', "
                                           "and WIDTHxHEIGHT as in '512x512'.",
                                           text));
  TRY_STATUS(check_picture_side(size.width, path));
  TRY_STATUS(check_picture_side(size.height, path));
  return std::optional<SizeWish>(size);
}

Status check_image_output(ImageBody& body) {
  if (body.output_compression && body.picture.format == PictureFormat::kPng &&
      *body.output_compression != 100)
    return invalid_value("output_compression",
                         "Invalid 'output_compression': png files are always lossless.");
  if (body.picture.format != PictureFormat::kPng)
    body.picture.quality = std::max(1, body.output_compression.value_or(100));
  if (body.picture.steps && body.quality != "auto")
    body.warnings.push_back({"quality", "Has no effect: 'steps' says how many are drawn."});
  return {};
}

Result<ImageBody> parse_image_generation(string_view text, const ApiLimits& limits) {
  ImageBody body;
  TRY_STATUS(parse_body(kImageGenerationSchema, text, &body, body.warnings));
  if (body.picture.request.prompt.empty())
    return invalid_value("prompt", "Invalid 'prompt': it is empty.");
  TRY_STATUS(check_all(body, limits));
  return body;
}

Result<ImageBody> parse_image_edit(const Call& call, const ApiLimits& limits) {
  ImageBody body;
  const bool form = is_multipart(call.header("content-type"));
  TRY_STATUS(form ? parse_form(call, kImageEditSchema, body)
                  : parse_body(kImageEditSchema, call.body, &body, body.warnings));
  TRY_STATUS(check_sources(body, form ? "image" : "images"));
  if (body.picture.request.prompt.empty())
    return invalid_value("prompt", "Invalid 'prompt': it is empty.");
  if (body.denoising_strength && body.high_fidelity)
    body.warnings.push_back(
        {"input_fidelity", "Has no effect: 'denoising_strength' says how much is kept."});
  TRY_STATUS(check_all(body, limits));
  return body;
}

Result<ImageBody> parse_image_variation(const Call& call, const ApiLimits& limits) {
  ImageBody body;
  if (!is_multipart(call.header("content-type")))
    return fail(ErrorCode::kInvalidArgument,
                "Variations are asked for by a form: send multipart/form-data with the file image.",
                "", "unsupported_media_type");
  TRY_STATUS(parse_form(call, kImageVariationSchema, body));
  TRY_STATUS(check_sources(body, "image"));
  TRY_STATUS(check_all(body, limits));
  return body;
}

}  // namespace diptych::openai
