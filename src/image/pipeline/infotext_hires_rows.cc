#include "image/pipeline/infotext_rows.h"

namespace diptych {
namespace {

constexpr double kHiresFactorMax = 64;

Hires& hires_in(ImageRequest& request) {
  if (!request.hires) request.hires.emplace();
  return *request.hires;
}

constexpr InfotextRow kHiresRows[] = {
    {"Hires resize",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.hires) to.set_size(key, {w.request.hires->width, w.request.hires->height});
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto size, from.find_size(key));
       if (size) hires_in(to).width = size->width, hires_in(to).height = size->height;
       return {};
     }},
    {"Hires upscale",  // of the first pass's size
     nullptr,
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto factor, from.find_number(key));
       if (!factor || from.find("Hires resize") != nullptr) return {};
       if (!(*factor > 0 && *factor <= kHiresFactorMax))
         return fail(ErrorCode::kInvalidArgument,
                     fmt::format("'{}: {}' must be above 0, to {}", key, *factor, kHiresFactorMax),
                     std::string(key));
       hires_in(to).width = static_cast<int>(to.width * *factor);
       hires_in(to).height = static_cast<int>(to.height * *factor);
       return {};
     }},
    {"Hires steps",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.hires && w.request.hires->steps > 0)
         to.set_integer(key, w.request.hires->steps);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_integer(from, key, hires_in(to).steps) : Status{};
     }},
    {"Hires upscaler",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.hires) to.set(key, w.request.hires->upscaler);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).upscaler) : Status{};
     }},
    {"Hires prompt",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.hires && w.request.hires->prompt) to.set(key, *w.request.hires->prompt);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).prompt.emplace()) : Status{};
     }},
    {"Hires negative prompt",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.hires && w.request.hires->negative_prompt)
         to.set(key, *w.request.hires->negative_prompt);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).negative_prompt.emplace())
                             : Status{};
     }},
    {"Hires CFG Scale",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.hires && w.request.hires->cfg_scale)
         to.set_number(key, *w.request.hires->cfg_scale);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_number(from, key, hires_in(to).cfg_scale.emplace()) : Status{};
     }},
    {"Hires sampler",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.hires && !w.request.hires->sampler.empty())
         to.set(key, w.request.hires->sampler);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).sampler) : Status{};
     }},
    {"Hires schedule type",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.hires && !w.request.hires->schedule.empty())
         to.set(key, w.request.hires->schedule);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).schedule) : Status{};
     }},
};

}  // namespace

std::span<const InfotextRow> hires_infotext_rows() { return kHiresRows; }

}  // namespace diptych
