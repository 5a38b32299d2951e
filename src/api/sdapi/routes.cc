#include "api/sdapi/routes.h"

#include <vector>

#include "api/sdapi/absent.h"
#include "api/sdapi/draw.h"
#include "api/sdapi/drawing_body.h"
#include "api/sdapi/extras.h"
#include "api/sdapi/listings.h"
#include "api/sdapi/machine.h"
#include "api/sdapi/models.h"
#include "api/sdapi/options.h"
#include "api/sdapi/png_info.h"
#include "api/sdapi/progress.h"

namespace diptych::sdapi {
namespace {

struct Row {
  std::string_view method, path;
  Handler handler;
  std::string_view summary;
  const BodySchema* body = nullptr;
};

constexpr Row kRows[] = {
    {"POST", "/sdapi/v1/txt2img", text_to_image, "Draw pictures from words.", &kTextToImageSchema},
    {"POST", "/sdapi/v1/img2img", image_to_image, "Draw pictures from a picture.",
     &kImageToImageSchema},
    {"POST", "/sdapi/v1/extra-single-image", upscale_picture, "Make a picture larger.",
     &kExtraSingleSchema},
    {"POST", "/sdapi/v1/extra-batch-images", upscale_pictures, "Make pictures larger.",
     &kExtraBatchSchema},
    {"POST", "/sdapi/v1/process", upscale_picture, "The same as extra-single-image.",
     &kExtraSingleSchema},
    {"POST", "/sdapi/v1/process-batch", upscale_pictures, "The same as extra-batch-images.",
     &kExtraBatchSchema},
    {"POST", "/sdapi/v1/png-info", read_png_info, "The texts in a picture file.", &kPngInfoSchema},

    {"GET", "/sdapi/v1/progress", get_progress, "The caller's drawing, with a preview."},
    {"POST", "/sdapi/v1/interrupt", interrupt_drawing, "Stop the caller's drawing."},
    {"POST", "/sdapi/v1/skip", skip_picture, "Leave the picture that is drawn for the next one."},
    {"GET", "/sdapi/v1/status", get_status, "The caller's drawing, in SD.Next's words."},
    {"POST", "/internal/progress", get_task_progress, "One task, by the name its client gave it.",
     &kTaskProgressSchema},
    {"GET", "/internal/pending-tasks", list_pending_tasks, "The caller's drawings that wait."},
    {"GET", "/internal/ping", say_nothing, "An empty answer."},

    {"GET", "/sdapi/v1/options", get_options, "What the caller's requests start from."},
    {"POST", "/sdapi/v1/options", set_options, "Change what the caller's requests start from.",
     &kOptionsSchema},
    {"GET", "/sdapi/v1/options-info", describe_options, "The options, described."},
    {"GET", "/sdapi/v1/cmd-flags", get_flags, "A1111's flags that clients look at."},
    {"GET", "/sdapi/v1/sd-models", list_models, "The picture models."},
    {"GET", "/sdapi/v1/checkpoint", get_checkpoint, "The caller's default model."},
    {"POST", "/sdapi/v1/checkpoint", set_checkpoint, "Choose the caller's default model."},
    {"POST", "/sdapi/v1/refresh-checkpoints", refresh_checkpoints, "Look for models again."},
    {"POST", "/sdapi/v1/refresh-vae", refresh_nothing,
     "Does nothing: there are no files of these."},
    {"POST", "/sdapi/v1/refresh-unets", refresh_nothing,
     "Does nothing: there are no files of these."},
    {"POST", "/sdapi/v1/refresh-loras", refresh_nothing,
     "Does nothing: there are no files of these."},
    {"POST", "/sdapi/v1/refresh-embeddings", refresh_nothing,
     "Does nothing: there are no files of these."},
    {"POST", "/sdapi/v1/refresh-styles", refresh_styles, "Read the styles again."},
    {"POST", "/sdapi/v1/unload-checkpoint", unload_checkpoint,
     "The caller's default model leaves memory."},
    {"POST", "/sdapi/v1/reload-checkpoint", reload_checkpoint,
     "The caller's default model is loaded."},

    {"GET", "/sdapi/v1/samplers", list_samplers, "The samplers."},
    {"GET", "/sdapi/v1/schedulers", list_schedulers, "The schedules of sigmas."},
    {"GET", "/sdapi/v1/upscalers", list_upscalers, "The upscalers of pictures."},
    {"GET", "/sdapi/v1/latent-upscale-modes", list_latent_upscale_modes,
     "The upscalers of latents."},
    {"GET", "/sdapi/v1/prompt-styles", list_prompt_styles, "The styles."},
    {"GET", "/sdapi/v1/embeddings", list_embeddings, "The embeddings: none."},
    {"GET", "/sdapi/v1/scripts", list_scripts, "The scripts: none."},
    {"GET", "/sdapi/v1/script-info", list_nothing, "The scripts' arguments: none."},
    {"GET", "/sdapi/v1/extensions", list_nothing, "The extensions: none."},
    {"GET", "/sdapi/v1/sd-vae", list_nothing, "Autoencoders apart from checkpoints: none."},
    {"GET", "/sdapi/v1/unets", list_nothing, "UNets apart from checkpoints: none."},
    {"GET", "/sdapi/v1/hypernetworks", list_nothing, "The hypernetworks: none."},
    {"GET", "/sdapi/v1/face-restorers", list_nothing, "The face restorers: none."},
    {"GET", "/sdapi/v1/detailers", list_nothing, "The detailers: none."},
    {"GET", "/sdapi/v1/realesrgan-models", list_nothing, "Upscaling networks: none."},
    {"GET", "/sdapi/v1/loras", list_nothing, "The LoRAs: none."},
    {"GET", "/sdapi/v1/loaded-loras", list_nothing, "The LoRAs in memory: none."},
    {"GET", "/sdapi/v1/preprocessors", list_nothing, "The preprocessors: none."},
    {"GET", "/sdapi/v1/controlnets", list_nothing, "The control networks: none."},
    {"GET", "/sdapi/v1/control-models", list_nothing, "The control networks: none."},
    {"GET", "/sdapi/v1/ip-adapters", list_nothing, "The adapters: none."},
    {"GET", "/sdapi/v1/wildcards", list_nothing, "The wildcards: none."},
    {"GET", "/sdapi/v1/extra-networks", list_nothing, "The networks: none."},

    {"GET", "/sdapi/v1/memory", get_memory, "Memory of this process and this machine."},
    {"GET", "/sdapi/v1/version", get_version, "Which program this is."},
    {"GET", "/sdapi/v1/start", say_nothing, "An empty answer."},
    {"GET", "/sdapi/v1/motd", say_no_words, "An empty text."},
};

}  // namespace

std::span<const Route> sdapi_routes() {
  static const std::vector<Route> kRoutes = [] {
    std::vector<Route> routes;
    for (const Row& row : kRows)
      routes.push_back({.method = row.method,
                        .path = row.path,
                        .scope = Scope::kInference,
                        .cost = Cost::kWork,
                        .handler = row.handler,
                        .summary = row.summary,
                        .body = row.body,
                        .errors = ErrorStyle::kSdapi});
    const auto absent = absent_routes();
    routes.insert(routes.end(), absent.begin(), absent.end());
    return routes;
  }();
  return kRoutes;
}

}  // namespace diptych::sdapi
