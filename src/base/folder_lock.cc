#include "base/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace diptych {
namespace {

constexpr mode_t kLockMode = 0644;  // anyone who may look at the folder may see who holds it

std::unexpected<Error> cannot_lock(const Path& folder) {
  return fail(ErrorCode::kIo, fmt::format("cannot lock the folder {}: {}", folder.string(),
                                          std::generic_category().message(errno)));
}

// Its holder may have taken the lock and not written its number yet.
std::string holder_of(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  std::string digits;
  for (ssize_t i = 0; i < size && text[static_cast<std::size_t>(i)] != '\n'; ++i)
    digits += text[static_cast<std::size_t>(i)];
  return digits.empty() ? "another process" : "process " + digits;
}

}  // namespace

Result<FolderLock> FolderLock::take(const Path& folder, std::string_view name) {
  const int file = ::open((folder / name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockMode);
  if (file < 0) return cannot_lock(folder);
  FolderLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot_lock(folder);
    return fail(ErrorCode::kConflict,
                fmt::format("the folder {} is in use by {}", folder.string(), holder_of(file)), {},
                "folder_in_use");
  }
  const std::string number = fmt::format("{}\n", ::getpid());
  const bool written =
      ::ftruncate(file, 0) == 0 &&
      std::cmp_equal(::pwrite(file, number.data(), number.size(), 0), number.size());
  if (!written) return cannot_lock(folder);
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace diptych
