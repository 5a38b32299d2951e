#pragma once
// The bodies of POST /sdapi/v1/txt2img and /img2img.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/field.h"
#include "api/sdapi/options.h"
#include "image/pipeline/image_request.h"

namespace diptych::sdapi {

enum class DrawingKind : std::uint8_t { kText, kImage };

struct HiresFields {
  std::optional<bool> enabled;
  double scale = 2;
  int resize_x = 0, resize_y = 0;
  int first_width = 0, first_height = 0;
  std::optional<std::string> upscaler, sampler, schedule, prompt, negative_prompt;
  std::optional<int> steps;
  std::optional<double> denoising_strength, cfg_scale;
};

struct InitFields {
  std::vector<std::string> pictures;  // Base64 or data URLs
  std::string mask;                   // "": none
  int resize_mode = 0;
  std::optional<double> mask_blur, mask_blur_x, mask_blur_y;
  bool mask_round = true;
  int fill = 0;
  bool only_masked = true;
  int padding = 0;
  bool inverted = false;
};

struct AnswerFields {
  bool send_images = true, save_images = false, do_not_save_samples = false;
  bool include_init_images = false;
  std::optional<bool> return_grid;
  bool detach = false;
  std::string task_id;
};

struct DrawingBody {
  DrawingKind kind = DrawingKind::kText;
  ImageRequest request;        // what fields say without a rule of their own
  bool read_infotext = false;  // `request` began as a picture's parameters
  std::string infotext_model;  // the model that the parameters name
  std::string sampler_name, sampler_index;
  std::optional<std::string> scheduler;
  std::optional<std::int64_t> seed, subseed;
  std::optional<double> subseed_strength, denoising_strength;
  std::vector<std::string> styles;
  HiresFields hires;
  InitFields init;
  AnswerFields answer;
  OptionValues options;  // the caller's, with what the request overrides
  Json given;            // as it came
  Warnings warnings;
};

extern const BodySchema kTextToImageSchema, kImageToImageSchema;

// Fields, then the parameters in `infotext` for those that are not given, then `options` with
// override_settings. What is left to do (seeds, pictures, model): drawing_order.h.
Result<DrawingBody> parse_drawing(DrawingKind kind, std::string_view text,
                                  const OptionValues& options);

// The request as A1111 repeats it: every field, given or at its default. Pictures are left out
// unless they are asked for.
Json echo_of(const DrawingBody& body);

// Rows of A1111's that both bodies have, and those of other programs; fill DrawingBody.
std::span<const Field> common_rows();
std::span<const Field> answer_rows();
std::span<const Field> scheduler_rows();
std::span<const Field> borrowed_rows();

}  // namespace diptych::sdapi
