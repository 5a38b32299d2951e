#include "image/pipeline/picture_model.h"

#include <fmt/format.h>

#include <utility>

#include "formats/config_json.h"
#include "image/diffusion/prediction.h"
#include "image/pipeline/part_identity.h"

namespace diptych {
namespace {

// What fills a chunk up: the tokenizer's pad_token; without a file, OpenCLIP's encoders (GELU) were
// trained with 0 and OpenAI's with the end token.
Result<int> padding_id(const ClipTokenizer& tokenizer, const std::optional<TokenizerFiles>& files,
                       const ClipTextConfig& config) {
  if (!files || files->config.empty())
    return config.activation == Op::kGelu ? 0 : tokenizer.end_id();
  TRY(const Json settings, read_config_json(files->config));
  const Json* token = settings.find("pad_token");
  if (token != nullptr && token->is_object()) token = token->find("content");
  if (token == nullptr || !token->is_string()) return tokenizer.end_id();
  const std::string& text = token->as_string();
  for (const std::string& spelling : {text, text + "</w>"})
    if (const auto id = tokenizer.id_of(spelling)) return *id;
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: pad_token '{}' is not in the vocabulary", files->config.string(), text),
      "pad_token");
}

Result<TextPart> open_text_part(const ModelPart& part, const std::optional<TokenizerFiles>& files,
                                Warnings& warnings) {
  TRY(ClipTextConfig config, parse_clip_text_config(part.config, warnings));
  Result<ClipTokenizer> tokenizer =
      files ? ClipTokenizer::load(files->vocabulary, files->merges) : ClipTokenizer::builtin();
  if (!tokenizer) return std::unexpected(tokenizer.error());
  TRY(const int padding, padding_id(*tokenizer, files, config));
  return TextPart{std::move(config), std::move(*tokenizer), padding, part.weights};
}

std::uint64_t bytes_of(const ModelPart& part) { return part.weights->bytes_in_all(); }

}  // namespace

PictureModel::PictureModel(const ModelSettings& settings, Checkpoint checkpoint)
    : settings_(settings),
      checkpoint_(std::move(checkpoint)),
      programs_(settings.programs ? settings.programs
                                  : std::make_shared<ProgramCache>(settings.program_bytes_max)) {}

Result<std::unique_ptr<PictureModel>> PictureModel::open(const Path& path,
                                                         const ModelSettings& settings,
                                                         const Backends& backends,
                                                         const Path& other_parts) {
  TRY(Checkpoint checkpoint, open_checkpoint(path, other_parts));
  std::unique_ptr<PictureModel> model(new PictureModel(settings, std::move(checkpoint)));
  TRY_STATUS(model->read_configs());
  TRY_STATUS(model->choose_devices(backends));
  const Checkpoint& parts = model->checkpoint_;
  model->prefixes_ = {.unet = model->prefix_of(Module::kUnet, parts.unet),
                      .vae = model->prefix_of(Module::kVae, parts.vae),
                      .text = {model->prefix_of(Module::kText, parts.text_encoder),
                               model->prefix_of(Module::kText, parts.text_encoder_2)}};
  return model;
}

Status PictureModel::read_configs() {
  TRY(scheduler_, parse_scheduler_config(checkpoint_.scheduler));
  TRY(schedule_, noise_schedule_of(*scheduler_));
  if (checkpoint_.prediction)
    prediction_ = *checkpoint_.prediction;
  else if (checkpoint_.family.starts_with("sd2"))
    warnings_.push_back({"model",
                         "nothing in the file says whether this SD 2.x model predicts noise or "
                         "velocity; noise is assumed"});
  TRY(unet_, parse_unet_config(checkpoint_.unet.config, warnings_));
  TRY(vae_, parse_kl_vae_config(checkpoint_.vae.config, warnings_));
  TRY(TextPart first, open_text_part(checkpoint_.text_encoder, checkpoint_.tokenizer, warnings_));
  text_.push_back(std::move(first));
  if (checkpoint_.text_encoder_2) {
    TRY(TextPart second,
        open_text_part(checkpoint_.text_encoder_2, checkpoint_.tokenizer_2, warnings_));
    text_.push_back(std::move(second));
  }
  warnings_.insert(warnings_.end(), checkpoint_.warnings.begin(), checkpoint_.warnings.end());
  return {};
}

Status PictureModel::choose_devices(const Backends& backends) {
  TRY(const ModuleDevices devices, parse_module_devices(settings_.devices));
  for (std::size_t i = 0; i < kModuleCount; ++i) {
    TRY(choices_[i], backends.choose(devices[i], settings_.precision));
  }
  return {};
}

std::string PictureModel::name() const {
  const Path& origin = checkpoint_.origin;
  return (origin.has_filename() ? origin : origin.parent_path()).stem().string();
}

Result<std::string> PictureModel::short_hash() {
  constexpr std::size_t kDigits = 10;
  if (!settings_.sha256_of) return std::string();
  if (!short_hash_) {
    TRY(const std::string hash, settings_.sha256_of(checkpoint_.files.front()));
    short_hash_ = hash.substr(0, kDigits);
  }
  return *short_hash_;
}

// Programs are the same where device, precision, files and config are.
std::string PictureModel::prefix_of(Module module, const ModelPart& part) const {
  if (!part) return {};
  const DeviceChoice& choice = choices_[static_cast<std::size_t>(module)];
  return fmt::format("{} {} {} ", choice.device.id, name_of(choice.precision), identity_of(part));
}

std::string PictureModel::identity() const {
  return prefixes_.unet + prefixes_.vae + prefixes_.text[0] + prefixes_.text[1];
}

CompileOptions PictureModel::options_for(Module module) const {
  const DeviceChoice& choice = choices_[static_cast<std::size_t>(module)];
  return {.device = choice.device.id, .precision = choice.precision, .threads = settings_.threads};
}

Result<Program*> PictureModel::program(const std::string& key, Module module, const ModelPart& part,
                                       const std::function<Result<Graph>()>& build) {
  return programs_->get(key, bytes_of(part), [&]() -> Result<std::unique_ptr<Program>> {
    TRY(const Graph graph, build());
    Backend* const backend = choices_[static_cast<std::size_t>(module)].backend;
    if (on_compile_) on_compile_(true);
    auto compiled = backend->compile(graph, *part.weights, options_for(module));
    if (on_compile_) on_compile_(false);
    return compiled;
  });
}

Result<Program*> PictureModel::unet(const UnetShape& shape) {
  const std::string key = fmt::format("{}unet {}x{}x{} {}", prefixes_.unet, shape.batch,
                                      shape.height, shape.width, shape.context_tokens);
  return program(key, Module::kUnet, checkpoint_.unet,
                 [&] { return build_unet(*checkpoint_.unet.weights, unet_, shape); });
}

std::uint64_t PictureModel::weight_bytes() const {
  std::uint64_t bytes = 0;
  for (const ModelPart* part : {&checkpoint_.unet, &checkpoint_.vae, &checkpoint_.text_encoder,
                                &checkpoint_.text_encoder_2})
    if (*part) bytes += bytes_of(*part);
  return bytes;
}

void PictureModel::release_text_programs() {
  if (is_roomy()) return;
  for (const std::string& prefix : prefixes_.text)
    if (!prefix.empty()) programs_->drop(prefix + "text");
}

void PictureModel::release_programs() {
  for (const std::string& prefix :
       {prefixes_.unet, prefixes_.vae, prefixes_.text[0], prefixes_.text[1]})
    if (!prefix.empty()) programs_->drop(prefix);
}

Result<Program*> PictureModel::text(int part, const ClipTextShape& shape) {
  const ClipHidden& hidden = shape.hidden.front();
  const std::string key = fmt::format(
      "{}text {}x{} {} {} {}", prefixes_.text[part], shape.batch, shape.tokens, hidden.from_end,
      std::to_underlying(hidden.norm), std::to_underlying(shape.pooled));
  if (!is_roomy() && !programs_->has(key))  // never beside the autoencoder's working memory
    programs_->drop(prefixes_.vae);
  const ModelPart& file = part == 0 ? checkpoint_.text_encoder : checkpoint_.text_encoder_2;
  return program(key, Module::kText, file, [&] {
    return build_clip_text(*file.weights, text_[static_cast<std::size_t>(part)].config, shape);
  });
}

Result<Program*> PictureModel::vae_encoder(const VaeShape& shape) {
  return program(
      fmt::format("{}encoder {}x{}x{}", prefixes_.vae, shape.batch, shape.height, shape.width),
      Module::kVae, checkpoint_.vae,
      [&] { return build_vae_encoder(*checkpoint_.vae.weights, vae_, shape); });
}

Result<Program*> PictureModel::vae_decoder(const VaeShape& shape) {
  return program(
      fmt::format("{}decoder {}x{}x{}", prefixes_.vae, shape.batch, shape.height, shape.width),
      Module::kVae, checkpoint_.vae,
      [&] { return build_vae_decoder(*checkpoint_.vae.weights, vae_, shape); });
}

Result<Program*> PictureModel::program_beside(const ModelPart& part, const std::string& key,
                                              const std::function<Result<Graph>()>& build) {
  return program(prefix_of(Module::kVae, part) + key, Module::kVae, part, build);
}

}  // namespace diptych
