#pragma once
// The configs of published models, without a file: for tests and benchmarks of their true size,
// with make_random_weights().

#include "image/models/clip_text_config.h"
#include "image/models/kl_vae_config.h"
#include "image/models/unet_config.h"

namespace diptych {

UnetConfig sd1_unet_config();   // 859,520,964 parameters
UnetConfig sd2_unet_config();   // 865,910,724
UnetConfig sdxl_unet_config();  // 2,567,463,684

ClipTextConfig clip_l_config();             // SD 1 and SDXL's first: 123,060,480
ClipTextConfig clip_big_g_config();         // SDXL's second: 694,659,840
KlVaeConfig stable_diffusion_vae_config();  // 83,653,863; SDXL's differs in the scale only

}  // namespace diptych
