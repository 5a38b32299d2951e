#pragma once
// The options that requests start from: A1111's settings under its names. A caller has its own,
// and a request may override them for itself.

#include <optional>
#include <string>
#include <string_view>

#include "api/field.h"
#include "image/pipeline/image_request.h"
#include "jobs/pictures/picture_catalog.h"

namespace diptych::sdapi {

struct OptionValues {
  std::string checkpoint;  // as written; "": the server's default model
  int clip_skip = 1;
  int eta_noise_seed_delta = 0;
  RandomSource noise;
  EmphasisMode emphasis = EmphasisMode::kOriginal;
  AttentionSyntax prompt_parser = AttentionSyntax::kA1111;
  PictureFormat format = PictureFormat::kPng;
  int quality = 80;
  bool webp_lossless = false;
  bool write_infotext = true;
  bool return_grid = false;
  bool live_previews = true;
  std::optional<int> preview_every;  // steps; none: at most two a second
};

extern const BodySchema kOptionsSchema;

// What `given` says overrides `values`. `path` is where it stands in the request: "" or
// "override_settings". Names that are unknown or have no effect here become warnings.
Status apply_options(const Json& given, std::string_view path, OptionValues& values,
                     Warnings& warnings);

// Every option by name: what is set, else its default; the checkpoint as its title.
Json shown_options(const Json& set, PictureCatalog* catalog);

}  // namespace diptych::sdapi
