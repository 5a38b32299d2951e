#include "image/pipeline/infotext_rows.h"

namespace diptych {
namespace {

bool uses_own_scheduler(const ImageRequest& request) {
  return request.sampler.empty() && (request.schedule.empty() || request.schedule == "Automatic");
}

constexpr InfotextRow kOtherRows[] = {
    {"Own scheduler",  // the labels are near, but not the numbers of the model's configuration
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (uses_own_scheduler(w.request)) to.set_flag(key, true);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       TRY(const auto own, from.find_flag(key));
       if (own.value_or(false)) to.sampler.clear(), to.schedule.clear();
       return {};
     }},
    {"Emphasis",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
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
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.prompt_parser != AttentionSyntax::kA1111)
         to.set(key, std::string(describe(w.request.prompt_parser).name));
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_named(from, key, find_attention_syntax, to.prompt_parser);
     }},
    {"Eta",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.eta) to.set_number(key, *w.request.eta);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) -> Status {
       return from.find(key) ? read_number(from, key, to.eta.emplace()) : Status{};
     }},
    {"CFG rescale",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       if (w.request.cfg_rescale > 0) to.set_number(key, w.request.cfg_rescale);
     },
     [](const Infotext& from, std::string_view key, ImageRequest& to) {
       return read_number(from, key, to.cfg_rescale);
     }},
    {"Version",
     [](const InfotextParts& w, std::string_view key, Infotext& to) {
       to.set(key, w.facts.version);
     },
     nullptr},
};

}  // namespace

std::span<const InfotextRow> other_infotext_rows() { return kOtherRows; }

}  // namespace diptych
