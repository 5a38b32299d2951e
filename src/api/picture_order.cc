#include "api/picture_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "api/picture_input.h"
#include "base/hash.h"
#include "base/rng.h"
#include "jobs/job_queue.h"

namespace diptych {
namespace {

constexpr std::string_view kBlobPrefix = "blob:";
constexpr std::size_t kHashLength = 64;
constexpr std::size_t kIdempotencyKeyMax = 255;
constexpr std::uint64_t kSeedMask = 0xFFFF'FFFF;  // as people write and share seeds

struct FieldName {
  std::string_view drawing, row;
};
constexpr FieldName kFieldNames[] = {
    {"n_iter", "batch_count"},
    {"sampler_name", "sampler"},
    {"scheduler", "schedule"},
    {"rng", "noise"},
    {"subseed_strength", "variation.strength"},
    {"seed_resize_from_w", "seed_resize_width"},
    {"seed_resize_from_h", "seed_resize_height"},
    {"init_images", "init.picture"},
    {"resize_mode", "init.resize"},
    {"mask", "init.inpaint.mask"},
    {"mask_blur", "init.inpaint.blur"},
    {"inpaint_full_res_padding", "init.inpaint.padding"},
    {"enable_hr", "hires"},
    {"hr_resize_x", "hires.width"},
    {"hr_resize_y", "hires.height"},
    {"hr_upscaler", "hires.upscaler"},
    {"hr_second_pass_steps", "hires.steps"},
    {"hr_cfg", "hires.cfg_scale"},
    {"hr_sampler_name", "hires.sampler"},
    {"hr_scheduler", "hires.schedule"},
};

bool is_hash(std::string_view text) {
  return text.size() == kHashLength && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// The same key gives the same seed, so that a repeated request is the same request.
std::int64_t seed_of_key(std::string_view owner, std::string_view key) {
  const Sha256 digest = sha256(fmt::format("{}:{}{}", owner.size(), owner, key));
  std::uint64_t bits = 0;
  std::memcpy(&bits, digest.data(), sizeof bits);
  return static_cast<std::int64_t>(bits & kSeedMask);
}

Result<std::int64_t> choose_seed(std::optional<std::int64_t> wanted, const Call& call) {
  if (wanted && *wanted >= 0) return *wanted;
  TRY(const std::string key, idempotency_key_of(call));
  if (!key.empty()) return seed_of_key(call.caller.key_id, key);
  return static_cast<std::int64_t>(entropy64() & kSeedMask);
}

struct KeptPicture {
  std::string blob;
  int width = 0, height = 0;
};

// A picture of the request, kept as a blob; one that names a blob is looked at there.
Result<KeptPicture> keep(std::string_view text, std::string_view path, Services& services,
                         Warnings& warnings) {
  PictureServices& pictures = *services.pictures;
  if (!text.starts_with(kBlobPrefix)) {
    TRY(const PictureInput input, read_picture_text(text, path, services.limits, warnings));
    TRY(std::string blob, keep_picture(input, pictures));
    return KeptPicture{std::move(blob), input.decoded.picture.width, input.decoded.picture.height};
  }
  const std::string hash(text.substr(kBlobPrefix.size()));
  if (!is_hash(hash))
    return invalid_value(path, fmt::format("Invalid '{}': a blob is named by the {} lower-case "
                                           "hexadecimal digits of its SHA-256.",
                                           path, kHashLength));
  auto bytes = pictures.blobs.get(hash);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Invalid '{}': there is no file with this hash.", path),
                std::string(path), "image_file_not_found");
  if (!bytes) return fail(bytes.error());
  TRY(const PictureInput input, read_picture(std::move(*bytes), path, services.limits, warnings));
  return KeptPicture{hash, input.decoded.picture.width, input.decoded.picture.height};
}

Status keep_sources(const PictureFields& fields, Services& services, PictureOrder& order) {
  if (!fields.request.init) return {};
  if (!fields.init_blob.empty()) {
    order.job.init_blob = fields.init_blob;
    order.job.mask_blob = fields.mask_blob;
    order.blobs.push_back(fields.init_blob);
    if (!fields.mask_blob.empty()) order.blobs.push_back(fields.mask_blob);
    return {};
  }
  TRY(const KeptPicture init,
      keep(fields.init_picture, fields.init_path, services, order.warnings));
  order.job.init_blob = init.blob;
  order.blobs.push_back(init.blob);
  if (!fields.request.init->inpaint) return {};
  TRY(const KeptPicture mask,
      keep(fields.mask_picture, fields.mask_path, services, order.warnings));
  if (mask.width != init.width || mask.height != init.height)
    return invalid_value(
        fields.mask_path,
        fmt::format("Invalid '{}': the mask has {}×{} pixels, the picture {}×{}.", fields.mask_path,
                    mask.width, mask.height, init.width, init.height));
  order.job.mask_blob = mask.blob;
  order.blobs.push_back(mask.blob);
  return {};
}

Status set_file(const PictureFields& fields, PictureOrder& order) {
  PictureJob& job = order.job;
  job.file = fields.format;
  job.write_infotext = fields.write_infotext;
  job.preview_every = fields.preview_every;
  if (fields.quality && fields.format == PictureFormat::kPng)
    return invalid_value("quality", "Invalid 'quality': png files have none.");
  if (fields.lossless && fields.format != PictureFormat::kWebp)
    return invalid_value("lossless", fmt::format("Invalid 'lossless': {} files are always so or "
                                                 "never; only webp can choose.",
                                                 name_of(fields.format)));
  job.lossless = fields.lossless.value_or(!fields.quality);
  if (fields.quality && job.lossless && fields.format == PictureFormat::kWebp)
    order.warnings.push_back({"quality", "Has no effect on a lossless file."});
  if (fields.quality) job.quality = *fields.quality;
  return {};
}

}  // namespace

Result<PictureModelEntry> find_picture_model(std::string_view model, PictureServices& pictures) {
  const std::string id = model.empty() ? pictures.catalog.default_model() : std::string(model);
  if (id.empty())
    return fail(ErrorCode::kNotFound, "This server has no picture model.", "model",
                "model_not_found");
  auto found = pictures.catalog.find(id);
  if (!found && found.error().code == ErrorCode::kNotFound)
    return fail(ErrorCode::kNotFound,
                fmt::format("The model '{}' does not exist or you do not have access to it. {}", id,
                            found.error().message),
                "model", "model_not_found");
  if (found && !found->problem.empty())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The model '{}' cannot be used: {}", id, found->problem), "model");
  return found;
}

Result<PictureOrder> make_picture_order(PictureFields fields, const Call& call,
                                        Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  PictureOrder order;
  TRY(order.model, find_picture_model(fields.model, *pictures));
  TRY_STATUS(set_file(fields, order));
  ImageRequest& request = fields.request;
  const ModelDefaults& defaults = order.model.defaults;
  request.width = fields.width.value_or(defaults.width);
  request.height = fields.height.value_or(defaults.height);
  request.steps = fields.steps.value_or(defaults.steps);
  request.cfg_scale = fields.cfg_scale.value_or(defaults.cfg_scale);
  TRY(request.seed, choose_seed(fields.seed, call));
  if (request.hires && request.init)
    return fail(ErrorCode::kUnsupported, "A second pass over an init picture is not supported.",
                "hires", "unsupported_parameter");
  TRY_STATUS(keep_sources(fields, services, order));
  order.job.model = order.model.id;
  order.job.request = std::move(request);
  if (const Status can = pictures->catalog.check(order.job); !can)
    return fail(in_field_words(can.error()));
  return order;
}

Result<Submitted> submit_picture_order(const PictureOrder& order, JobTerms terms, const Call& call,
                                       Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  if (terms.idempotency_key.empty()) {
    TRY(terms.idempotency_key, idempotency_key_of(call));
  }
  return pictures->queue.submit({.kind = JobKind::kPicture,
                                 .owner = call.caller.key_id,
                                 .model = order.job.model,
                                 .request = dump_picture_job(order.job),
                                 .priority = terms.priority,
                                 .idempotency_key = std::move(terms.idempotency_key),
                                 .depends_on = std::move(terms.depends_on),
                                 .timeout_ms = terms.timeout_ms,
                                 .blobs = order.blobs});
}

Error in_field_words(Error error) {
  const auto row = std::ranges::find(kFieldNames, error.param, &FieldName::drawing);
  if (row != std::end(kFieldNames)) error.param = row->row;
  return error;
}

Result<std::string> idempotency_key_of(const Call& call) {
  const std::string_view key = call.header("idempotency-key");
  if (key.size() <= kIdempotencyKeyMax) return std::string(key);
  return invalid_value(
      "Idempotency-Key",
      fmt::format("Invalid 'Idempotency-Key': at most {} characters.", kIdempotencyKeyMax));
}

}  // namespace diptych
