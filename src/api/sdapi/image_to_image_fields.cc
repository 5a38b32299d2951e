// Rows of img2img alone: the init image and its mask.
#include "api/sdapi/drawing_body.h"
#include "api/sdapi/scripts.h"

namespace diptych::sdapi {
namespace {

constexpr JsonTypes kMaybeString = kString | kNull, kMaybeInteger = kInteger | kNull,
                    kMaybeNumber = kNumber | kNull, kMaybeBool = kBool | kNull;

template <auto Member>
Status into_init(const Json& value, const FieldSite& site) {
  return assign(site.into<DrawingBody>().init.*Member, value, site);
}

Status parse_init_images(const Json& value, const FieldSite& site) {
  for (const Json& picture : value.as_array())
    site.into<DrawingBody>().init.pictures.push_back(picture.as_string());
  return {};
}

Status parse_resize_mode(const Json& value, const FieldSite& site) {
  if (value.as_int() == 3)
    return unsupported_parameter(site.path, "Latents of an init image are not resized.");
  return into_init<&InitFields::resize_mode>(value, site);
}

constexpr Limits kBlur{.min = 0, .max = 256};

constexpr Field kRows[] = {
    {.name = "init_images",
     .doc = "The picture to start from: Base64 or a data URL.",
     .types = kArray,
     .limits = {.length_min = 1, .length_max = 1},
     .item_types = kString,
     .required = true,
     .shown_default = "null",
     .parse = parse_init_images},
    {.name = "resize_mode",
     .doc = "A picture of another size is 0: stretched, 1: cropped, 2: filled up.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = 3},
     .shown_default = "0",
     .parse = parse_resize_mode},
    {.name = "image_cfg_scale",
     .types = kMaybeNumber,
     .support = Support::kDescriptive,
     .reason = "Only models that edit by instruction read it.",
     .shown_default = "null"},
    {.name = "mask",
     .doc = "White is drawn anew: Base64 or a data URL; of another size, it is resized.",
     .types = kMaybeString,
     .shown_default = "null",
     .parse = into_init<&InitFields::mask>},
    {.name = "mask_blur_x",
     .types = kMaybeNumber,
     .limits = kBlur,
     .shown_default = "4",
     .parse = into_init<&InitFields::mask_blur_x>},
    {.name = "mask_blur_y",
     .types = kMaybeNumber,
     .limits = kBlur,
     .shown_default = "4",
     .parse = into_init<&InitFields::mask_blur_y>},
    {.name = "mask_blur",
     .doc = "Of the mask's edge: sigma in pixels.",
     .types = kMaybeNumber,
     .limits = kBlur,
     .shown_default = "null",
     .parse = into_init<&InitFields::mask_blur>},
    {.name = "mask_round",
     .doc = "false: a grey mask draws anew in part.",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = into_init<&InitFields::mask_round>},
    {.name = "inpainting_fill",
     .doc =
         "The masked area starts from 0: its surroundings, 1: the picture, 2: noise, 3: nothing.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = 3},
     .shown_default = "0",
     .parse = into_init<&InitFields::fill>},
    {.name = "inpaint_full_res",
     .doc = "Crop to the mask, draw that at full size, paste it back.",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = into_init<&InitFields::only_masked>},
    {.name = "inpaint_full_res_padding",
     .doc = "Pixels kept around the crop.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = 1024},
     .shown_default = "0",
     .parse = into_init<&InitFields::padding>},
    {.name = "inpainting_mask_invert",
     .doc = "1: black is drawn anew.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = 1},
     .shown_default = "0",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<DrawingBody>().init.inverted = value.as_int() == 1;
       return {};
     }},
    {.name = "initial_noise_multiplier",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "Noise is laid on init images at its full strength.",
     .neutral = "1",
     .shown_default = "null"},
    {.name = "latent_mask",
     .types = kMaybeString,
     .support = Support::kRefused,
     .reason = "Send mask.",
     .neutral = "\"\"",
     .shown_default = "null"},
    {.name = "include_init_images",
     .doc = "The answer repeats init_images and mask.",
     .types = kMaybeBool,
     .shown_default = "false",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<DrawingBody>().answer.include_init_images = value.as_bool();
       return {};
     }},
};

const FieldGroup kGroups[] = {{common_rows()}, {scheduler_rows()}, {kRows},
                              {script_rows()}, {answer_rows()},    {borrowed_rows()}};

}  // namespace

const BodySchema kImageToImageSchema{"SdapiImageToImage", "A picture from a picture.", kGroups,
                                     UnknownMembers::kWarned};

}  // namespace diptych::sdapi
