#include "image/pipeline/denoiser.h"

#include <algorithm>

#include "image/diffusion/guidance.h"
#include "image/diffusion/prediction.h"
#include "image/pipeline/batch_rows.h"

namespace diptych {

// The rows of one UNet run: of each picture the negative prompt first, then its parts.
struct Denoiser::Rows {
  Tensor sample;   // [rows, in_channels, height, width]
  Tensor context;  // [rows, tokens, channels]
  Tensor pooled;   // [rows, channels]; empty: the model takes none
};

namespace {

std::int64_t rows_of(const StepPrompt& prompt, bool guided) {
  return static_cast<std::int64_t>(prompt.parts.size()) + (guided ? 1 : 0);
}

std::vector<const Conditioning*> conditions_of(std::span<const StepPrompt> prompts, bool guided) {
  std::vector<const Conditioning*> all;
  for (const StepPrompt& prompt : prompts) {
    if (guided) all.push_back(prompt.negative);
    for (const StepPrompt::Part& part : prompt.parts) all.push_back(part.conditioning);
  }
  return all;
}

// Rows of unlike length are lengthened by repeating their last token's row.
Tensor stack_contexts(std::span<const Conditioning* const> conditions) {
  std::int64_t tokens = 0;
  for (const Conditioning* one : conditions) tokens = std::max(tokens, one->context.shape[0]);
  const std::int64_t channels = conditions.front()->context.shape[1];
  Tensor stacked(Shape{static_cast<std::int64_t>(conditions.size()), tokens, channels});
  auto to = stacked.values.begin();
  for (const Conditioning* one : conditions) {
    to = std::ranges::copy(one->context.values, to).out;
    const auto last = one->context.values.end() - channels;
    for (std::int64_t row = one->context.shape[0]; row < tokens; ++row)
      to = std::copy_n(last, channels, to);
  }
  return stacked;
}

Tensor stack_pooled(std::span<const Conditioning* const> conditions) {
  if (conditions.front()->pooled.values.empty()) return {};
  Tensor stacked(
      Shape{static_cast<std::int64_t>(conditions.size()), conditions.front()->pooled.shape[0]});
  auto to = stacked.values.begin();
  for (const Conditioning* one : conditions) to = std::ranges::copy(one->pooled.values, to).out;
  return stacked;
}

}  // namespace

// Without guidance the answer is the prompt's own; a distilled model is told the scale instead.
bool Denoiser::needs_negative(std::span<const StepPrompt> prompts) const {
  if (std::ranges::any_of(prompts, [](const StepPrompt& prompt) {
        return prompt.parts.size() > 1 || prompt.parts[0].weight != 1;
      }))
    return true;
  return guidance_.cfg_scale != 1 && model_.unet_config().guidance_channels == 0;
}

Denoiser::Rows Denoiser::lay_out(const Tensor& scaled, std::span<const StepPrompt> prompts,
                                 bool guided) const {
  const auto conditions = conditions_of(prompts, guided);
  const std::int64_t extra = extras_.channels.values.empty() ? 0 : extras_.channels.shape[1];
  const std::int64_t plane = scaled.shape[2] * scaled.shape[3];
  Rows rows;
  rows.sample = Tensor(Shape{static_cast<std::int64_t>(conditions.size()), scaled.shape[1] + extra,
                             scaled.shape[2], scaled.shape[3]});
  auto to = rows.sample.values.begin();
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto picture = static_cast<std::int64_t>(i);
    for (std::int64_t row = 0; row < rows_of(prompts[i], guided); ++row) {
      const std::int64_t size = scaled.shape[1] * plane;
      to = std::copy_n(scaled.values.begin() + picture * size, size, to);
      if (extra > 0)
        to = std::copy_n(extras_.channels.values.begin() + picture * extra * plane, extra * plane,
                         to);
    }
  }
  rows.context = stack_contexts(conditions);
  rows.pooled = stack_pooled(conditions);
  return rows;
}

Result<Tensor> Denoiser::evaluate(const Rows& rows, double timestep, const std::stop_token& stop) {
  const Shape& sample = rows.sample.shape;
  UnetShape shape;
  shape.batch = static_cast<int>(sample[0]);
  shape.height = static_cast<int>(sample[2]);
  shape.width = static_cast<int>(sample[3]);
  shape.context_tokens = static_cast<int>(rows.context.shape[1]);
  TRY(Program* const program, model_.unet(shape));

  const std::vector<float> timesteps(static_cast<std::size_t>(sample[0]),
                                     static_cast<float>(timestep));
  std::vector<ProgramInput> inputs = {input("sample", rows.sample.values),
                                      input("timestep", timesteps),
                                      input("context", rows.context.values)};
  std::vector<float> time_ids, guidance;
  if (model_.is_xl()) {
    for (std::int64_t row = 0; row < sample[0]; ++row)
      std::ranges::copy(extras_.time_ids, std::back_inserter(time_ids));
    inputs.push_back(input("pooled", rows.pooled.values));
    inputs.push_back(input("time_ids", time_ids));
  }
  const int guidance_channels = model_.unet_config().guidance_channels;
  if (guidance_channels > 0) {
    const auto one = guidance_embedding(static_cast<float>(guidance_.cfg_scale), guidance_channels);
    for (std::int64_t row = 0; row < sample[0]; ++row)
      std::ranges::copy(one, std::back_inserter(guidance));
    inputs.push_back(input("guidance_embedding", guidance));
  }
  Tensor answer(Shape{sample[0], model_.unet_config().out_channels, sample[2], sample[3]});
  const std::vector<ProgramOutput> outputs = {output("out", answer.values)};
  TRY_STATUS(program->run(inputs, outputs, stop));
  return answer;
}

// `row`: the first of the picture's rows, its negative prompt's.
Tensor Denoiser::guide_one(const Tensor& answers, const StepPrompt& prompt,
                           std::int64_t row) const {
  const Tensor negative = row_of(answers, row);
  std::vector<Tensor> parts;
  for (std::size_t i = 0; i < prompt.parts.size(); ++i)
    parts.push_back(row_of(answers, row + 1 + static_cast<std::int64_t>(i)));
  if (parts.size() == 1)
    return guided(
        negative, parts[0],
        RescaledGuidance{guidance_.cfg_scale * prompt.parts[0].weight, guidance_.cfg_rescale});
  std::vector<WeightedEstimate<float>> weighted;
  for (std::size_t i = 0; i < parts.size(); ++i)
    weighted.push_back({&parts[i], prompt.parts[i].weight});
  return composed<float>(negative, weighted, guidance_.cfg_scale);
}

Result<Tensor> Denoiser::answer(const Tensor64& x, NoiseLevel level,
                                std::span<const StepPrompt> prompts, const std::stop_token& stop) {
  const Scaling scaling = scaling_of(model_.prediction(), {.sigma = level.sigma});
  const bool guided = needs_negative(prompts);
  const Rows rows = lay_out(model_input(x, scaling), prompts, guided);
  TRY(const Tensor answers, evaluate(rows, level.timestep, stop));
  Tensor all(x.shape);
  auto to = all.values.begin();
  std::int64_t row = 0;
  for (const StepPrompt& prompt : prompts) {
    const Tensor one = guided ? guide_one(answers, prompt, row) : row_of(answers, row);
    to = std::ranges::copy(one.values, to).out;
    row += rows_of(prompt, guided);
  }
  return all;
}

Tensor64 Denoiser::denoised(const Tensor64& x, const Tensor& answer, NoiseLevel level) const {
  return denoised_of(x, answer, scaling_of(model_.prediction(), {.sigma = level.sigma}));
}

}  // namespace diptych
