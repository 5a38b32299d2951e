#pragma once
// One holder of a folder at a time, across processes. The kernel lets go when the holder ends, also
// by kill -9; the file stays and says nothing by itself.

#include <string_view>

#include "base/error.h"
#include "base/file.h"

namespace diptych {

class FolderLock {  // movable; gives the folder back when it goes
 public:
  // Takes `folder`/`name`; the folder must exist. Waits for nothing. kConflict (detail
  // "folder_in_use") names the folder and the process that holds it; kIo: the file system refuses,
  // or knows no locks.
  static Result<FolderLock> take(const Path& folder, std::string_view name);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

}  // namespace diptych
