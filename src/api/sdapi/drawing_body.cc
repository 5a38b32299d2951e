#include "api/sdapi/drawing_body.h"

#include <utility>

#include "api/sdapi/lenient.h"
#include "formats/infotext.h"
#include "image/pipeline/request_infotext.h"

namespace diptych::sdapi {
namespace {

const BodySchema& schema_of(DrawingKind kind) {
  return kind == DrawingKind::kText ? kTextToImageSchema : kImageToImageSchema;
}

// What A1111's clients expect where a field is not given.
ImageRequest first_request() {
  ImageRequest request;
  request.sampler = "Euler";
  return request;
}

Status start_from_infotext(const Json& value, DrawingBody& body) {
  if (!value.is_string() || value.as_string().empty()) return {};
  const Infotext text = parse_infotext(value.as_string());
  auto read = from_infotext(text);
  if (!read) {
    Error error = read.error();
    error.param = "infotext";
    return fail(std::move(error));
  }
  body.read_infotext = true;
  body.request = std::move(read->request);
  for (Warning& warning : read->warnings)
    body.warnings.push_back({"infotext", std::move(warning.message)});
  for (const std::string_view key : {"Model hash", "Model"})
    if (const std::string* model = text.find(key); model != nullptr && body.infotext_model.empty())
      body.infotext_model = *model;
  return {};
}

// A member of the request that an option sets: a field wins over it, and so does the picture whose
// parameters are repeated, unless the request overrides the option.
struct Laid {
  std::string_view option, field;
  void (*lay)(const OptionValues& from, ImageRequest& to);
};
constexpr Laid kLaid[] = {
    {"CLIP_stop_at_last_layers", "clip_skip",
     [](const OptionValues& from, ImageRequest& to) { to.clip_skip = from.clip_skip; }},
    {"eta_noise_seed_delta", "",
     [](const OptionValues& from, ImageRequest& to) {
       to.eta_noise_seed_delta = from.eta_noise_seed_delta;
     }},
    {"randn_source", "", [](const OptionValues& from, ImageRequest& to) { to.noise = from.noise; }},
    {"emphasis", "",
     [](const OptionValues& from, ImageRequest& to) { to.emphasis = from.emphasis; }},
    {"prompt_attention", "",
     [](const OptionValues& from, ImageRequest& to) { to.prompt_parser = from.prompt_parser; }},
};

bool is_given(const Json& object, std::string_view name) {
  return !name.empty() && !object[name].is_null();
}

void lay_options(DrawingBody& body) {
  const Json& overrides = body.given["override_settings"];
  for (const Laid& row : kLaid)
    if (!is_given(body.given, row.field) &&
        (!body.read_infotext || is_given(overrides, row.option)))
      row.lay(body.options, body.request);
  const bool model_given =
      is_given(overrides, "sd_model_checkpoint") || is_given(body.given, "sd_model_checkpoint");
  if (model_given) body.infotext_model.clear();
}

}  // namespace

Result<DrawingBody> parse_drawing(DrawingKind kind, std::string_view text,
                                  const OptionValues& options) {
  const BodySchema& schema = schema_of(kind);
  DrawingBody body{.kind = kind, .request = first_request(), .options = options};
  TRY(body.given, read_body(schema, text));
  TRY_STATUS(start_from_infotext(body.given["infotext"], body));
  TRY_STATUS(
      parse_object(schema, body.given, {.path = {}, .request = &body, .warnings = &body.warnings}));
  lay_options(body);
  return body;
}

Json echo_of(const DrawingBody& body) {
  Json echo = Json::object();
  for (const FieldGroup& group : schema_of(body.kind).groups)
    for (const Field& field : group.fields) {
      const Json* value = body.given.find(field.name);
      for (const std::string_view alias : field.aliases)
        if (value == nullptr) value = body.given.find(alias);
      if (value == nullptr && field.shown_default.empty()) continue;
      const bool picture = field.name == "init_images" || field.name == "mask";
      if (picture && !body.answer.include_init_images) {
        echo.set(field.name, nullptr);
      } else if (field.name != "include_init_images") {
        echo.set(field.name,
                 value != nullptr ? *value : parse_json(field.shown_default).value_or(Json()));
      }
    }
  return echo;
}

}  // namespace diptych::sdapi
