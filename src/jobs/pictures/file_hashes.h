#pragma once
// SHA-256 of large files, computed once: kept in a file by path, size and time of change.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/mutex.h"

namespace diptych {

class FileHashes {  // safe from any thread
 public:
  // `kept_in` need not exist; empty: nothing is kept on disk.
  explicit FileHashes(Path kept_in);

  // Lower-case hex. Reads the file where its hash is not known: about a second for 1 to 2 GB.
  // Two threads that ask for the same file may both read it.
  Result<std::string> get(const Path& file);
  std::optional<std::string> known(const Path& file) const;

 private:
  struct Kept {
    std::string stamp, hash;
  };
  void save() REQUIRES(mutex_);

  const Path kept_in_;
  mutable Mutex mutex_;
  std::map<std::string, Kept> kept_ GUARDED_BY(mutex_);  // by canonical path
};

// Size and time of a file or folder as text; "" when it is not there. Changes when it is replaced.
std::string file_stamp(const Path& path);

}  // namespace diptych
