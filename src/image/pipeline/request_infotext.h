#pragma once
// A request as the generation parameters that travel in a picture's file, and back.

#include <cstdint>
#include <string>

#include "base/error.h"
#include "formats/infotext.h"
#include "image/pipeline/image_request.h"

namespace diptych {

// What was used where a request leaves it open, and what it cannot know.
struct DrawnFacts {
  std::uint64_t seed = 0, variation_seed = 0;
  std::string sampler, schedule;  // labels
  std::string model, model_hash;  // hash: ten hex digits; empty: left out
  std::string version;            // "Diptych 0.1.0"
};

Infotext to_infotext(const ImageRequest& request, const DrawnFacts& facts);

// Every parameter that to_infotext writes. Pictures (init, mask) are not in the text: their
// settings come with empty pictures. Keys that are not understood become warnings; a value that is
// no such thing is an error that names the key.
struct ReadRequest {
  ImageRequest request;
  Warnings warnings;
};
Result<ReadRequest> from_infotext(const Infotext& infotext);

}  // namespace diptych
