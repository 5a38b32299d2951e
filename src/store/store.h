#pragma once
// Everything the server keeps on disk, in one SQLite file (WAL). Committed rows survive kill -9; a
// power loss may lose the last moments before it, never the file.

#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
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
  Stores stores() {
    return {.responses = responses(), .completions = completions(), .keys = keys()};
  }
};

// Opens or creates `file` (its folder must exist) and brings its tables up to date; ":memory:"
// keeps nothing. The file is made readable for its owner only: it holds conversations and key
// hashes. kIo; kUnsupported: written by a newer version. The clock stamps schema changes and must
// outlive the store.
Result<std::unique_ptr<SqliteStore>> make_sqlite_store(const Path& file, const Clock& clock);

}  // namespace diptych
