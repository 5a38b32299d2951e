// Rows of txt2img alone: the second pass.
#include "api/sdapi/drawing_body.h"
#include "api/sdapi/lenient.h"
#include "api/sdapi/scripts.h"

namespace diptych::sdapi {
namespace {

using std::string_view;

constexpr JsonTypes kMaybeString = kString | kNull, kMaybeInteger = kInteger | kNull,
                    kMaybeNumber = kNumber | kNull;
constexpr double kSideMax = 4096;
constexpr std::size_t kPromptMax = 32'000;  // characters
constexpr string_view kPromptAliases[] = {"refiner_prompt"};
constexpr string_view kNegativeAliases[] = {"refiner_negative"};

template <auto Member>
Status into_hires(const Json& value, const FieldSite& site) {
  return assign(site.into<DrawingBody>().hires.*Member, value, site);
}

// "": as the first pass.
template <auto Member>
Status into_hires_text(const Json& value, const FieldSite& site) {
  if (value.as_string().empty()) return {};
  return into_hires<Member>(value, site);
}

constexpr Field kRows[] = {
    {.name = "enable_hr",
     .doc = "Draw a second pass at a larger size.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = into_hires<&HiresFields::enabled>},
    {.name = "firstphase_width",
     .doc = "Older way to say it: of the first pass; width and height are then the second's.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = kSideMax},
     .shown_default = "0",
     .parse = into_hires<&HiresFields::first_width>},
    {.name = "firstphase_height",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = kSideMax},
     .shown_default = "0",
     .parse = into_hires<&HiresFields::first_height>},
    {.name = "hr_scale",
     .doc = "The second pass's size, times the first's.",
     .types = kMaybeNumber,
     .limits = {.min = 0.25, .max = 64},
     .shown_default = "2.0",
     .parse = into_hires<&HiresFields::scale>},
    {.name = "hr_upscaler",
     .doc = "One of /upscalers or /latent-upscale-modes.",
     .types = kMaybeString,
     .shown_default = "null",
     .parse = into_hires_text<&HiresFields::upscaler>},
    {.name = "hr_second_pass_steps",
     .doc = "0: as many as the first.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = 150},
     .shown_default = "0",
     .parse = into_hires<&HiresFields::steps>},
    {.name = "hr_resize_x",
     .doc = "The second pass's width, instead of hr_scale; 0: by the aspect.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = kSideMax},
     .shown_default = "0",
     .parse = into_hires<&HiresFields::resize_x>},
    {.name = "hr_resize_y",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = kSideMax},
     .shown_default = "0",
     .parse = into_hires<&HiresFields::resize_y>},
    {.name = "hr_checkpoint_name",
     .doc = "Empty: both passes are drawn by one model.",
     .types = kMaybeString,
     .shown_default = "null",
     .parse = refuse_name},
    {.name = "hr_sampler_name",
     .doc = "Of the second pass; empty: as the first.",
     .types = kMaybeString,
     .shown_default = "null",
     .parse = into_hires_text<&HiresFields::sampler>},
    {.name = "hr_scheduler",
     .types = kMaybeString,
     .shown_default = "null",
     .parse = into_hires_text<&HiresFields::schedule>},
    {.name = "hr_prompt",
     .doc = "Of the second pass; empty: as the first.",
     .types = kMaybeString,
     .limits = {.length_max = kPromptMax},
     .aliases = kPromptAliases,
     .shown_default = "\"\"",
     .parse = into_hires_text<&HiresFields::prompt>},
    {.name = "hr_negative_prompt",
     .types = kMaybeString,
     .limits = {.length_max = kPromptMax},
     .aliases = kNegativeAliases,
     .shown_default = "\"\"",
     .parse = into_hires_text<&HiresFields::negative_prompt>},
    {.name = "hr_cfg",
     .doc = "Of the second pass.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 100},
     .parse = into_hires<&HiresFields::cfg_scale>},
    {.name = "hr_denoising_strength",
     .doc = "Of the second pass; 0: denoising_strength.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 1},
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       if (value.as_double() == 0) return {};
       return into_hires<&HiresFields::denoising_strength>(value, site);
     }},
    {.name = "hr_additional_modules",
     .types = kArray | kNull,
     .support = Support::kRefused,
     .reason = "The checkpoint's own parts are used.",
     .neutral = "[]"},
};

const FieldGroup kGroups[] = {{common_rows()}, {scheduler_rows()}, {kRows},
                              {script_rows()}, {answer_rows()},    {borrowed_rows()}};

}  // namespace

const BodySchema kTextToImageSchema{"SdapiTextToImage", "A picture from words.", kGroups,
                                    UnknownMembers::kWarned};

}  // namespace diptych::sdapi
