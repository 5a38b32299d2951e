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

Result<AtomicFile> AtomicFile::create(FileCalls& calls, const Path& path) {
  Path temporary = path;
  temporary += random_id(".tmp-");
  const int file = calls.open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
  if (file < 0) return io_error("write", path);
  return AtomicFile(calls, path, std::move(temporary), file);
}

Result<AtomicFile> AtomicFile::create(const Path& path) {
  static FileCalls system_calls;  // without state
  return create(system_calls, path);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : calls_(other.calls_),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::exchange(other.file_, -1)) {}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) calls_->close(file_);
  if (!temporary_.empty()) calls_->unlink(temporary_.c_str());
}

Status AtomicFile::append(std::string_view bytes) {
  return write_all(*calls_, file_, bytes, path_);
}

Status AtomicFile::close_synced() {
  Status status;
  if (calls_->fsync(file_) != 0) status = io_error("write", path_);
  if (calls_->close(std::exchange(file_, -1)) != 0 && status) status = io_error("write", path_);
  return status;
}

Status AtomicFile::commit() {
  TRY_STATUS(close_synced());
  if (calls_->rename(temporary_.c_str(), path_.c_str()) != 0) return io_error("write", path_);
  temporary_.clear();
  return sync_folder(*calls_, path_.has_parent_path() ? path_.parent_path() : Path("."));
}

Status write_file_atomically(FileCalls& calls, const Path& path, std::string_view bytes) {
  TRY(AtomicFile file, AtomicFile::create(calls, path));
  TRY_STATUS(file.append(bytes));
  return file.commit();
}

Status write_file_atomically(const Path& path, std::string_view bytes) {
  TRY(AtomicFile file, AtomicFile::create(path));
  TRY_STATUS(file.append(bytes));
  return file.commit();
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

void MappedFile::release(std::span<const std::byte> part) const {
  if (part.empty()) return;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data()) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(part.data()) + part.size();
  // A page that is shared with a neighbour goes too: it comes back like any other. Advice, so a
  // failure is nobody's error.
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace diptych
