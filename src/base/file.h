#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace diptych {

using Path = std::filesystem::path;

Result<std::string> read_file(const Path& path, std::size_t bytes_max);
Status write_file_atomically(
    const Path& path,
    std::string_view bytes);  // temporary file, fsync, rename, fsync of the folder
Status make_directories(const Path& path);

class FileCalls;

// write_file_atomically() in pieces, for what does not fit memory: a temporary file beside `path`
// that takes its name in commit(). Destroyed before that, it leaves nothing behind.
class AtomicFile {  // one thread; movable
 public:
  static Result<AtomicFile> create(const Path& path);
  static Result<AtomicFile> create(FileCalls& calls, const Path& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();
  Status append(std::string_view bytes);
  Status commit();  // once, as the last call

 private:
  AtomicFile(FileCalls& calls, Path path, Path temporary, int file)
      : calls_(&calls), path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {}
  Status close_synced();

  FileCalls* calls_;
  Path path_;
  Path temporary_;  // empty: committed or moved from
  int file_;        // -1: closed
};

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
  // The pages of this part of bytes() may leave memory; they are read again when touched.
  void release(std::span<const std::byte> part) const;

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace diptych
