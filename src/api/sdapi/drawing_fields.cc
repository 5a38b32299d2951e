// Rows that txt2img and img2img share.
#include <fmt/format.h>

#include "api/sdapi/drawing_body.h"
#include "api/sdapi/lenient.h"

namespace diptych::sdapi {
namespace {

using std::string_view;
using Body = DrawingBody;

constexpr std::size_t kPromptMax = 32'000;  // characters
constexpr JsonTypes kMaybeString = kString | kNull, kMaybeInteger = kInteger | kNull,
                    kMaybeNumber = kNumber | kNull, kMaybeBool = kBool | kNull;
constexpr double kSideMax = 4096;

template <auto Member>
Status into_request(const Json& value, const FieldSite& site) {
  return assign(site.into<Body>().request.*Member, value, site);
}
template <auto Member>
Status into_answer(const Json& value, const FieldSite& site) {
  return assign(site.into<Body>().answer.*Member, value, site);
}

Status parse_styles(const Json& value, const FieldSite& site) {
  for (const Json& style : value.as_array()) site.into<Body>().styles.push_back(style.as_string());
  return {};
}

// −1 and 0 mean the picture's own size.
template <auto Member>
Status parse_seed_resize(const Json& value, const FieldSite& site) {
  if (value.as_int() <= 0) return {};
  return assign(site.into<Body>().request.*Member, value, site);
}

Status check_restore(const Json& value, const FieldSite& site) {
  if (value.is_null() || value.as_bool()) return {};
  site.warn("Options of other requests are never changed, so there is nothing to keep.");
  return {};
}

constexpr Field kCommonRows[] = {
    {.name = "prompt",
     .doc = "What to draw.",
     .types = kMaybeString,
     .limits = {.length_max = kPromptMax},
     .shown_default = "\"\"",
     .parse = into_request<&ImageRequest::prompt>},
    {.name = "negative_prompt",
     .doc = "What not to draw.",
     .types = kMaybeString,
     .limits = {.length_max = kPromptMax},
     .shown_default = "\"\"",
     .parse = into_request<&ImageRequest::negative_prompt>},
    {.name = "styles",
     .doc = "Names of /prompt-styles.",
     .types = kArray | kNull,
     .limits = {.length_max = 64},
     .item_types = kString,
     .shown_default = "null",
     .parse = parse_styles},
    {.name = "seed",
     .doc = "Of the first picture; picture i has seed + i. -1: by chance.",
     .types = kMaybeInteger,
     .limits = {.min = -1},
     .shown_default = "-1",
     .parse = set_member<Body, &Body::seed>},
    {.name = "subseed",
     .doc = "Whose noise is mixed in. -1: by chance.",
     .types = kMaybeInteger,
     .limits = {.min = -1},
     .shown_default = "-1",
     .parse = set_member<Body, &Body::subseed>},
    {.name = "subseed_strength",
     .doc = "0: the seed's own noise; 1: the subseed's.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 1},
     .shown_default = "0",
     .parse = set_member<Body, &Body::subseed_strength>},
    {.name = "seed_resize_from_h",
     .doc = "The size at which the seed gave the picture that is wanted; 0 or -1: this one.",
     .types = kMaybeInteger,
     .limits = {.min = -1, .max = kSideMax},
     .shown_default = "-1",
     .parse = parse_seed_resize<&ImageRequest::seed_resize_height>},
    {.name = "seed_resize_from_w",
     .types = kMaybeInteger,
     .limits = {.min = -1, .max = kSideMax},
     .shown_default = "-1",
     .parse = parse_seed_resize<&ImageRequest::seed_resize_width>},
    {.name = "sampler_name",
     .doc = "A sampler of /samplers, or one of its aliases.",
     .types = kMaybeString,
     .shown_default = "null",
     .parse = set_member<Body, &Body::sampler_name>},
    {.name = "batch_size",
     .doc = "Pictures drawn in one evaluation.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 16},
     .shown_default = "1",
     .parse = into_request<&ImageRequest::batch_size>},
    {.name = "n_iter",
     .doc = "Evaluations, one after the other.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 1000},
     .shown_default = "1",
     .parse = into_request<&ImageRequest::batch_count>},
    {.name = "steps",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 150},
     .shown_default = "20",
     .parse = into_request<&ImageRequest::steps>},
    {.name = "cfg_scale",
     .doc = "How closely the prompt is followed.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 100},
     .shown_default = "7.0",
     .parse = into_request<&ImageRequest::cfg_scale>},
    {.name = "width",
     .doc = "Pixels; what is no multiple of 8 is rounded down.",
     .types = kMaybeInteger,
     .limits = {.min = 16, .max = kSideMax},
     .shown_default = "512",
     .parse = into_request<&ImageRequest::width>},
    {.name = "height",
     .types = kMaybeInteger,
     .limits = {.min = 16, .max = kSideMax},
     .shown_default = "512",
     .parse = into_request<&ImageRequest::height>},
    {.name = "restore_faces",
     .types = kMaybeBool,
     .support = Support::kRefused,
     .reason = "There is no face restorer.",
     .neutral = "false",
     .shown_default = "null"},
    {.name = "tiling",
     .types = kMaybeBool,
     .support = Support::kRefused,
     .reason = "Seamless pictures are not drawn.",
     .neutral = "false",
     .shown_default = "null"},
    {.name = "eta",
     .doc = "Noise of ancestral samplers; without it, the sampler's own.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 10},
     .shown_default = "null",
     .parse = into_request<&ImageRequest::eta>},
    {.name = "denoising_strength",
     .doc = "How much of the picture is drawn anew, of an init image or in the second pass.",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 1},
     .shown_default = "0.75",
     .parse = set_member<Body, &Body::denoising_strength>},
    {.name = "s_min_uncond",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "The negative prompt is evaluated in every step.",
     .neutral = "0",
     .shown_default = "null"},
    {.name = "s_churn",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "Samplers do not churn.",
     .neutral = "0",
     .shown_default = "null"},
    {.name = "s_tmax",
     .types = kMaybeNumber,
     .support = Support::kDescriptive,
     .reason = "It bounds s_churn, which is 0.",
     .shown_default = "null"},
    {.name = "s_tmin",
     .types = kMaybeNumber,
     .support = Support::kDescriptive,
     .reason = "It bounds s_churn, which is 0.",
     .shown_default = "null"},
    {.name = "s_noise",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "Samplers draw noise at its full strength.",
     .neutral = "1",
     .shown_default = "null"},
    {.name = "override_settings",
     .doc = "Options of /options for this request alone.",
     .types = kObject | kNull,
     .shown_default = "null",
     .object = &kOptionsSchema,
     .parse =
         [](const Json& value, const FieldSite& site) {
           Body& body = site.into<Body>();
           return apply_options(value, site.path, body.options, *site.warnings);
         }},
    {.name = "override_settings_restore_afterwards",
     .doc = "Requests never change options.",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = check_restore},
    {.name = "refiner_checkpoint",
     .doc = "Empty or None: no refiner is there.",
     .types = kMaybeString,
     .shown_default = "null",
     .parse = refuse_name},
    {.name = "refiner_switch_at",
     .types = kMaybeNumber,
     .support = Support::kDescriptive,
     .reason = "It belongs to refiner_checkpoint, which is empty.",
     .shown_default = "null"},
    {.name = "disable_extra_networks",
     .doc = "Networks that the prompt names are taken out of it and never applied.",
     .types = kMaybeBool,
     .shown_default = "false"},
    {.name = "firstpass_image",
     .types = kMaybeString,
     .support = Support::kRefused,
     .reason = "A second pass begins with a picture of its own.",
     .neutral = "\"\"",
     .shown_default = "null"},
    {.name = "comments",
     .types = kObject | kNull,
     .support = Support::kDescriptive,
     .reason = "Kept in the repeated parameters.",
     .shown_default = "null"},
    {.name = "sampler_index",
     .doc = "Older name of sampler_name.",
     .types = kString | kInteger | kNull,
     .shown_default = "\"Euler\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       if (value.is_string()) site.into<Body>().sampler_index = value.as_string();
       return {};
     }},
    {.name = "infotext",
     .doc = "A picture's parameters, for the fields that are not given.",
     .types = kMaybeString,
     .limits = {.length_max = 2 * kPromptMax},
     .shown_default = "null"},
};

constexpr string_view kScheduleAliases[] = {"schedulers_sigma"};
constexpr string_view kRescaleAliases[] = {"guidance_rescale"};

// Of SD.Next and Forge. Of SD.Next's others, what is sent is told of as unknown.
constexpr Field kBorrowedRows[] = {
    {.name = "clip_skip",
     .doc = "1: the text encoder's last layer; 2: the one before.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 12},
     .parse =
         [](const Json& value, const FieldSite& site) {
           return assign(site.into<Body>().request.clip_skip, value, site);
         }},
    {.name = "cfg_rescale",
     .types = kMaybeNumber,
     .limits = {.min = 0, .max = 1},
     .aliases = kRescaleAliases,
     .parse = into_request<&ImageRequest::cfg_rescale>},
    {.name = "sd_model_checkpoint",
     .doc = "As the option of this name.",
     .types = kMaybeString,
     .limits = {.length_max = 512},
     .parse =
         [](const Json& value, const FieldSite& site) {
           return assign(site.into<Body>().options.checkpoint, value, site);
         }},
    {.name = "detailer_enabled",
     .types = kMaybeBool,
     .support = Support::kRefused,
     .reason = "There is no detailer.",
     .neutral = "false"},
    {.name = "enhance_prompt",
     .types = kMaybeBool,
     .support = Support::kRefused,
     .reason = "Prompts are drawn as they are written.",
     .neutral = "false"},
    {.name = "hidiffusion",
     .types = kMaybeBool,
     .support = Support::kRefused,
     .reason = "It is not implemented.",
     .neutral = "false"},
};

constexpr Field kSchedulerRows[] = {
    {.name = "scheduler",
     .doc = "Name or label of /schedulers.",
     .types = kMaybeString,
     .aliases = kScheduleAliases,
     .shown_default = "null",
     .parse = set_member<Body, &Body::scheduler>},
};

constexpr string_view kKept = "Finished pictures stay in the gallery as long as it keeps any.";

constexpr Field kAnswerRows[] = {
    {.name = "send_images",
     .doc = "false: the answer has no pictures.",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = into_answer<&AnswerFields::send_images>},
    {.name = "save_images",
     .doc = kKept,
     .types = kMaybeBool,
     .shown_default = "false",
     .parse = into_answer<&AnswerFields::save_images>},
    {.name = "do_not_save_samples",
     .doc = "With save_images off: nothing of it is left here once it is answered.",
     .types = kMaybeBool,
     .shown_default = "false",
     .parse = into_answer<&AnswerFields::do_not_save_samples>},
    {.name = "do_not_save_grid",
     .types = kMaybeBool,
     .support = Support::kDescriptive,
     .reason = "Grids are never kept.",
     .shown_default = "false"},
    {.name = "return_grid",
     .doc = "Several pictures are led by one that shows them all.",
     .types = kMaybeBool,
     .parse = into_answer<&AnswerFields::return_grid>},
    {.name = "force_task_id",
     .doc = "The client's name of the task, for /internal/progress.",
     .types = kMaybeString,
     .limits = {.length_max = 255},
     .shown_default = "null",
     .parse = into_answer<&AnswerFields::task_id>},
    {.name = "detach",
     .doc = "The pictures are drawn even if the caller leaves.",
     .types = kMaybeBool,
     .parse = into_answer<&AnswerFields::detach>},
};

}  // namespace

std::span<const Field> common_rows() { return kCommonRows; }
std::span<const Field> answer_rows() { return kAnswerRows; }
std::span<const Field> borrowed_rows() { return kBorrowedRows; }
std::span<const Field> scheduler_rows() { return kSchedulerRows; }

}  // namespace diptych::sdapi
