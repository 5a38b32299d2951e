#include "api/sdapi/draw_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/sdapi/answers.h"
#include "api/sdapi/checkpoint.h"
#include "api/sdapi/grid.h"
#include "base/base64.h"
#include "formats/infotext.h"
#include "jobs/job_store.h"
#include "jobs/pictures/picture_job.h"

namespace diptych::sdapi {
namespace {

struct Drawn {  // one picture of the answer
  std::string bytes, text;
  Infotext infotext;
  std::int64_t seed = 0;
  std::int64_t index = 0;  // in the request: skipped pictures leave gaps
};

Result<Drawn> read_drawn(const JobOutput& output, std::size_t place, BlobStore& blobs) {
  Drawn drawn{.index = static_cast<std::int64_t>(place)};
  TRY(drawn.bytes, blobs.get(output.blob));
  TRY(const Json metadata, parse_json(output.metadata));
  if (metadata["infotext"].is_string()) drawn.text = metadata["infotext"].as_string();
  if (metadata["seed"].is_int()) drawn.seed = metadata["seed"].as_int();
  if (metadata["index"].is_int()) drawn.index = metadata["index"].as_int();
  drawn.infotext = parse_infotext(drawn.text);
  return drawn;
}

// A picture of all, in front of the others, with the first one's parameters.
Status add_grid(const PictureJob& job, std::vector<Drawn>& all) {
  std::vector<Picture> pictures;
  for (const Drawn& drawn : all) {
    TRY(DecodedPicture decoded, decode_picture(drawn.bytes));
    pictures.push_back(std::move(decoded.picture));
  }
  const Picture grid = make_grid(pictures);
  PictureEncoding encoding{.format = job.file, .quality = job.quality, .lossless = job.lossless};
  if (job.write_infotext) encoding.texts = {{std::string(kParametersKeyword), all.front().text}};
  TRY(EncodedPicture file, encode_picture(grid, encoding));
  Drawn leading = all.front();
  leading.bytes = std::move(file.bytes);
  all.insert(all.begin(), std::move(leading));
  return {};
}

// What the infotext says beyond the members that have a name of their own.
Json extra_parameters(const Infotext& infotext) {
  constexpr std::string_view kNamed[] = {"Steps",
                                         "Sampler",
                                         "CFG scale",
                                         "Seed",
                                         "Size",
                                         "Model hash",
                                         "Model",
                                         "Variation seed",
                                         "Variation seed strength",
                                         "Clip skip",
                                         "Version",
                                         "Denoising strength",
                                         "Seed resize from"};
  Json extra = Json::object();
  for (const InfotextEntry& entry : infotext.parameters)
    if (std::ranges::find(kNamed, entry.key) == std::end(kNamed)) extra.set(entry.key, entry.value);
  return extra;
}

Json text_of(const Infotext& infotext, std::string_view key) {
  const std::string* value = infotext.find(key);
  return value == nullptr ? Json() : Json(*value);
}

std::optional<double> denoising_of(const ImageRequest& request) {
  if (request.init) return request.init->denoising_strength;
  if (request.hires) return request.hires->denoising_strength;
  return std::nullopt;
}

void add_lists(Json& info, const std::vector<Drawn>& drawn, bool leads_with_grid,
               const DrawingAccount& account) {
  Json prompts = Json::array(), negatives = Json::array(), seeds = Json::array(),
       subseeds = Json::array(), texts = Json::array();
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    texts.push_back(drawn[i].text);
    if (leads_with_grid && i == 0) continue;
    prompts.push_back(drawn[i].infotext.prompt);
    negatives.push_back(drawn[i].infotext.negative);
    seeds.push_back(drawn[i].seed);
    subseeds.push_back(account.subseed + drawn[i].index);
  }
  info.set("all_prompts", std::move(prompts));
  info.set("all_negative_prompts", std::move(negatives));
  info.set("all_seeds", std::move(seeds));
  info.set("all_subseeds", std::move(subseeds));
  info.set("infotexts", std::move(texts));
}

void add_model(Json& info, const PictureModelEntry& model) {
  const std::string hash = short_hash(model);
  info.set("restore_faces", false);
  info.set("face_restoration_model", nullptr);
  info.set("sd_model_name", model_name_of(model));
  info.set("sd_model_hash", hash.empty() ? Json() : Json(hash));
  info.set("sd_vae_name", nullptr);
  info.set("sd_vae_hash", nullptr);
}

Json make_info(const Job& job, const PictureJob& picture, const std::vector<Drawn>& drawn,
               bool leads_with_grid, const DrawingAccount& account) {
  const ImageRequest& request = picture.request;
  const Infotext text = drawn.empty() ? Infotext{} : drawn.front().infotext;
  const auto or_off = [](int side) { return side > 0 ? side : -1; };
  Json info = Json::object({{"prompt", request.prompt},
                            {"negative_prompt", request.negative_prompt},
                            {"seed", request.seed},
                            {"subseed", account.subseed},
                            {"subseed_strength", account.subseed_strength},
                            {"width", request.width},
                            {"height", request.height},
                            {"sampler_name", text_of(text, "Sampler")},
                            {"cfg_scale", request.cfg_scale},
                            {"steps", request.steps},
                            {"batch_size", request.batch_size}});
  add_lists(info, drawn, leads_with_grid, account);
  add_model(info, account.model);
  info.set("seed_resize_from_w", or_off(request.seed_resize_width));
  info.set("seed_resize_from_h", or_off(request.seed_resize_height));
  const auto denoising = denoising_of(request);
  info.set("denoising_strength", denoising ? Json(*denoising) : Json());
  info.set("extra_generation_params", extra_parameters(text));
  info.set("index_of_first_image", leads_with_grid ? 1 : 0);
  Json styles = Json::array();
  for (const std::string& style : account.styles) styles.push_back(style);
  info.set("styles", std::move(styles));
  info.set("job_timestamp", compact_time(job.started_ms.value_or(job.created_ms)));
  info.set("clip_skip", request.clip_skip);
  info.set("is_using_inpainting_conditioning", account.model.is_inpainting);
  info.set("version", text_of(text, "Version"));
  return info;
}

}  // namespace

Json warnings_json(const Warnings& warnings) {
  Json list = Json::array();
  for (const Warning& warning : warnings)
    list.push_back(Json::object({{"param", warning.param}, {"message", warning.message}}));
  return list;
}

void add_warnings(Answer& answer, const Warnings& warnings) {
  if (!warnings.empty())
    answer.headers.emplace_back("x-diptych-warnings", fmt::format("{}", warnings.size()));
}

Result<Answer> format_drawing(const Job& job, const DrawingAccount& account,
                              PictureServices& pictures) {
  TRY(const PictureJob picture, parse_picture_job(job.spec.request));
  std::vector<Drawn> drawn;
  for (const JobOutput& output : job.outputs) {
    TRY(drawn.emplace_back(), read_drawn(output, drawn.size(), pictures.blobs));
  }
  const bool grid = account.return_grid && drawn.size() > 1;
  if (grid) TRY_STATUS(add_grid(picture, drawn));
  Warnings warnings = account.warnings;
  warnings.insert(warnings.end(), job.warnings.begin(), job.warnings.end());

  Json images = Json::array();
  if (account.wishes.send_images)
    for (const Drawn& each : drawn) images.push_back(base64_encode(each.bytes));
  Json info = make_info(job, picture, drawn, grid, account);
  Json body = Json::object({{"images", std::move(images)}, {"parameters", account.echo}});
  if (!warnings.empty()) info.set("warnings", warnings_json(warnings));
  body.set("info", dump_json(info));
  if (!warnings.empty()) body.set("warnings", warnings_json(warnings));
  Answer answer{.headers = {{"x-job-id", job.id}}, .body = dump_json(body)};
  add_warnings(answer, warnings);
  return answer;
}

}  // namespace diptych::sdapi
