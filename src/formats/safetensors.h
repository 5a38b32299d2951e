#pragma once
// safetensors: `u64 size of the header` · JSON header · data without gaps. Files are mapped; every
// rule of the format is checked before a tensor is handed out.
// https://github.com/huggingface/safetensors (README, "Format")

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "compute/weight_source.h"

namespace diptych {

using SafetensorsMetadata = std::map<std::string, std::string>;

struct SafetensorsHeader {
  std::vector<WeightInfo> tensors;     // sorted by name
  std::vector<std::uint64_t> offsets;  // of each tensor, from the beginning of the file
  SafetensorsMetadata metadata;
};

// Errors name the tensor: kInvalidArgument for a broken or hostile file, kUnsupported for a type or
// a rank that we have not.
Result<SafetensorsHeader> parse_safetensors(std::span<const std::byte> file);

class SafetensorsFile final : public WeightSource {
 public:
  static Result<std::shared_ptr<const SafetensorsFile>> open(const Path& path);

  std::span<const WeightInfo> index() const override { return header_.tensors; }
  std::span<const std::byte> bytes(TensorId tensor) const override;
  void release(TensorId tensor) const override;
  const SafetensorsMetadata& metadata() const { return header_.metadata; }

 private:
  SafetensorsFile(MappedFile file, SafetensorsHeader header)
      : file_(std::move(file)), header_(std::move(header)) {}

  MappedFile file_;
  SafetensorsHeader header_;
};

// The type's name in a header, "BF16"; empty for types that the format lacks (quantised blocks).
std::string_view safetensors_name(DType dtype);

}  // namespace diptych
