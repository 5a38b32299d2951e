#include "api/sdapi/absent.h"

#include <fmt/format.h>

#include <vector>

namespace diptych::sdapi {
namespace {

struct Absent {
  std::string_view method, path, reason;
};

constexpr std::string_view kNoControl = "No control networks are drawn with.";
constexpr std::string_view kNoCaptions = "Pictures are not described here.";
constexpr std::string_view kNoTraining = "Models are not trained here.";
constexpr std::string_view kNoDetection = "Nothing is detected in pictures here.";
constexpr std::string_view kNoStop = "The server is stopped by a signal, not by a request.";

constexpr std::string_view kNoLog = "The log is the operator's.";
constexpr std::string_view kNoMachine = "Devices are the operator's; see diptych doctor.";
constexpr std::string_view kNoNetworks = "No networks are applied to models.";
constexpr std::string_view kNoFiles = "Files are not listed; /api/v1/gallery lists pictures.";

constexpr Absent kRows[] = {
    {"POST", "/sdapi/v1/interrogate", kNoCaptions},
    {"POST", "/sdapi/v1/caption", kNoCaptions},
    {"POST", "/sdapi/v1/openclip", kNoCaptions},
    {"POST", "/sdapi/v1/vqa", kNoCaptions},
    {"POST", "/sdapi/v1/tagger", kNoCaptions},
    {"POST", "/sdapi/v1/control", kNoControl},
    {"POST", "/sdapi/v1/preprocess", kNoControl},
    {"POST", "/sdapi/v1/mask", kNoDetection},
    {"POST", "/sdapi/v1/detect", kNoDetection},
    {"POST", "/sdapi/v1/detail", kNoDetection},
    {"POST", "/sdapi/v1/prompt-enhance", "Ask /v1/chat/completions for a better prompt."},
    {"POST", "/sdapi/v1/nudenet", kNoDetection},
    {"POST", "/sdapi/v1/image-guard", kNoDetection},
    {"POST", "/sdapi/v1/framepack", "Films are not drawn."},
    {"POST", "/sdapi/v1/create/embedding", kNoTraining},
    {"POST", "/sdapi/v1/create/hypernetwork", kNoTraining},
    {"POST", "/sdapi/v1/train/embedding", kNoTraining},
    {"POST", "/sdapi/v1/train/hypernetwork", kNoTraining},
    {"POST", "/sdapi/v1/lock-checkpoint", "Each request names its model."},
    {"POST", "/sdapi/v1/server-kill", kNoStop},
    {"POST", "/sdapi/v1/server-restart", kNoStop},
    {"POST", "/sdapi/v1/server-stop", kNoStop},
    {"POST", "/sdapi/v1/shutdown", kNoStop},
    {"POST", "/sdapi/v1/restart", kNoStop},
    {"GET", "/sdapi/v1/log", kNoLog},
    {"POST", "/sdapi/v1/log", kNoLog},
    {"GET", "/internal/sysinfo", kNoLog},
    {"GET", "/sdapi/v1/history", "/api/v1/jobs lists what was drawn."},
    {"GET", "/sdapi/v1/gpu", kNoMachine},
    {"GET", "/sdapi/v1/gpu-smi", kNoMachine},
    {"GET", "/sdapi/v1/platform", kNoMachine},
    {"GET", "/sdapi/v1/torch", kNoMachine},
    {"GET", "/sdapi/v1/modules", kNoMachine},
    {"GET", "/sdapi/v1/masking", kNoDetection},
    {"GET", "/sdapi/v1/control-modes", kNoControl},
    {"GET", "/sdapi/v1/xyz-grid", "Grids over axes are not drawn."},
    {"GET", "/sdapi/v1/lora", kNoNetworks},
    {"GET", "/sdapi/v1/network", kNoNetworks},
    {"GET", "/sdapi/v1/extra-network-detail", kNoNetworks},
    {"GET", "/sdapi/v1/extra-network-details", kNoNetworks},
    {"GET", "/sdapi/v1/browser/folders", kNoFiles},
    {"GET", "/sdapi/v1/browser/files", kNoFiles},
    {"POST", "/sdapi/v1/upload", "Pictures come with the request."},
    {"GET", "/sdapi/v1/latents", "Latents are not given out."},
    {"POST", "/sdapi/v1/latents", "Latents are not taken."},
    {"GET", "/sdapi/v1/vqa/models", kNoCaptions},
    {"GET", "/sdapi/v1/vqa/prompts", kNoCaptions},
    {"GET", "/sdapi/v1/tagger/models", kNoCaptions},
    {"POST", "/sdapi/v1/prompt-lang", kNoDetection},
    {"POST", "/sdapi/v1/prompt-banned", kNoDetection},
    {"GET", "/controlnet/version", kNoControl},
    {"GET", "/controlnet/model_list", kNoControl},
    {"GET", "/controlnet/module_list", kNoControl},
    {"GET", "/controlnet/control_types", kNoControl},
    {"GET", "/controlnet/settings", kNoControl},
    {"POST", "/controlnet/detect", kNoControl},
    {"POST", "/controlnet/txt2img", kNoControl},
    {"POST", "/controlnet/img2img", kNoControl},
    {"POST", "/controlnet/render_openpose_json", kNoControl},
    {"POST", "/rembg", kNoDetection},
};

Result<Reply> refuse(const Call& call, Services&) {
  for (const Absent& row : kRows)
    if (row.path == call.path)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("{} is not available: {}", call.path, row.reason));
  return fail(ErrorCode::kUnsupported, fmt::format("{} is not available.", call.path));
}

}  // namespace

std::span<const Route> absent_routes() {
  static const std::vector<Route> kRoutes = [] {
    std::vector<Route> routes;
    for (const Absent& row : kRows)
      routes.push_back({.method = row.method,
                        .path = row.path,
                        .scope = Scope::kInference,
                        .cost = Cost::kCheap,
                        .handler = refuse,
                        .summary = row.reason,
                        .errors = ErrorStyle::kSdapi});
    return routes;
  }();
  return kRoutes;
}

}  // namespace diptych::sdapi
