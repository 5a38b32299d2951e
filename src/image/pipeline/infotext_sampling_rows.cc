#include "image/pipeline/infotext_rows.h"

namespace diptych {
namespace {

// "CPU", "NV", "GPU-t196608"
std::string rng_label(const RandomSource& source) {
  std::string label = name_of(source);
  const auto end =
      label.begin() + static_cast<std::ptrdiff_t>(std::min(label.find('-'), label.size()));
  std::transform(label.begin(), end, label.begin(), [](char c) {
    return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  });
  return label;
}

constexpr InfotextRow kSamplingRows[] = {
    {"Steps",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       to.set_integer(key, w.request.steps);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_integer(from, key, to.steps);
     }},
    {"Sampler",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       to.set(key, w.facts.sampler);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_text(from, key, to.sampler);
     }},
    {"Schedule type",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       to.set(key, w.facts.schedule);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_text(from, key, to.schedule);
     }},
    {"CFG scale",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       to.set_number(key, w.request.cfg_scale);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_number(from, key, to.cfg_scale);
     }},
    {"Seed",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       to.set_integer(key, static_cast<std::int64_t>(w.facts.seed));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_integer(from, key, to.seed);
     }},
    {"Size",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       to.set_size(key, {w.request.width, w.request.height});
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto size, from.find_size(key));
       if (size) to.width = size->width, to.height = size->height;
       return {};
     }},
    {"Model hash",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (!w.facts.model_hash.empty()) to.set(key, w.facts.model_hash);
     },
     nullptr},
    {"Model",
     [](const InfotextParts& w, std::string_view key, Infotext& to) { to.set(key, w.facts.model); },
     nullptr},
    {"Variation seed",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.variation)
         to.set_integer(key, static_cast<std::int64_t>(w.facts.variation_seed));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       to.variation.emplace();
       return read_integer(from, key, to.variation->seed);
     }},
    {"Variation seed strength",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.variation) to.set_number(key, w.request.variation->strength);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       if (!to.variation) to.variation.emplace();
       return read_number(from, key, to.variation->strength);
     }},
    {"Seed resize from",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.seed_resize_width > 0)
         to.set_size(key, {w.request.seed_resize_width, w.request.seed_resize_height});
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto size, from.find_size(key));
       if (size) to.seed_resize_width = size->width, to.seed_resize_height = size->height;
       return {};
     }},
    {"Clip skip",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.clip_skip > 1) to.set_integer(key, w.request.clip_skip);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_integer(from, key, to.clip_skip);
     }},
    {"ENSD",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.eta_noise_seed_delta != 0) to.set_integer(key, w.request.eta_noise_seed_delta);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_integer(from, key, to.eta_noise_seed_delta);
     }},
    {"RNG",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       to.set(key, rng_label(w.request.noise));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       const std::string* value = from.find(key);
       if (value == nullptr) return {};
       const auto source = parse_random_source(*value);
       if (!source)
         return fail(source.error().code,
                     fmt::format("'{}: {}': {}", key, *value, source.error().message),
                     std::string(key));
       to.noise = *source;
       return {};
     }},
};

}  // namespace

std::span<const InfotextRow> sampling_infotext_rows() { return kSamplingRows; }

}  // namespace diptych
