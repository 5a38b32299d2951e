#pragma once
// Everything the server keeps on disk: one SQLite file (WAL), and a folder of files that rows name
// by their hash. Committed rows survive kill -9; a power loss may lose the last moments before it,
// never the file.

#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "jobs/job_store.h"
#include "jobs/stores.h"

namespace diptych {

struct Stores {  // the parts that handlers see
  ResponseStore& responses;
  CompletionStore& completions;
  KeyStore& keys;
};

class SqliteStore {  // safe from any thread
 public:
  virtual ~SqliteStore() = default;
  virtual ResponseStore& responses() = 0;
  virtual CompletionStore& completions() = 0;
  virtual KeyStore& keys() = 0;
  virtual AnswerExpiry& expiry() = 0;
  virtual JobStore& jobs() = 0;
  virtual BlobStore& blobs() = 0;
  virtual GalleryStore& gallery() = 0;
  Stores stores() {
    return {.responses = responses(), .completions = completions(), .keys = keys()};
  }
};

// Opens or creates `file` (its folder must exist) and brings its tables up to date; blobs are in
// the folder "blobs" beside it. ":memory:" keeps nothing, on no disk. File and folder are made
// readable for their owner only: they hold conversations, pictures and key hashes. kIo;
// kUnsupported: written by a newer version. The clock stamps rows and must outlive the store.
Result<std::unique_ptr<SqliteStore>> make_sqlite_store(const Path& file, const Clock& clock);

}  // namespace diptych
