#pragma once
// Where the bytes of blobs lie. Private to store/: others have jobs/job_store.h's BlobStore.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace diptych {

class FileCalls;

class BlobFiles {  // safe from any thread; a hash names what was written under it
 public:
  virtual ~BlobFiles() = default;
  // Whole or not at all, and on the disk when it returns. Nothing to do when it is there.
  virtual Status write(std::string_view hash, std::string_view bytes) = 0;
  virtual Result<std::string> read(std::string_view hash) = 0;       // kNotFound
  virtual Result<std::uint64_t> size_of(std::string_view hash) = 0;  // kNotFound
  virtual Status remove(std::string_view hash) = 0;                  // gone already: fine
  virtual Result<std::vector<std::string>> list() = 0;               // hashes
  virtual Status remove_unfinished() = 0;  // what a crash left; nobody may write meanwhile
};

// In `folder`, made when the first blob comes, for its owner only. `calls`: for tests; nullptr: the
// system's.
std::unique_ptr<BlobFiles> make_blob_folder(Path folder, FileCalls* calls = nullptr);
std::unique_ptr<BlobFiles> make_blobs_in_memory();

bool is_blob_hash(std::string_view text);  // 64 lower-case hex digits

}  // namespace diptych
