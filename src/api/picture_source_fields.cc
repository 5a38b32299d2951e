// Rows of what a picture starts from: another picture, the part of it that is drawn anew, a first
// pass.

#include "api/picture_field_values.h"
#include "api/picture_fields.h"
#include "api/picture_names.h"

namespace diptych {
namespace {

using std::string_view;
using Body = PictureFields;

constexpr JsonTypes kMaybeNumber = kNumber | kNull, kMaybeString = kString | kNull;

constexpr string_view kResizeNames[] = {"stretch", "crop", "fill"};
constexpr ResizeMode kResizes[] = {ResizeMode::kStretch, ResizeMode::kCrop, ResizeMode::kFill};
constexpr string_view kContentNames[] = {"fill", "original", "latent_noise", "latent_nothing"};
constexpr MaskedContent kContents[] = {MaskedContent::kFill, MaskedContent::kOriginal,
                                       MaskedContent::kLatentNoise, MaskedContent::kLatentNothing};

// The row's choices were checked: the name is there.
template <class Value, std::size_t n>
Value value_named(string_view name, const string_view (&names)[n], const Value (&values)[n]) {
  std::size_t i = 0;
  while (i + 1 < n && names[i] != name) ++i;
  return values[i];
}

Inpaint& inpaint_of(const FieldSite& site) { return *site.into<Body>().request.init->inpaint; }
template <auto Member>
Status into_inpaint(const Json& value, const FieldSite& site) {
  return assign(inpaint_of(site).*Member, value, site);
}

constexpr Field kInpaintRows[] = {
    {.name = "mask",
     .doc = "White is drawn anew: Base64, a data URL, or blob: and a hash.",
     .types = kString,
     .limits = {.length_min = 1},
     .required = true,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<Body>().mask_path = site.path;
       return assign(site.into<Body>().mask_picture, value, site);
     }},
    {.name = "blur",
     .doc = "Of the mask's edge: sigma in pixels.",
     .types = kNumber,
     .limits = {.min = 0, .max = 256},
     .shown_default = "4",
     .parse = into_inpaint<&Inpaint::blur>},
    {.name = "inverted",
     .doc = "Black is drawn anew.",
     .types = kBool,
     .shown_default = "false",
     .parse = into_inpaint<&Inpaint::inverted>},
    {.name = "content",
     .doc = "What the masked area starts from.",
     .types = kString,
     .choices = kContentNames,
     .shown_default = "\"original\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       inpaint_of(site).content = value_named(value.as_string(), kContentNames, kContents);
       return {};
     }},
    {.name = "soft",
     .doc = "A grey mask draws anew in part.",
     .types = kBool,
     .shown_default = "false",
     .parse = into_inpaint<&Inpaint::soft>},
    {.name = "only_masked",
     .doc = "Crop to the mask, draw that at full size, paste it back.",
     .types = kBool,
     .shown_default = "false",
     .parse = into_inpaint<&Inpaint::only_masked>},
    {.name = "padding",
     .doc = "Pixels kept around the crop.",
     .types = kInteger,
     .limits = {.min = 0, .max = 1024},
     .shown_default = "32",
     .parse = into_inpaint<&Inpaint::padding>},
};
constexpr FieldGroup kInpaintGroups[] = {{kInpaintRows}};
constexpr BodySchema kInpaintSchema{"PictureInpaint", "Which part is drawn anew.", kInpaintGroups};

constexpr Field kInitRows[] = {
    {.name = "picture",
     .doc = "To start from: Base64, a data URL, or blob: and a hash.",
     .types = kString,
     .limits = {.length_min = 1},
     .required = true,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<Body>().init_path = site.path;
       return assign(site.into<Body>().init_picture, value, site);
     }},
    {.name = "denoising_strength",
     .doc = "0: the picture as it is; 1: nothing of it.",
     .types = kNumber,
     .limits = {.min = 0, .max = 1},
     .shown_default = "0.75",
     .parse =
         [](const Json& value, const FieldSite& site) {
           return assign(site.into<Body>().request.init->denoising_strength, value, site);
         }},
    {.name = "resize",
     .doc = "How a picture of another size is fitted.",
     .types = kString,
     .choices = kResizeNames,
     .shown_default = "\"stretch\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<Body>().request.init->resize =
           value_named(value.as_string(), kResizeNames, kResizes);
       return {};
     }},
    {.name = "inpaint",
     .types = kObject | kNull,
     .object = &kInpaintSchema,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<Body>().request.init->inpaint.emplace();
       return parse_object(kInpaintSchema, value, site);
     }},
};
constexpr FieldGroup kInitGroups[] = {{kInitRows}};
constexpr BodySchema kInitSchema{"PictureInit", "A picture to start from.", kInitGroups};

Status parse_init(const Json& value, const FieldSite& site) {
  site.into<Body>().request.init.emplace();
  return parse_object(kInitSchema, value, site);
}

template <auto Member>
Status parse_hires_side(const Json& value, const FieldSite& site) {
  TRY_STATUS(assign(site.into<Hires>().*Member, value, site));
  return check_picture_side(site.into<Hires>().*Member, site.path);
}

constexpr Field kHiresRows[] = {
    {.name = "width",
     .types = kInteger,
     .limits = kPictureSide,
     .required = true,
     .parse = parse_hires_side<&Hires::width>},
    {.name = "height",
     .types = kInteger,
     .limits = kPictureSide,
     .required = true,
     .parse = parse_hires_side<&Hires::height>},
    {.name = "upscaler",
     .doc = "What stands between the passes; /api/v1/capabilities lists them.",
     .types = kString,
     .shown_default = "\"Latent\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<Hires>().upscaler = value.as_string();
       const Status known = check_hires_upscaler(value.as_string());
       return known ? Status() : unknown_name(known.error(), site.path);
     }},
    {.name = "steps",
     .doc = "0: as many as the first pass.",
     .types = kInteger,
     .limits = {.min = 0, .max = kPictureStepsMax},
     .shown_default = "0",
     .parse = set_member<Hires, &Hires::steps>},
    {.name = "denoising_strength",
     .types = kNumber,
     .limits = {.min = 0, .max = 1},
     .shown_default = "0.7",
     .parse = set_member<Hires, &Hires::denoising_strength>},
    {.name = "prompt",
     .types = kMaybeString,
     .limits = {.length_max = kPicturePromptMax},
     .parse = set_member<Hires, &Hires::prompt>},
    {.name = "negative_prompt",
     .types = kMaybeString,
     .limits = {.length_max = kPicturePromptMax},
     .parse = set_member<Hires, &Hires::negative_prompt>},
    {.name = "cfg_scale",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 100},
     .parse = set_member<Hires, &Hires::cfg_scale>},
    {.name = "sampler",
     .types = kMaybeString,
     .parse =
         [](const Json& value, const FieldSite& site) {
           return parse_sampler_into(site.into<Hires>().sampler, value, site);
         }},
    {.name = "schedule",
     .types = kMaybeString,
     .parse =
         [](const Json& value, const FieldSite& site) {
           return parse_schedule_into(site.into<Hires>().schedule, value, site);
         }},
};
constexpr FieldGroup kHiresGroups[] = {{kHiresRows}};
constexpr BodySchema kHiresSchema{"PictureHires", "A second pass at a larger size.", kHiresGroups};

Status parse_hires(const Json& value, const FieldSite& site) {
  FieldSite inner = site;
  inner.request = &site.into<Body>().request.hires.emplace();
  return parse_object(kHiresSchema, value, inner);
}

constexpr Field kSourceRows[] = {
    {.name = "init", .types = kObject | kNull, .object = &kInitSchema, .parse = parse_init},
    {.name = "hires", .types = kObject | kNull, .object = &kHiresSchema, .parse = parse_hires},
};

}  // namespace

std::span<const Field> picture_source_rows() { return kSourceRows; }

}  // namespace diptych
