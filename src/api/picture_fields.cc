#include "api/picture_fields.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "api/picture_field_values.h"
#include "image/samplers/schedule_registry.h"
#include "image/samplers/solver_registry.h"

namespace diptych {
namespace {

using std::string_view;
using Body = PictureFields;

constexpr double kSeedMax =
    9'007'199'254'740'991;  // 2^53 − 1: what every JSON reader keeps exactly
constexpr JsonTypes kMaybeInteger = kInteger | kNull, kMaybeNumber = kNumber | kNull,
                    kMaybeString = kString | kNull, kMaybeBool = kBool | kNull;

template <auto Member>
Status into_request(const Json& value, const FieldSite& site) {
  return assign(site.into<Body>().request.*Member, value, site);
}

Status parse_side_into(std::optional<int>& to, const Json& value, const FieldSite& site) {
  TRY_STATUS(assign(to, value, site));
  return check_picture_side(*to, site.path);
}

template <class Row>
std::vector<string_view> names_in(std::span<const Row> rows) {
  std::vector<string_view> names;
  for (const Row& row : rows) names.push_back(row.name);
  return names;
}

Status parse_prompt_parser(const Json& value, const FieldSite& site) {
  const auto found = find_attention_syntax(value.as_string());
  if (!found) return invalid_choice(site.path, value.as_string(), names_in(attention_rows()));
  site.into<Body>().request.prompt_parser = *found;
  return {};
}

Status parse_emphasis(const Json& value, const FieldSite& site) {
  const auto found = find_emphasis_mode(value.as_string());
  if (!found) return invalid_choice(site.path, value.as_string(), names_in(emphasis_rows()));
  site.into<Body>().request.emphasis = *found;
  return {};
}

Status parse_noise(const Json& value, const FieldSite& site) {
  auto source = parse_random_source(value.as_string());
  if (!source) return unknown_name(source.error(), site.path);
  site.into<Body>().request.noise = *source;
  return {};
}

constexpr Field kVariationRows[] = {
    {.name = "seed",
     .doc = "Whose noise is mixed in.",
     .types = kInteger,
     .limits = {.min = 0, .max = kSeedMax},
     .required = true,
     .parse = set_member<Variation, &Variation::seed>},
    {.name = "strength",
     .doc = "0: the seed's own noise; 1: this seed's.",
     .types = kNumber,
     .limits = {.min = 0, .max = 1},
     .required = true,
     .parse = set_member<Variation, &Variation::strength>},
};
constexpr FieldGroup kVariationGroups[] = {{kVariationRows}};
constexpr BodySchema kVariationSchema{"PictureVariation", "A neighbour of the seed's picture.",
                                      kVariationGroups};

Status parse_variation(const Json& value, const FieldSite& site) {
  FieldSite inner = site;
  inner.request = &site.into<Body>().request.variation.emplace();
  return parse_object(kVariationSchema, value, inner);
}

// --- the rows -----------------------------------------------------------------------------------

constexpr Field kModelRows[] = {
    {.name = "model",
     .doc = "Id of a picture model; without it, the default one.",
     .types = kMaybeString,
     .limits = {.length_max = 512},
     .parse = set_member<Body, &Body::model>},
};

constexpr Field kPromptRows[] = {
    {.name = "prompt",
     .doc = "What to draw.",
     .types = kString,
     .limits = {.length_max = kPicturePromptMax},
     .required = true,
     .parse = into_request<&ImageRequest::prompt>},
};

constexpr string_view kScheduleAliases[] = {"scheduler"};
constexpr string_view kNoiseAliases[] = {"rng"};

constexpr Field kDrawingRows[] = {
    {.name = "negative_prompt",
     .doc = "What not to draw.",
     .types = kMaybeString,
     .limits = {.length_max = kPicturePromptMax},
     .parse = into_request<&ImageRequest::negative_prompt>},
    {.name = "seed",
     .doc = "Of the first picture; picture i has seed + i. -1: by chance.",
     .types = kMaybeInteger,
     .limits = {.min = -1, .max = kSeedMax},
     .shown_default = "-1",
     .parse = set_member<Body, &Body::seed>},
    {.name = "steps",
     .doc = "Steps of the sampler; without it, as the model is used best.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = kPictureStepsMax},
     .parse = set_member<Body, &Body::steps>},
    {.name = "cfg_scale",
     .doc = "How closely the prompt is followed. 1: no negative prompt is evaluated.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 100},
     .parse = set_member<Body, &Body::cfg_scale>},
    {.name = "cfg_rescale",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 1},
     .shown_default = "0",
     .parse = into_request<&ImageRequest::cfg_rescale>},
    {.name = "sampler",
     .doc = "Name or alias of a sampler; without it, the model's own.",
     .types = kMaybeString,
     .parse =
         [](const Json& value, const FieldSite& site) {
           return parse_sampler_into(site.into<Body>().request.sampler, value, site);
         }},
    {.name = "schedule",
     .doc = "Name of a sigma schedule; without it, the sampler's own.",
     .types = kMaybeString,
     .aliases = kScheduleAliases,
     .parse =
         [](const Json& value, const FieldSite& site) {
           return parse_schedule_into(site.into<Body>().request.schedule, value, site);
         }},
    {.name = "eta",
     .doc = "Noise of ancestral samplers; without it, the sampler's own.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 10},
     .parse = into_request<&ImageRequest::eta>},
    {.name = "eta_noise_seed_delta",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = 2'147'483'647},
     .shown_default = "0",
     .parse = into_request<&ImageRequest::eta_noise_seed_delta>},
    {.name = "clip_skip",
     .doc = "1: the text encoder's last layer; 2: the one before; …",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 64},
     .shown_default = "1",
     .parse = into_request<&ImageRequest::clip_skip>},
    {.name = "noise",
     .doc = "Whose random numbers the seed means: cpu, nv, or gpu-tN.",
     .types = kMaybeString,
     .aliases = kNoiseAliases,
     .shown_default = "\"cpu\"",
     .parse = parse_noise},
    {.name = "prompt_parser",
     .doc = "Which grammar of emphasis the prompt is written in.",
     .types = kMaybeString,
     .parse = parse_prompt_parser},
    {.name = "emphasis",
     .doc = "How emphasis is applied.",
     .types = kMaybeString,
     .parse = parse_emphasis},
    {.name = "variation",
     .types = kObject | kNull,
     .object = &kVariationSchema,
     .parse = parse_variation},
    {.name = "seed_resize_width",
     .doc = "The size at which the seed gave the picture that is wanted; 0: this one.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = kPictureSideMax},
     .parse = into_request<&ImageRequest::seed_resize_width>},
    {.name = "seed_resize_height",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = kPictureSideMax},
     .parse = into_request<&ImageRequest::seed_resize_height>},
};

constexpr Field kSizeRows[] = {
    {.name = "width",
     .doc = "Pixels, a multiple of what the model takes (8 for most); without it, as the model was "
            "trained.",
     .types = kMaybeInteger,
     .limits = kPictureSide,
     .parse =
         [](const Json& value, const FieldSite& site) {
           return parse_side_into(site.into<Body>().width, value, site);
         }},
    {.name = "height",
     .types = kMaybeInteger,
     .limits = kPictureSide,
     .parse =
         [](const Json& value, const FieldSite& site) {
           return parse_side_into(site.into<Body>().height, value, site);
         }},
    {.name = "batch_size",
     .doc = "Pictures drawn in one evaluation.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 16},
     .shown_default = "1",
     .parse = into_request<&ImageRequest::batch_size>},
    {.name = "batch_count",
     .doc = "Evaluations, one after the other.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 1000},
     .shown_default = "1",
     .parse = into_request<&ImageRequest::batch_count>},
};

constexpr string_view kFormatNames[] = {"png", "jpeg", "webp"};

constexpr Field kFileRows[] = {
    {.name = "format",
     .doc = "Of the files.",
     .types = kMaybeString,
     .choices = kFormatNames,
     .shown_default = "\"png\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<Body>().format = *find_picture_format(value.as_string());
       return {};
     }},
    {.name = "quality",
     .doc = "Of jpeg and lossy webp.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 100},
     .shown_default = "90",
     .parse = set_member<Body, &Body::quality>},
    {.name = "lossless",
     .doc = "Of webp; without it, lossless unless a quality is given.",
     .types = kMaybeBool,
     .parse = set_member<Body, &Body::lossless>},
    {.name = "write_infotext",
     .doc = "Write the generation parameters into the files.",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = set_member<Body, &Body::write_infotext>},
    {.name = "preview_every",
     .doc = "Steps between previews; 0: when somebody watches.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = kPictureStepsMax},
     .shown_default = "0",
     .parse = set_member<Body, &Body::preview_every>},
};

const FieldGroup kPictureGroups[] = {{kModelRows}, {kPromptRows},           {kDrawingRows},
                                     {kSizeRows},  {picture_source_rows()}, {kFileRows}};

}  // namespace

const BodySchema kPictureSchema{"PictureRequest", "What to draw, and how.", kPictureGroups};

std::span<const Field> picture_model_rows() { return kModelRows; }
std::span<const Field> picture_prompt_rows() { return kPromptRows; }
std::span<const Field> picture_drawing_rows() { return kDrawingRows; }
std::span<const Field> picture_size_rows() { return kSizeRows; }
std::span<const Field> picture_file_rows() { return kFileRows; }

Status unknown_name(const Error& error, string_view path) {
  return invalid_value(path, fmt::format("Invalid '{}': {}.", path, error.message));
}

Status parse_sampler_into(std::string& to, const Json& value, const FieldSite& site) {
  to = value.as_string();
  if (to.empty()) return {};
  const auto found = get_sampler(to);
  return found ? Status() : unknown_name(found.error(), site.path);
}

Status parse_schedule_into(std::string& to, const Json& value, const FieldSite& site) {
  to = value.as_string();
  if (to.empty()) return {};
  const auto found = get_schedule(to);
  return found ? Status() : unknown_name(found.error(), site.path);
}

Status check_picture_side(int side, string_view path) {
  if (side >= kPictureSideMin && side <= kPictureSideMax && side % kPictureSideStep == 0) return {};
  return invalid_value(
      path, fmt::format("Invalid '{}': {} is not a multiple of {} from {} to {}.", path, side,
                        kPictureSideStep, kPictureSideMin, kPictureSideMax));
}

}  // namespace diptych
