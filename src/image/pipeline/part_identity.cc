#include "image/pipeline/part_identity.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/hash.h"

namespace diptych {
namespace {

constexpr std::size_t kBytes = 12;

// A file by what the file system says of it: reading it all would take seconds.
std::string stamp_of(const Path& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return path.string();
  return fmt::format("{}:{}:{}:{}.{:09}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

std::string identity_of(const ModelPart& part) {
  std::string text = dump_json(part.config);
  for (const Path& file : part.files) text += fmt::format("|{}", stamp_of(file));
  // Parts of one file differ in their tensors.
  if (!part.weights->index().empty()) {
    const WeightInfo& first = part.weights->index().front();
    text += fmt::format("|{} {} {}", part.weights->index().size(), first.name,
                        part.weights->bytes_in_all());
  }
  const Sha256 hash = sha256(text);
  return to_hex(std::span(hash).first(kBytes));
}

}  // namespace diptych
