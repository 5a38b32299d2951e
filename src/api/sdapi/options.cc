#include "api/sdapi/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "api/sdapi/checkpoint.h"
#include "api/sdapi/lenient.h"

namespace diptych::sdapi {
namespace {

using std::string_view;
using Values = OptionValues;

constexpr JsonTypes kMaybeString = kString | kNull, kMaybeInteger = kInteger | kNull,
                    kMaybeNumber = kNumber | kNull, kMaybeBool = kBool | kNull;
constexpr string_view kCheckpoint = "sd_model_checkpoint", kCheckpointHash = "sd_checkpoint_hash";
constexpr int kNeverPreview = 10'000;  // steps between previews: more than a drawing has
constexpr string_view kNoFolders =
    "Pictures are kept in this server's gallery; folders cannot be chosen.";
constexpr string_view kNotRead = "Nothing here reads it, so it changes no picture.";

template <auto Member>
constexpr ParseField kSet = set_member<Values, Member>;

Status parse_noise(const Json& value, const FieldSite& site) {
  auto source = parse_random_source(value.as_string());
  if (!source)
    return invalid_value(site.path, fmt::format("Invalid '{}': {}. A seed's pictures are the same "
                                                "everywhere with CPU and NV.",
                                                site.path, source.error().message));
  site.into<Values>().noise = *source;
  return {};
}

Status parse_emphasis(const Json& value, const FieldSite& site) {
  const auto found = find_emphasis_mode(value.as_string());
  if (!found) {
    std::vector<string_view> names;
    for (const EmphasisRow& row : emphasis_rows()) names.push_back(row.name);
    return invalid_choice(site.path, value.as_string(), names);
  }
  site.into<Values>().emphasis = *found;
  return {};
}

Status parse_attention(const Json& value, const FieldSite& site) {
  const auto found = find_attention_syntax(value.as_string());
  if (!found) {
    std::vector<string_view> names;
    for (const AttentionRow& row : attention_rows()) names.push_back(row.name);
    return invalid_choice(site.path, value.as_string(), names);
  }
  site.into<Values>().prompt_parser = *found;
  return {};
}

constexpr string_view kFormats[] = {"png", "jpg", "jpeg", "webp"};

Status parse_format(const Json& value, const FieldSite& site) {
  site.into<Values>().format = *find_picture_format(value.as_string());  // one of the choices
  return {};
}

Status parse_preview_every(const Json& value, const FieldSite& site) {
  const std::int64_t steps = value.as_int();
  site.into<Values>().preview_every = steps < 0 ? kNeverPreview : static_cast<int>(steps);
  return {};
}

Status check_upscaler(const Json& value, const FieldSite& site) {
  constexpr string_view kNothing[] = {"", "None", "Lanczos"};
  if (std::ranges::find(kNothing, value.as_string()) != std::end(kNothing)) return {};
  return unsupported_parameter(site.path, "Init images are resized with Lanczos.");
}

constexpr Field kRows[] = {
    {.name = kCheckpoint,
     .doc = "The model, by title, name, file name, hash, or a prefix that is unique.",
     .types = kMaybeString,
     .limits = {.length_max = 512},
     .parse = kSet<&Values::checkpoint>},
    {.name = "CLIP_stop_at_last_layers",
     .doc = "1: the text encoder's last layer; 2: the one before.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 12},
     .shown_default = "1",
     .parse = kSet<&Values::clip_skip>},
    {.name = "samples_format",
     .doc = "Of the pictures that are answered.",
     .types = kMaybeString,
     .choices = kFormats,
     .shown_default = "\"png\"",
     .parse = parse_format},
    {.name = "jpeg_quality",
     .doc = "Of jpg and lossy webp.",
     .types = kMaybeInteger,
     .limits = {.min = 1, .max = 100},
     .shown_default = "80",
     .parse = kSet<&Values::quality>},
    {.name = "webp_lossless",
     .types = kMaybeBool,
     .shown_default = "false",
     .parse = kSet<&Values::webp_lossless>},
    {.name = "enable_pnginfo",
     .doc = "Write the generation parameters into the pictures.",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = kSet<&Values::write_infotext>},
    {.name = "return_grid",
     .doc = "Several pictures are led by one that shows them all.",
     .types = kMaybeBool,
     .shown_default = "false",
     .parse = kSet<&Values::return_grid>},
    {.name = "eta_noise_seed_delta",
     .doc = "Added to the seed for the noise that ancestral samplers draw.",
     .types = kMaybeInteger,
     .limits = {.min = 0, .max = 2'147'483'647},
     .shown_default = "0",
     .parse = kSet<&Values::eta_noise_seed_delta>},
    {.name = "randn_source",
     .doc = "Whose random numbers a seed means: CPU, NV or GPU-t and its number of threads.",
     .types = kMaybeString,
     .shown_default = "\"CPU\"",
     .parse = parse_noise},
    {.name = "emphasis",
     .doc = "How weights in prompts are applied.",
     .types = kMaybeString,
     .shown_default = "\"Original\"",
     .parse = parse_emphasis},
    {.name = "prompt_attention",
     .doc = "Which grammar of emphasis prompts are written in.",
     .types = kMaybeString,
     .shown_default = "\"a1111\"",
     .parse = parse_attention},
    {.name = "live_previews_enable",
     .types = kMaybeBool,
     .shown_default = "true",
     .parse = kSet<&Values::live_previews>},
    {.name = "show_progress_every_n_steps",
     .doc = "Steps between previews; -1: none. Until it is set, at most two a second.",
     .types = kMaybeInteger,
     .limits = {.min = -1, .max = 500},
     .shown_default = "10",
     .parse = parse_preview_every},
};

constexpr Field kAbsentRows[] = {
    {.name = "sd_vae",
     .types = kMaybeString,
     .shown_default = "\"Automatic\"",
     .parse = refuse_name},
    {.name = "sd_unet",
     .types = kMaybeString,
     .shown_default = "\"Automatic\"",
     .parse = refuse_name},
    {.name = "sd_lora", .types = kMaybeString, .shown_default = "\"None\"", .parse = refuse_name},
    {.name = "sd_hypernetwork",
     .types = kMaybeString,
     .shown_default = "\"None\"",
     .parse = refuse_name},
    {.name = "upscaler_for_img2img",
     .types = kMaybeString,
     .shown_default = "null",
     .parse = check_upscaler},
    {.name = "forge_additional_modules",
     .types = kArray | kNull,
     .support = Support::kRefused,
     .reason = "The checkpoint's own parts are used.",
     .neutral = "[]",
     .shown_default = "[]"},
    {.name = "img2img_fix_steps",
     .types = kMaybeBool,
     .support = Support::kRefused,
     .reason = "An init image is drawn over in steps times denoising_strength.",
     .neutral = "false",
     .shown_default = "false"},
    {.name = "img2img_color_correction",
     .types = kMaybeBool,
     .support = Support::kRefused,
     .reason = "Colours are left as they are drawn.",
     .neutral = "false",
     .shown_default = "false"},
    {.name = "initial_noise_multiplier",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "Noise is laid on init images at its full strength.",
     .neutral = "1",
     .shown_default = "1"},
    {.name = "eta_ancestral",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "Send eta with the request.",
     .neutral = "1",
     .shown_default = "1"},
    {.name = "eta_ddim",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "Send eta with the request.",
     .neutral = "0",
     .shown_default = "0"},
    {.name = "token_merging_ratio",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "Tokens are not merged.",
     .neutral = "0",
     .shown_default = "0"},
    {.name = "s_min_uncond",
     .types = kMaybeNumber,
     .support = Support::kRefused,
     .reason = "The negative prompt is evaluated in every step.",
     .neutral = "0",
     .shown_default = "0"},
};

constexpr Field described(string_view name, JsonTypes types, string_view shown_default,
                          string_view reason) {
  return {.name = name,
          .types = types | kNull,
          .support = Support::kDescriptive,
          .reason = reason,
          .shown_default = shown_default};
}
constexpr Field folder(string_view name) {
  return {.name = name,
          .types = kMaybeString,
          .support = Support::kIgnored,
          .reason = kNoFolders,
          .shown_default = "\"\""};
}

constexpr Field kIdleRows[] = {
    described(kCheckpointHash, kString, "null", "It follows sd_model_checkpoint."),
    described("face_restoration_model", kString, "null", kNotRead),
    described("code_former_weight", kNumber, "0.5", kNotRead),
    described("samples_save", kBool, "true", kNoFolders),
    described("grid_save", kBool, "false", kNoFolders),
    folder("outdir_samples"),
    folder("outdir_txt2img_samples"),
    folder("outdir_img2img_samples"),
    folder("outdir_extras_samples"),
    folder("outdir_grids"),
    folder("outdir_txt2img_grids"),
    folder("outdir_img2img_grids"),
    folder("outdir_save"),
};

constexpr FieldGroup kGroups[] = {{kRows}, {kAbsentRows}, {kIdleRows}};

}  // namespace

const BodySchema kOptionsSchema{"SdapiOptions",
                                "What requests start from, under A1111's names for settings.",
                                kGroups, UnknownMembers::kWarned};

Status apply_options(const Json& given, std::string_view path, OptionValues& values,
                     Warnings& warnings) {
  if (!given.is_object()) return invalid_type(path, kObject, given);
  Json object = given;
  coerce_members(kOptionsSchema, object);
  return parse_object(kOptionsSchema, object,
                      {.path = std::string(path), .request = &values, .warnings = &warnings});
}

Json shown_options(const Json& set, PictureCatalog* catalog) {
  Json shown = Json::object();
  for (const FieldGroup& group : kGroups)
    for (const Field& field : group.fields) {
      const Json* value = set.find(field.name);
      shown.set(field.name,
                value != nullptr ? *value : parse_json(field.shown_default).value_or(Json()));
    }
  if (catalog == nullptr) return shown;
  const Json& wanted = set[kCheckpoint];
  const std::string name = wanted.is_string() && !wanted.as_string().empty()
                               ? wanted.as_string()
                               : catalog->default_model();
  if (const auto model = find_checkpoint(name, *catalog, kCheckpoint)) {
    shown.set(kCheckpoint, model->title);
    shown.set(kCheckpointHash, model->sha256.empty() ? Json() : Json(model->sha256));
  }
  return shown;
}

}  // namespace diptych::sdapi
