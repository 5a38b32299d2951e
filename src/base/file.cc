#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "base/file_calls.h"
#include "base/hash.h"
#include "base/rng.h"

namespace diptych {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr std::size_t kReadBytes = std::size_t{1} << 20;
constexpr std::uint64_t kProgressBytes = std::uint64_t{8} << 20;

// "cannot read /a/b: No such file or directory". Takes errno as it stands.
std::unexpected<Error> io_error(std::string_view what, const Path& path) {
  const int number = errno;
  const ErrorCode code = number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, fmt::format("cannot {} {}: {}", what, path.string(),
                                std::generic_category().message(number)));
}

class Descriptor {
 public:
  explicit Descriptor(int file) : file_(file) {}
  ~Descriptor() {
    if (file_ >= 0) ::close(file_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return file_; }

 private:
  int file_;
};

Result<std::uint64_t> size_of_regular(const Descriptor& file, const Path& path) {
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return io_error("read", path);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kIo, fmt::format("cannot read {}: not a regular file", path.string()));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

// Reads until `size` bytes or the end. Returns how many.
Result<std::size_t> read_some(const Descriptor& file, char* bytes, std::size_t size,
                              const Path& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.get(), bytes + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Status write_all(FileCalls& calls, int file, std::string_view bytes, const Path& path) {
  while (!bytes.empty()) {
    const std::ptrdiff_t written = calls.write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status write_and_sync(FileCalls& calls, const Path& path, std::string_view bytes) {
  const int file = calls.open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
  if (file < 0) return io_error("write", path);
  Status status = write_all(calls, file, bytes, path);
  if (status && calls.fsync(file) != 0) status = io_error("write", path);
  if (calls.close(file) != 0 && status) status = io_error("write", path);
  return status;
}

// Without this a crash may forget the rename.
Status sync_folder(FileCalls& calls, const Path& folder) {
  const int file = calls.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return io_error("write", folder);
  Status status;
  if (calls.fsync(file) != 0) status = io_error("write", folder);
  calls.close(file);
  return status;
}

}  // namespace

int FileCalls::open(const char* path, int flags) { return ::open(path, flags, kFileMode); }
std::ptrdiff_t FileCalls::write(int file, const void* bytes, std::size_t size) {
  return ::write(file, bytes, size);
}
int FileCalls::fsync(int file) { return ::fsync(file); }
int FileCalls::close(int file) { return ::close(file); }
int FileCalls::rename(const char* from, const char* to) { return std::rename(from, to); }
int FileCalls::unlink(const char* path) { return ::unlink(path); }

Result<std::string> read_file(const Path& path, std::size_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return io_error("read", path);
  TRY(const std::uint64_t size, size_of_regular(file, path));
  if (size > bytes_max) {
    return fail(ErrorCode::kIo, fmt::format("cannot read {}: {} bytes; the limit is {}",
                                            path.string(), size, bytes_max));
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  TRY(const std::size_t got, read_some(file, bytes.data(), bytes.size(), path));
  bytes.resize(got);
  return bytes;
}

Status write_file_atomically(FileCalls& calls, const Path& path, std::string_view bytes) {
  Path temporary = path;
  temporary += random_id(".tmp-");
  Status status = write_and_sync(calls, temporary, bytes);
  if (status && calls.rename(temporary.c_str(), path.c_str()) != 0) {
    status = io_error("write", path);
  }
  if (!status) {
    calls.unlink(temporary.c_str());
    return status;
  }
  return sync_folder(calls, path.has_parent_path() ? path.parent_path() : Path("."));
}

Status write_file_atomically(const Path& path, std::string_view bytes) {
  FileCalls calls;
  return write_file_atomically(calls, path, bytes);
}

Status make_directories(const Path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && std::filesystem::is_directory(path, error)) return {};
  return fail(ErrorCode::kIo, fmt::format("cannot make the folder {}: {}", path.string(),
                                          error ? error.message() : "it is a file"));
}

Result<std::uint64_t> size_of_file(const Path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return io_error("read", path);
  return size_of_regular(file, path);
}

Result<std::string> sha256_of_file(
    const Path& path, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return io_error("read", path);
  TRY(const std::uint64_t size, size_of_regular(file, path));
  Sha256Stream stream;
  std::vector<char> buffer(kReadBytes);
  std::uint64_t done = 0;
  while (true) {
    TRY(const std::size_t got, read_some(file, buffer.data(), buffer.size(), path));
    stream.update(std::as_bytes(std::span(buffer).first(got)));
    const bool crossed = done / kProgressBytes != (done + got) / kProgressBytes;
    done += got;
    const bool last = got < buffer.size();
    if (progress && (crossed || last)) progress(done, std::max(size, done));
    if (last) return to_hex(stream.finish());
  }
}

Result<MappedFile> MappedFile::open(const Path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return io_error("read", path);
  TRY(const std::uint64_t size, size_of_regular(file, path));
  MappedFile mapped;
  mapped.size_ = static_cast<std::size_t>(size);
  if (size == 0) return mapped;  // mmap refuses an empty file
  void* address = mmap(nullptr, mapped.size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) return io_error("map", path);
  mapped.data_ = static_cast<const std::byte*>(address);
  return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace diptych
