#include "api/sdapi/png_info.h"

#include <string>

#include "api/picture_input.h"
#include "api/sdapi/answers.h"
#include "api/sdapi/lenient.h"
#include "formats/infotext.h"

namespace diptych::sdapi {
namespace {

struct PngInfoBody {
  std::string image;
};

constexpr Field kRows[] = {
    {.name = "image",
     .doc = "A picture file: Base64 or a data URL.",
     .types = kString,
     .required = true,
     .parse = set_member<PngInfoBody, &PngInfoBody::image>},
};
constexpr FieldGroup kGroups[] = {{kRows}};

// "512x768": A1111 gives "Size-1" and "Size-2".
void set_parameter(Json& parameters, const InfotextEntry& entry) {
  Infotext one;
  one.parameters = {entry};
  const auto size = one.find_size(entry.key);
  const bool sized =
      size && *size && entry.value.find_first_not_of("0123456789x") == std::string::npos;
  if (!sized) {
    parameters.set(entry.key, entry.value);
    return;
  }
  const std::size_t cross = entry.value.find('x');
  parameters.set(entry.key + "-1", entry.value.substr(0, cross));
  parameters.set(entry.key + "-2", entry.value.substr(cross + 1));
}

Json parameters_of(const std::string& text) {
  Infotext infotext = parse_infotext(text);
  add_default_parameters(infotext);
  Json parameters =
      Json::object({{"Prompt", infotext.prompt}, {"Negative prompt", infotext.negative}});
  for (const InfotextEntry& entry : infotext.parameters) set_parameter(parameters, entry);
  return parameters;
}

}  // namespace

const BodySchema kPngInfoSchema{"SdapiPngInfo", "A picture whose texts are read.", kGroups,
                                UnknownMembers::kWarned};

Result<Reply> read_png_info(const Call& call, Services& services) {
  PngInfoBody body;
  Warnings warnings;
  TRY(const Json given, read_body(kPngInfoSchema, call.body));
  TRY_STATUS(
      parse_object(kPngInfoSchema, given, {.path = {}, .request = &body, .warnings = &warnings}));
  TRY(const PictureInput input, read_picture_text(body.image, "image", services.limits, warnings));
  Json items = Json::object();
  for (const PictureText& text : input.decoded.texts) items.set(text.keyword, text.text);
  const std::string* info = find_text(input.decoded.texts, kParametersKeyword);
  const std::string text = info != nullptr ? *info : std::string();
  return json_answer(Json::object(
      {{"info", text}, {"items", std::move(items)}, {"parameters", parameters_of(text)}}));
}

}  // namespace diptych::sdapi
