#include "store/sqlite/testing/fault_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <cstddef>

#include "base/rng.h"

namespace diptych::sqlite {

struct FaultVfs::Impl {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::string name;
  std::atomic<int> left{0};
  std::atomic<bool> armed{false}, fired{false};
  FaultKind kind = FaultKind::kIoError;
  FaultLength length = FaultLength::kOnce;

  int refuse(int io_error) {  // SQLITE_OK: go ahead
    if (!armed) return SQLITE_OK;
    const int now = --left;
    if (now > 0 || (now < 0 && length == FaultLength::kOnce)) return SQLITE_OK;
    fired = true;
    return kind == FaultKind::kDiskFull ? SQLITE_FULL : io_error;
  }
};

namespace {

struct FaultFile {  // SQLite allocates it; the real file lies behind it
  sqlite3_file base;
  FaultVfs::Impl* faults;
  sqlite3_file* real;
};
static_assert(sizeof(FaultFile) % alignof(void*) == 0);

FaultFile& fault_file(sqlite3_file* file) { return *reinterpret_cast<FaultFile*>(file); }

template <auto kMethod, class... Args>
auto forward(sqlite3_file* file, Args... args) {
  sqlite3_file* real = fault_file(file).real;
  return (real->pMethods->*kMethod)(real, args...);
}

template <auto kMethod, int kIoError, class... Args>
int forward_or_fail(sqlite3_file* file, Args... args) {
  if (const int refused = fault_file(file).faults->refuse(kIoError); refused != SQLITE_OK)
    return refused;
  return forward<kMethod>(file, args...);
}

// Never reaches the disk: these tests kill no machine, and run hundreds of times.
int sync_or_fail(sqlite3_file* file, int) {
  return fault_file(file).faults->refuse(SQLITE_IOERR_FSYNC);
}

using Io = sqlite3_io_methods;
const sqlite3_io_methods kMethods{
    .iVersion = 2,  // without memory-mapped reads
    .xClose = forward<&Io::xClose>,
    .xRead = forward<&Io::xRead>,
    .xWrite = forward_or_fail<&Io::xWrite, SQLITE_IOERR_WRITE>,
    .xTruncate = forward_or_fail<&Io::xTruncate, SQLITE_IOERR_TRUNCATE>,
    .xSync = sync_or_fail,
    .xFileSize = forward<&Io::xFileSize>,
    .xLock = forward<&Io::xLock>,
    .xUnlock = forward<&Io::xUnlock>,
    .xCheckReservedLock = forward<&Io::xCheckReservedLock>,
    .xFileControl = forward<&Io::xFileControl>,
    .xSectorSize = forward<&Io::xSectorSize>,
    .xDeviceCharacteristics = forward<&Io::xDeviceCharacteristics>,
    .xShmMap = forward<&Io::xShmMap>,
    .xShmLock = forward<&Io::xShmLock>,
    .xShmBarrier = forward<&Io::xShmBarrier>,
    .xShmUnmap = forward<&Io::xShmUnmap>,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags,
              int* out_flags) {
  auto* impl = static_cast<FaultVfs::Impl*>(vfs->pAppData);
  FaultFile& mine = fault_file(file);
  mine.faults = impl;
  mine.real =
      reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + sizeof(FaultFile));
  const int rc = impl->real->xOpen(impl->real, name, mine.real, flags, out_flags);
  mine.base.pMethods = mine.real->pMethods == nullptr ? nullptr : &kMethods;
  return rc;
}

FaultVfs::Impl& impl_of(sqlite3_vfs* vfs) { return *static_cast<FaultVfs::Impl*>(vfs->pAppData); }

template <auto kMethod, class... Args>
auto forward_vfs(sqlite3_vfs* vfs, Args... args) {
  sqlite3_vfs* real = impl_of(vfs).real;
  return (real->*kMethod)(real, args...);
}

}  // namespace

FaultVfs::FaultVfs() : impl_(new Impl) {
  impl_->real = sqlite3_vfs_find(nullptr);
  impl_->name = random_id("fault_");
  sqlite3_vfs& vfs = impl_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + impl_->real->szOsFile;
  vfs.mxPathname = impl_->real->mxPathname;
  vfs.zName = impl_->name.c_str();
  vfs.pAppData = impl_;
  vfs.xOpen = open_file;
  vfs.xDelete = forward_vfs<&sqlite3_vfs::xDelete>;
  vfs.xAccess = forward_vfs<&sqlite3_vfs::xAccess>;
  vfs.xFullPathname = forward_vfs<&sqlite3_vfs::xFullPathname>;
  vfs.xRandomness = forward_vfs<&sqlite3_vfs::xRandomness>;
  vfs.xSleep = forward_vfs<&sqlite3_vfs::xSleep>;
  vfs.xCurrentTime = forward_vfs<&sqlite3_vfs::xCurrentTime>;
  vfs.xGetLastError = forward_vfs<&sqlite3_vfs::xGetLastError>;
  vfs.xCurrentTimeInt64 = forward_vfs<&sqlite3_vfs::xCurrentTimeInt64>;
  sqlite3_vfs_register(&vfs, 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&impl_->vfs);
  delete impl_;
}

const std::string& FaultVfs::name() const { return impl_->name; }

void FaultVfs::arm(int nth, FaultKind kind, FaultLength length) {
  impl_->kind = kind;
  impl_->length = length;
  impl_->left = nth;
  impl_->fired = false;
  impl_->armed = nth > 0;
}

bool FaultVfs::fired() const { return impl_->fired; }

}  // namespace diptych::sqlite
