#include "formats/weight_file.h"

#include <fmt/format.h>

#include "formats/gguf.h"

namespace diptych {
namespace {

// A zip archive (torch since 1.6) or a bare pickle of protocol 2 and up.
bool is_pickle(std::span<const std::byte> file) {
  if (file.size() < 4) return false;
  const bool zip =
      file[0] == std::byte{'P'} && file[1] == std::byte{'K'} && file[2] == std::byte{3};
  const bool bare = file[0] == std::byte{0x80} && file[1] >= std::byte{2} &&
                    file[1] <= std::byte{5} && file[3] != std::byte{0};
  return zip || bare;
}

}  // namespace

Result<WeightFile> open_weight_file(const Path& path) {
  enum class Kind { kSafetensors, kGguf, kPickle } kind = Kind::kSafetensors;
  {
    TRY(const MappedFile file, MappedFile::open(path));
    if (is_gguf(file.bytes())) kind = Kind::kGguf;
    if (is_pickle(file.bytes())) kind = Kind::kPickle;
  }
  if (kind == Kind::kPickle) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: pickled weights can run any program and are not read; save the "
                            "model as safetensors",
                            path.string()));
  }
  if (kind == Kind::kSafetensors) {
    TRY(const auto file, SafetensorsFile::open(path));
    return WeightFile{file, file->metadata()};
  }
  TRY(const auto file, GgufFile::open(path));
  WeightFile opened{file, {}};
  for (const auto& [key, value] : file->metadata()) {
    if (value.is_string()) opened.metadata.emplace(key, value.as_string());
  }
  return opened;
}

}  // namespace diptych
