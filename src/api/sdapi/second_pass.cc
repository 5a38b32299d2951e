#include "api/sdapi/second_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "api/picture_names.h"
#include "api/sdapi/schedule_names.h"
#include "image/samplers/labels.h"
#include "image/samplers/solver_registry.h"

namespace diptych::sdapi {
namespace {

constexpr int kMultiple = 8, kSideMin = 16, kSideMax = 4096;

void round_side(int& side, std::string_view path, Warnings& warnings) {
  const int rounded = side / kMultiple * kMultiple;
  if (rounded != side)
    warnings.push_back({std::string(path), fmt::format("{} is no multiple of {}: {} is drawn.",
                                                       side, kMultiple, rounded)});
  side = rounded;
}

struct Size {
  std::int64_t width = 0, height = 0;
};

// By the factor, or to the given sides; of one side, the other follows the aspect.
Size second_size(const HiresFields& fields, const Size& first) {
  if (fields.resize_x == 0 && fields.resize_y == 0) {
    const auto times = [&](std::int64_t side) {
      return static_cast<std::int64_t>(static_cast<double>(side) * fields.scale);
    };
    return {times(first.width), times(first.height)};
  }
  Size size{fields.resize_x, fields.resize_y};
  if (size.height == 0) size.height = size.width * first.height / first.width;
  if (size.width == 0) size.width = size.height * first.width / first.height;
  return size;
}

Status set_side(int& side, std::int64_t wanted, std::string_view path, Warnings& warnings) {
  if (wanted < kSideMin || wanted > kSideMax)
    return invalid_value(path, fmt::format("Invalid '{}': the second pass would have {} pixels; it "
                                           "may have {} to {}.",
                                           path, wanted, kSideMin, kSideMax));
  side = static_cast<int>(wanted);
  round_side(side, path, warnings);
  return {};
}

Status name_field(Error error, std::string_view path) {
  error.param = path;
  return fail(std::move(error));
}

Status set_names(const HiresFields& fields, Hires& hires) {
  if (fields.upscaler) hires.upscaler = *fields.upscaler;
  TRY_STATUS(check_hires_upscaler(hires.upscaler));
  if (fields.sampler && !same_label(*fields.sampler, "Use same sampler") &&
      !same_label(*fields.sampler, "Same as primary")) {
    if (auto found = get_sampler(*fields.sampler); !found)
      return name_field(found.error(), "hr_sampler_name");
    hires.sampler = *fields.sampler;
  }
  if (fields.schedule && !same_label(*fields.schedule, "Use same scheduler") &&
      !same_label(*fields.schedule, "Same as primary")) {
    TRY(const ScheduleRow* const row, find_named_schedule(*fields.schedule, "hr_scheduler"));
    hires.schedule = row != nullptr ? row->name : "Automatic";
  }
  return {};
}

void set_values(const DrawingBody& body, Hires& hires) {
  const HiresFields& fields = body.hires;
  if (fields.steps) hires.steps = *fields.steps;
  // Without an infotext the default is that of the field.
  const double before =
      body.read_infotext ? hires.denoising_strength : InitImage{}.denoising_strength;
  hires.denoising_strength =
      fields.denoising_strength.value_or(body.denoising_strength.value_or(before));
  if (fields.prompt) hires.prompt = fields.prompt;
  if (fields.negative_prompt) hires.negative_prompt = fields.negative_prompt;
  if (fields.cfg_scale) hires.cfg_scale = fields.cfg_scale;
}

// firstphase_width and firstphase_height: width and height are then the second pass's.
void take_first_sizes(HiresFields& fields, ImageRequest& request) {
  if (fields.first_width == 0 && fields.first_height == 0) return;
  fields.resize_x = request.width;
  fields.resize_y = request.height;
  if (fields.first_width > 0) request.width = fields.first_width;
  if (fields.first_height > 0) request.height = fields.first_height;
}

Status set_second_size(const DrawingBody& body, const Size& first, Hires& hires,
                       Warnings& warnings) {
  const bool asked = body.given.find("hr_scale") || body.hires.resize_x > 0 ||
                     body.hires.resize_y > 0 || hires.width == 0;
  if (!asked) return {};  // the infotext said it
  const Size size = second_size(body.hires, first);
  const std::int64_t skew = size.width * first.height - size.height * first.width;
  if (std::abs(skew) >= kMultiple * first.width)
    warnings.push_back({"hr_resize_x",
                        "The second pass has another aspect: it is stretched to it, "
                        "nothing is cut off."});
  TRY_STATUS(set_side(hires.width, size.width, "hr_resize_x", warnings));
  return set_side(hires.height, size.height, "hr_resize_y", warnings);
}

}  // namespace

Status choose_sizes(DrawingBody& body) {
  ImageRequest& request = body.request;
  const bool second = body.hires.enabled.value_or(request.hires.has_value());
  if (body.kind == DrawingKind::kText && second) take_first_sizes(body.hires, request);
  round_side(request.width, "width", body.warnings);
  round_side(request.height, "height", body.warnings);
  if (!second || body.kind != DrawingKind::kText) {
    request.hires.reset();
    return {};
  }
  if (!request.hires) request.hires.emplace();
  Hires& hires = *request.hires;
  TRY_STATUS(set_names(body.hires, hires));
  set_values(body, hires);
  return set_second_size(body, {request.width, request.height}, hires, body.warnings);
}

}  // namespace diptych::sdapi
