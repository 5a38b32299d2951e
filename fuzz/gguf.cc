// parse_gguf: never crashes; tensors that it accepts lie in the file, apart from one another, and
// have the bytes that their type and shape need.

#include "formats/gguf.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto header = diptych::parse_gguf(bytes);
  if (!header) {
    CHECK(header.error().code == diptych::ErrorCode::kInvalidArgument ||
          header.error().code == diptych::ErrorCode::kUnsupported);
    CHECK(!header.error().message.empty());
    return 0;
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
  for (std::size_t i = 0; i < header->tensors.size(); ++i) {
    const diptych::WeightInfo& info = header->tensors[i];
    CHECK(info.bytes <= size && header->offsets[i] <= size - info.bytes);
    parts.emplace_back(header->offsets[i], header->offsets[i] + info.bytes);
    std::vector<float> values(static_cast<std::size_t>(info.shape.element_count()));
    diptych::convert_to_f32(info.dtype,
                            bytes.subspan(static_cast<std::size_t>(header->offsets[i]),
                                          static_cast<std::size_t>(info.bytes)),
                            values);
  }
  std::ranges::sort(parts);
  for (std::size_t i = 1; i < parts.size(); ++i) CHECK(parts[i].first >= parts[i - 1].second);
  return 0;
}
