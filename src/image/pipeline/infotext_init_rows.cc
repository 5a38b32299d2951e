#include "image/pipeline/infotext_rows.h"

namespace diptych {
namespace {

// A1111's labels.
constexpr std::array<std::string_view, 4> kResizeModes = {
    "Just resize", "Crop and resize", "Resize and fill", "Just resize (latent upscale)"};
constexpr std::array<std::string_view, 4> kMaskedContents = {"fill", "original", "latent noise",
                                                             "latent nothing"};
constexpr std::array<std::string_view, 2> kMaskModes = {"Inpaint masked", "Inpaint not masked"};
constexpr std::array<std::string_view, 2> kInpaintAreas = {"Whole picture", "Only masked"};

const Inpaint* inpaint_of(const ImageRequest& request) {
  return request.init && request.init->inpaint ? &*request.init->inpaint : nullptr;
}

InitImage& init_in(ImageRequest& request) {
  if (!request.init) request.init.emplace();
  return *request.init;
}

Inpaint& inpaint_in(ImageRequest& request) {
  InitImage& init = init_in(request);
  if (!init.inpaint) init.inpaint.emplace();
  return *init.inpaint;
}

// What the strength is of; A1111 writes the size, the factor or, from other programs, neither.
bool has_second_pass(const Infotext& text) {
  return text.find("Hires resize") != nullptr || text.find("Hires upscale") != nullptr ||
         text.find("Hires upscaler") != nullptr;
}

Hires& hires_in(ImageRequest& request) {
  if (!request.hires) request.hires.emplace();
  return *request.hires;
}

constexpr InfotextRow kInitRows[] = {
    {"Denoising strength",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.init) to.set_number(key, w.request.init->denoising_strength);
       if (w.request.hires) to.set_number(key, w.request.hires->denoising_strength);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       return read_number(from, key,
                          has_second_pass(from) ? hires_in(to).denoising_strength
                                                : init_in(to).denoising_strength);
     }},
    {"Resize mode",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.init && w.request.init->resize != ResizeMode::kStretch)
         to.set(key, std::string(kResizeModes[std::to_underlying(w.request.init->resize)]));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_word(from, key, kResizeModes, init_in(to).resize) : Status{};
     }},
    {"Mask blur",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (const Inpaint* inpaint = inpaint_of(w.request)) to.set_number(key, inpaint->blur);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_number(from, key, inpaint_in(to).blur) : Status{};
     }},
    {"Mask mode",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (const Inpaint* inpaint = inpaint_of(w.request))
         to.set(key, std::string(kMaskModes[inpaint->inverted ? 1 : 0]));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       return read_word(from, key, kMaskModes, inpaint_in(to).inverted);
     }},
    {"Mask round",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       const Inpaint* inpaint = inpaint_of(w.request);
       if (inpaint != nullptr && inpaint->soft) to.set_flag(key, false);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto round, from.find_flag(key));
       if (round) inpaint_in(to).soft = !*round;
       return {};
     }},
    {"Masked content",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (const Inpaint* inpaint = inpaint_of(w.request))
         to.set(key, std::string(kMaskedContents[std::to_underlying(inpaint->content)]));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       return read_word(from, key, kMaskedContents, inpaint_in(to).content);
     }},
    {"Inpaint area",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (const Inpaint* inpaint = inpaint_of(w.request))
         to.set(key, std::string(kInpaintAreas[inpaint->only_masked ? 1 : 0]));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       return read_word(from, key, kInpaintAreas, inpaint_in(to).only_masked);
     }},
    {"Masked area padding",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       const Inpaint* inpaint = inpaint_of(w.request);
       if (inpaint != nullptr && inpaint->only_masked) to.set_integer(key, inpaint->padding);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_integer(from, key, inpaint_in(to).padding) : Status{};
     }},
};

}  // namespace

std::span<const InfotextRow> init_infotext_rows() { return kInitRows; }

}  // namespace diptych
