#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {

using Path = std::filesystem::path;

Result<std::string> read_file(const Path& path, std::size_t bytes_max);
Status write_file_atomically(
    const Path& path,
    std::string_view bytes);  // temporary file, fsync, rename, fsync of the folder
Status make_directories(const Path& path);
Result<std::uint64_t> size_of_file(const Path& path);
// Calls progress(bytes done, bytes in all) about every 8 MiB. Returns lower-case hex.
Result<std::string> sha256_of_file(
    const Path& path, const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});

class MappedFile {  // read-only mmap; movable
 public:
  static Result<MappedFile> open(const Path& path);
  MappedFile(MappedFile&&) noexcept;
  MappedFile& operator=(MappedFile&&) noexcept;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace diptych
