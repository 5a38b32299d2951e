#include "store/blob_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "base/file_calls.h"
#include "base/mutex.h"

namespace diptych {
namespace {

constexpr std::size_t kHashLength = 64;
constexpr std::size_t kBlobBytesMax = std::size_t{1} << 30;  // of one file that is read back

std::unexpected<Error> no_blob(std::string_view hash) {
  return fail(ErrorCode::kNotFound, fmt::format("There is no file '{}'.", hash));
}

std::unexpected<Error> io_error(std::string_view what, const Path& path,
                                const std::error_code& error) {
  return fail(ErrorCode::kIo,
              fmt::format("cannot {} {}: {}", what, path.string(), error.message()));
}

class BlobFolder final : public BlobFiles {
 public:
  BlobFolder(Path folder, FileCalls* calls) : folder_(std::move(folder)), calls_(calls) {}

  Status write(std::string_view hash, std::string_view bytes) override;
  Result<std::string> read(std::string_view hash) override;
  Result<std::uint64_t> size_of(std::string_view hash) override;
  Status remove(std::string_view hash) override;
  Result<std::vector<std::string>> list() override;
  Status remove_unfinished() override;

 private:
  Path path_of(std::string_view hash) const { return folder_ / hash; }
  Result<std::vector<std::string>> names() const;

  const Path folder_;
  FileCalls own_calls_;
  FileCalls* const calls_;
};

Status make_private_folder(const Path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  TRY_STATUS(make_directories(folder));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return io_error("protect", folder, error);
  return {};
}

Status BlobFolder::write(std::string_view hash, std::string_view bytes) {
  const auto size = size_of(hash);
  if (size && *size == bytes.size()) return {};
  if (!size && size.error().code != ErrorCode::kNotFound) return fail(size.error());
  TRY_STATUS(make_private_folder(folder_));
  return write_file_atomically(calls_ == nullptr ? own_calls_ : *calls_, path_of(hash), bytes);
}

Result<std::string> BlobFolder::read(std::string_view hash) {
  if (!is_blob_hash(hash)) return no_blob(hash);
  auto bytes = read_file(path_of(hash), kBlobBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) return no_blob(hash);
  return bytes;
}

Result<std::uint64_t> BlobFolder::size_of(std::string_view hash) {
  if (!is_blob_hash(hash)) return no_blob(hash);
  auto size = size_of_file(path_of(hash));
  if (!size && size.error().code == ErrorCode::kNotFound) return no_blob(hash);
  return size;
}

Status BlobFolder::remove(std::string_view hash) {
  std::error_code error;
  std::filesystem::remove(path_of(hash), error);
  if (error) return io_error("remove", path_of(hash), error);
  return {};
}

Result<std::vector<std::string>> BlobFolder::names() const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder_, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error))
    names.push_back(entries->path().filename().string());
  if (error) return io_error("list", folder_, error);
  return names;
}

Result<std::vector<std::string>> BlobFolder::list() {
  TRY(std::vector<std::string> hashes, names());
  std::erase_if(hashes, [](const std::string& name) { return !is_blob_hash(name); });
  return hashes;
}

// A temporary name begins with that of the blob (base/file.cc). What else lies here is not ours.
Status BlobFolder::remove_unfinished() {
  TRY(const std::vector<std::string> all, names());
  for (const std::string& name : all)
    if (name.size() > kHashLength && is_blob_hash(std::string_view(name).substr(0, kHashLength)))
      TRY_STATUS(remove(name));
  return {};
}

class BlobsInMemory final : public BlobFiles {
 public:
  Status write(std::string_view hash, std::string_view bytes) override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    blobs_.try_emplace(std::string(hash), bytes);
    return {};
  }
  Result<std::string> read(std::string_view hash) override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = blobs_.find(hash);
    if (found == blobs_.end()) return no_blob(hash);
    return found->second;
  }
  Result<std::uint64_t> size_of(std::string_view hash) override EXCLUDES(mutex_) {
    TRY(const std::string bytes, read(hash));
    return bytes.size();
  }
  Status remove(std::string_view hash) override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (const auto found = blobs_.find(hash); found != blobs_.end()) blobs_.erase(found);
    return {};
  }
  Result<std::vector<std::string>> list() override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::vector<std::string> hashes;
    for (const auto& [hash, bytes] : blobs_) hashes.push_back(hash);
    return hashes;
  }
  Status remove_unfinished() override { return {}; }

 private:
  Mutex mutex_;
  std::map<std::string, std::string, std::less<>> blobs_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<BlobFiles> make_blob_folder(Path folder, FileCalls* calls) {
  return std::make_unique<BlobFolder>(std::move(folder), calls);
}

std::unique_ptr<BlobFiles> make_blobs_in_memory() { return std::make_unique<BlobsInMemory>(); }

bool is_blob_hash(std::string_view text) {
  return text.size() == kHashLength && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace diptych
