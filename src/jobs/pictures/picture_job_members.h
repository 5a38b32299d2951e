#pragma once
// Every member of a picture job by name, for who writes, reads or compares them. A visitor is
// called with a name and a reference. The structured bindings do not compile when a member comes
// or goes.

#include <concepts>
#include <type_traits>

#include "jobs/pictures/picture_job.h"

namespace diptych {

template <class Object, class Plain>
concept MaybeConst = std::same_as<std::remove_const_t<Object>, Plain>;

template <class Visitor, MaybeConst<Variation> Object>
void visit_members(Visitor& visit, Object& object) {
  auto& [seed, strength] = object;
  visit("seed", seed);
  visit("strength", strength);
}

template <class Visitor, MaybeConst<Inpaint> Object>
void visit_members(Visitor& visit, Object& object) {
  auto& [mask, blur, inverted, content, soft, only_masked, padding] = object;
  static_cast<void>(mask);  // PictureJob::mask_blob
  visit("blur", blur);
  visit("inverted", inverted);
  visit("content", content);
  visit("soft", soft);
  visit("only_masked", only_masked);
  visit("padding", padding);
}

template <class Visitor, MaybeConst<InitImage> Object>
void visit_members(Visitor& visit, Object& object) {
  auto& [picture, denoising_strength, resize, inpaint] = object;
  static_cast<void>(picture);  // PictureJob::init_blob
  visit("denoising_strength", denoising_strength);
  visit("resize", resize);
  visit("inpaint", inpaint);
}

template <class Visitor, MaybeConst<Hires> Object>
void visit_members(Visitor& visit, Object& object) {
  auto& [width, height, upscaler, steps, denoising_strength, prompt, negative_prompt, cfg_scale,
         sampler, schedule] = object;
  visit("width", width);
  visit("height", height);
  visit("upscaler", upscaler);
  visit("steps", steps);
  visit("denoising_strength", denoising_strength);
  visit("prompt", prompt);
  visit("negative_prompt", negative_prompt);
  visit("cfg_scale", cfg_scale);
  visit("sampler", sampler);
  visit("schedule", schedule);
}

template <class Visitor, MaybeConst<ImageRequest> Object>
void visit_members(Visitor& visit, Object& object) {
  auto& [prompt, negative_prompt, prompt_parser, emphasis, width, height, steps, cfg_scale,
         cfg_rescale, seed, batch_size, batch_count, sampler, schedule, clip_skip, noise, eta,
         eta_noise_seed_delta, variation, seed_resize_width, seed_resize_height, init, hires] =
      object;
  visit("prompt", prompt);
  visit("negative_prompt", negative_prompt);
  visit("prompt_parser", prompt_parser);
  visit("emphasis", emphasis);
  visit("width", width);
  visit("height", height);
  visit("steps", steps);
  visit("cfg_scale", cfg_scale);
  visit("cfg_rescale", cfg_rescale);
  visit("seed", seed);
  visit("batch_size", batch_size);
  visit("batch_count", batch_count);
  visit("sampler", sampler);
  visit("schedule", schedule);
  visit("clip_skip", clip_skip);
  visit("noise", noise);
  visit("eta", eta);
  visit("eta_noise_seed_delta", eta_noise_seed_delta);
  visit("variation", variation);
  visit("seed_resize_width", seed_resize_width);
  visit("seed_resize_height", seed_resize_height);
  visit("init", init);
  visit("hires", hires);
}

template <class Visitor, MaybeConst<PictureJob> Object>
void visit_members(Visitor& visit, Object& object) {
  auto& [model, request, init_blob, mask_blob, file, quality, lossless, transparent, write_infotext,
         preview_every] = object;
  visit("model", model);
  visit("request", request);
  visit("init_blob", init_blob);
  visit("mask_blob", mask_blob);
  visit("file", file);
  visit("quality", quality);
  visit("lossless", lossless);
  visit("transparent", transparent);
  visit("write_infotext", write_infotext);
  visit("preview_every", preview_every);
}

}  // namespace diptych
