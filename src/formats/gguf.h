#pragma once
// GGUF, versions 2 and 3: `"GGUF"` · counts · metadata · tensor descriptions · padding · data. Our
// own reader, for weights of pictures: quantised UNets. Language models are libllama's.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "compute/weight_source.h"

namespace diptych {

struct GgufHeader {
  std::vector<WeightInfo> tensors;     // sorted by name; shapes in torch's order
  std::vector<std::uint64_t> offsets;  // of each tensor, from the beginning of the file
  // Values that are no arrays, and arrays of at most 64 items: larger ones are checked and passed
  // over (vocabularies).
  std::map<std::string, Json> metadata;
};

// "comfy.gguf.orig_shape.NAME" gives tensors back the shape that they had before conversion.
// Errors name the tensor or the key: kInvalidArgument for a broken or hostile file, kUnsupported
// for a version, a type or a rank that we have not.
Result<GgufHeader> parse_gguf(std::span<const std::byte> file);

bool is_gguf(std::span<const std::byte> file);  // by its first four bytes

class GgufFile final : public WeightSource {
 public:
  static Result<std::shared_ptr<const GgufFile>> open(const Path& path);

  std::span<const WeightInfo> index() const override { return header_.tensors; }
  std::span<const std::byte> bytes(TensorId tensor) const override;
  void release(TensorId tensor) const override;
  const std::map<std::string, Json>& metadata() const { return header_.metadata; }

 private:
  GgufFile(MappedFile file, GgufHeader header)
      : file_(std::move(file)), header_(std::move(header)) {}

  MappedFile file_;
  GgufHeader header_;
};

}  // namespace diptych
