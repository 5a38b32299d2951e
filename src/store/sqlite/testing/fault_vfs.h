#pragma once
// A file system for tests that refuses the n-th change. Everything else goes to the real one.

#include <string>

namespace diptych::sqlite {

enum class FaultKind { kIoError, kDiskFull };
enum class FaultLength { kOnce, kFromThenOn };

class FaultVfs {  // registered with SQLite under name() while it lives
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  const std::string& name() const;
  // The nth (from 1) write, sync or truncate from now on fails; 0: none does.
  void arm(int nth, FaultKind kind, FaultLength length);
  bool fired() const;

  struct Impl;

 private:
  Impl* impl_;
};

}  // namespace diptych::sqlite
