#include "image/pipeline/request_infotext.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace diptych {
namespace {

struct Written {
  const ImageRequest& request;
  const DrawnFacts& facts;
};

// One parameter: how it is written, and how it is read; null: not at all. Rows stand in A1111's
// order.
struct Row {
  std::string_view key;
  void (*write)(const Written& from, std::string_view key, Infotext& to);
  Status (*read)(const Infotext& from, std::string_view key, ImageRequest& to);
};

template <class Number>
Status read_integer(const Infotext& from, std::string_view key, Number& to) {
  TRY(const auto value, from.find_integer(key));
  if (!value) return {};
  if (!std::in_range<Number>(*value))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}: {}' is beyond what it can be", key, *value), std::string(key));
  to = static_cast<Number>(*value);
  return {};
}

Status read_number(const Infotext& from, std::string_view key, double& to) {
  TRY(const auto value, from.find_number(key));
  if (value) to = *value;
  return {};
}

Status read_text(const Infotext& from, std::string_view key, std::string& to) {
  if (const std::string* value = from.find(key)) to = *value;
  return {};
}

// A word of a list of names, by its position.
template <class Enum, std::size_t kCount>
Status read_word(const Infotext& from, std::string_view key,
                 const std::array<std::string_view, kCount>& words, Enum& to) {
  const std::string* value = from.find(key);
  if (value == nullptr) return {};
  const auto word = std::ranges::find(words, *value);
  if (word == words.end())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}: {}' is not one of {}", key, *value, fmt::join(words, ", ")),
                std::string(key));
  to = static_cast<Enum>(word - words.begin());
  return {};
}

// A row's name of a registry.
template <class Find, class Enum>
Status read_named(const Infotext& from, std::string_view key, Find find, Enum& to) {
  const std::string* value = from.find(key);
  if (value == nullptr) return {};
  const auto found = find(*value);
  if (!found)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}: {}' is no name that is known", key, *value), std::string(key));
  to = *found;
  return {};
}

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

bool uses_own_scheduler(const ImageRequest& request) {
  return request.sampler.empty() && (request.schedule.empty() || request.schedule == "Automatic");
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

constexpr double kHiresFactorMax = 64;

Hires& hires_in(ImageRequest& request) {
  if (!request.hires) request.hires.emplace();
  return *request.hires;
}

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

constexpr Row kSamplingRows[] = {
    {"Steps",
     [](const Written& w, std::string_view key, Infotext& to) {
       to.set_integer(key, w.request.steps);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_integer(from, key, to.steps);
     }},
    {"Sampler",
     [](const Written& w, std::string_view key, Infotext& to) { to.set(key, w.facts.sampler); },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_text(from, key, to.sampler);
     }},
    {"Schedule type",
     [](const Written& w, std::string_view key, Infotext& to) { to.set(key, w.facts.schedule); },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_text(from, key, to.schedule);
     }},
    {"CFG scale",
     [](const Written& w, std::string_view key, Infotext& to) {
       to.set_number(key, w.request.cfg_scale);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_number(from, key, to.cfg_scale);
     }},
    {"Seed",
     [](const Written& w, std::string_view key, Infotext& to) {
       to.set_integer(key, static_cast<std::int64_t>(w.facts.seed));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_integer(from, key, to.seed);
     }},
    {"Size",
     [](const Written& w, std::string_view key, Infotext& to) {
       to.set_size(key, {w.request.width, w.request.height});
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto size, from.find_size(key));
       if (size) to.width = size->width, to.height = size->height;
       return {};
     }},
    {"Model hash",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (!w.facts.model_hash.empty()) to.set(key, w.facts.model_hash);
     },
     nullptr},
    {"Model",
     [](const Written& w, std::string_view key, Infotext& to) { to.set(key, w.facts.model); },
     nullptr},
    {"Variation seed",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.variation)
         to.set_integer(key, static_cast<std::int64_t>(w.facts.variation_seed));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       to.variation.emplace();
       return read_integer(from, key, to.variation->seed);
     }},
    {"Variation seed strength",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.variation) to.set_number(key, w.request.variation->strength);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       if (!to.variation) to.variation.emplace();
       return read_number(from, key, to.variation->strength);
     }},
    {"Seed resize from",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.seed_resize_width > 0)
         to.set_size(key, {w.request.seed_resize_width, w.request.seed_resize_height});
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto size, from.find_size(key));
       if (size) to.seed_resize_width = size->width, to.seed_resize_height = size->height;
       return {};
     }},
    {"Clip skip",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.clip_skip > 1) to.set_integer(key, w.request.clip_skip);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_integer(from, key, to.clip_skip);
     }},
    {"ENSD",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.eta_noise_seed_delta != 0) to.set_integer(key, w.request.eta_noise_seed_delta);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_integer(from, key, to.eta_noise_seed_delta);
     }},
    {"RNG",
     [](const Written& w, std::string_view key, Infotext& to) {
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

constexpr Row kImageRows[] = {
    {"Denoising strength",
     [](const Written& w, std::string_view key, Infotext& to) {
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
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.init && w.request.init->resize != ResizeMode::kStretch)
         to.set(key, std::string(kResizeModes[std::to_underlying(w.request.init->resize)]));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_word(from, key, kResizeModes, init_in(to).resize) : Status{};
     }},
    {"Mask blur",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (const Inpaint* inpaint = inpaint_of(w.request)) to.set_number(key, inpaint->blur);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_number(from, key, inpaint_in(to).blur) : Status{};
     }},
    {"Mask mode",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (const Inpaint* inpaint = inpaint_of(w.request))
         to.set(key, std::string(kMaskModes[inpaint->inverted ? 1 : 0]));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       return read_word(from, key, kMaskModes, inpaint_in(to).inverted);
     }},
    {"Mask round",
     [](const Written& w, std::string_view key, Infotext& to) {
       const Inpaint* inpaint = inpaint_of(w.request);
       if (inpaint != nullptr && inpaint->soft) to.set_flag(key, false);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto round, from.find_flag(key));
       if (round) inpaint_in(to).soft = !*round;
       return {};
     }},
    {"Masked content",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (const Inpaint* inpaint = inpaint_of(w.request))
         to.set(key, std::string(kMaskedContents[std::to_underlying(inpaint->content)]));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       return read_word(from, key, kMaskedContents, inpaint_in(to).content);
     }},
    {"Inpaint area",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (const Inpaint* inpaint = inpaint_of(w.request))
         to.set(key, std::string(kInpaintAreas[inpaint->only_masked ? 1 : 0]));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       if (from.find(key) == nullptr) return {};
       return read_word(from, key, kInpaintAreas, inpaint_in(to).only_masked);
     }},
    {"Masked area padding",
     [](const Written& w, std::string_view key, Infotext& to) {
       const Inpaint* inpaint = inpaint_of(w.request);
       if (inpaint != nullptr && inpaint->only_masked) to.set_integer(key, inpaint->padding);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_integer(from, key, inpaint_in(to).padding) : Status{};
     }},
    {"Hires resize",
     [](const Written& w, std::string_view key, Infotext& to) {
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
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.hires && w.request.hires->steps > 0)
         to.set_integer(key, w.request.hires->steps);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_integer(from, key, hires_in(to).steps) : Status{};
     }},
    {"Hires upscaler",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.hires) to.set(key, w.request.hires->upscaler);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).upscaler) : Status{};
     }},
    {"Hires prompt",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.hires && w.request.hires->prompt) to.set(key, *w.request.hires->prompt);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).prompt.emplace()) : Status{};
     }},
    {"Hires negative prompt",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.hires && w.request.hires->negative_prompt)
         to.set(key, *w.request.hires->negative_prompt);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).negative_prompt.emplace())
                             : Status{};
     }},
    {"Hires CFG Scale",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.hires && w.request.hires->cfg_scale)
         to.set_number(key, *w.request.hires->cfg_scale);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_number(from, key, hires_in(to).cfg_scale.emplace()) : Status{};
     }},
    {"Hires sampler",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.hires && !w.request.hires->sampler.empty())
         to.set(key, w.request.hires->sampler);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).sampler) : Status{};
     }},
    {"Hires schedule type",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.hires && !w.request.hires->schedule.empty())
         to.set(key, w.request.hires->schedule);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_text(from, key, hires_in(to).schedule) : Status{};
     }},
    {"Own scheduler",  // the labels are near, but not the numbers of the model's configuration
     [](const Written& w, std::string_view key, Infotext& to) {
       if (uses_own_scheduler(w.request)) to.set_flag(key, true);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto own, from.find_flag(key));
       if (own.value_or(false)) to.sampler.clear(), to.schedule.clear();
       return {};
     }},
    {"Emphasis",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.emphasis != EmphasisMode::kOriginal)
         to.set(
             key,
             std::string(
                 std::ranges::find(emphasis_rows(), w.request.emphasis, &EmphasisRow::mode)->name));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_named(from, key, find_emphasis_mode, to.emphasis);
     }},
    {"Parser",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.prompt_parser != AttentionSyntax::kA1111)
         to.set(key, std::string(describe(w.request.prompt_parser).name));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_named(from, key, find_attention_syntax, to.prompt_parser);
     }},
    {"Eta",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.eta) to.set_number(key, *w.request.eta);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_number(from, key, to.eta.emplace()) : Status{};
     }},
    {"CFG rescale",
     [](const Written& w, std::string_view key, Infotext& to) {
       if (w.request.cfg_rescale > 0) to.set_number(key, w.request.cfg_rescale);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_number(from, key, to.cfg_rescale);
     }},
    {"Version",
     [](const Written& w, std::string_view key, Infotext& to) { to.set(key, w.facts.version); },
     nullptr},
};

template <class Visit>
void for_each_row(Visit&& visit) {
  for (const Row& row : kSamplingRows) visit(row);
  for (const Row& row : kImageRows) visit(row);
}

}  // namespace

Infotext to_infotext(const ImageRequest& request, const DrawnFacts& facts) {
  Infotext text;
  text.prompt = request.prompt;
  text.negative = request.negative_prompt;
  for_each_row([&](const Row& row) {
    if (row.write != nullptr) row.write({request, facts}, row.key, text);
  });
  return text;
}

Result<ReadRequest> from_infotext(const Infotext& infotext) {
  ReadRequest read;
  read.request.prompt = infotext.prompt;
  read.request.negative_prompt = infotext.negative;
  Status status;
  Infotext unknown = infotext;
  for_each_row([&](const Row& row) {
    if (status && row.read != nullptr) status = row.read(infotext, row.key, read.request);
    std::erase_if(unknown.parameters, [&](const InfotextEntry& entry) {
      Infotext one;
      one.parameters = {entry};
      return one.find(row.key) != nullptr;
    });
  });
  if (!status) return std::unexpected(status.error());
  for (const InfotextEntry& entry : unknown.parameters)
    read.warnings.push_back(
        {entry.key, fmt::format("'{}: {}' is not used", entry.key, entry.value)});
  return read;
}

}  // namespace diptych
