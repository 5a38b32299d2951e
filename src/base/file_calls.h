#pragma once
// The system calls behind write_file_atomically(), so that a test can fail each of them. For
// base/file.cc and its test only.

#include <cstddef>
#include <string_view>

#include "base/file.h"

namespace diptych {

class FileCalls {  // each answers as the POSIX call of its name does: -1 and errno
 public:
  virtual ~FileCalls() = default;
  virtual int open(const char* path, int flags);
  virtual std::ptrdiff_t write(int file, const void* bytes, std::size_t size);
  virtual int fsync(int file);
  virtual int close(int file);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
};

Status write_file_atomically(FileCalls& calls, const Path& path, std::string_view bytes);

}  // namespace diptych
