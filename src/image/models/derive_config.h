#pragma once
// The config.json that diffusers would have written, from names and shapes: for files that carry
// none. What shapes do not say (heads, groups of norms, scales) is the family's.

#include <optional>

#include "base/json.h"
#include "compute/weight_source.h"
#include "image/models/detect.h"

namespace diptych {

// All weights under diffusers' names.
Json derive_unet_config(const WeightSource& unet, const FamilyRow& family);
// `latent_scale`: none leaves it out.
Json derive_vae_config(const WeightSource& vae, std::optional<double> latent_scale);

enum class ClipKind { kClip, kOpenClip };
Json derive_clip_config(const WeightSource& text_encoder, ClipKind kind);

// The size of one of SDXL's picture sizes in its second condition: what the pooled text leaves.
// Unchanged where the UNet has no such condition, or its config says it.
void set_time_id_channels(Json& unet_config, std::int64_t pooled_channels);

Json derive_scheduler_config(const FamilyRow& family, std::optional<Prediction> prediction,
                             bool zero_terminal_snr);

}  // namespace diptych
