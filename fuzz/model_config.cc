// A config.json of any content, read as each kind of picture model: it is refused with a reason, or
// its graph is built from the tensors that it promises, within bounds.

#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "fuzz_target.h"
#include "image/models/clip_text.h"
#include "image/models/kl_vae.h"
#include "image/models/tiny_vae.h"
#include "image/models/unet.h"

namespace {

constexpr std::size_t kNodesMax = 100'000;

class NamesOnly final : public diptych::WeightSource {
 public:
  explicit NamesOnly(std::vector<diptych::WeightInfo> index) : index_(std::move(index)) {}
  std::span<const diptych::WeightInfo> index() const override { return index_; }
  std::span<const std::byte> bytes(diptych::TensorId) const override { return {}; }

 private:
  std::vector<diptych::WeightInfo> index_;
};

void check_graph(const diptych::Result<diptych::Graph>& graph) {
  if (graph) CHECK(graph->nodes().size() < kNodesMax);
  if (!graph) CHECK(!graph.error().message.empty());
}

void build_each(const diptych::Json& json) {
  diptych::Warnings warnings;
  if (const auto unet = diptych::parse_unet_config(json, warnings))
    check_graph(build_unet(NamesOnly(expected_weights(*unet)), *unet, {.height = 9}));
  if (const auto clip = diptych::parse_clip_text_config(json, warnings))
    check_graph(build_clip_text(NamesOnly(expected_weights(*clip)), *clip,
                                {.tokens = 1, .pooled = diptych::PooledVector::kWith}));
  if (const auto vae = diptych::parse_kl_vae_config(json, warnings)) {
    check_graph(build_vae_encoder(NamesOnly(expected_encoder_weights(*vae)), *vae, {}));
    check_graph(build_vae_decoder(NamesOnly(expected_decoder_weights(*vae)), *vae, {}));
  }
  if (const auto tiny = diptych::parse_tiny_vae_config(json, warnings)) {
    check_graph(build_tiny_vae_encoder(NamesOnly(expected_encoder_weights(*tiny)), *tiny, {}));
    check_graph(build_tiny_vae_decoder(NamesOnly(expected_decoder_weights(*tiny)), *tiny, {}));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = diptych::parse_json(diptych::as_text(data, size));
  if (json) build_each(*json);
  return 0;
}
