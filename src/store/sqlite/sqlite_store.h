#pragma once
// Private to store/sqlite: opening with options that only tests change.

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "store/blob_files.h"
#include "store/store.h"

namespace diptych::sqlite {

struct StoreOptions {
  std::string file;
  std::string vfs;                       // "": the default
  FileCalls* blob_file_calls = nullptr;  // nullptr: the system's
};
Result<std::unique_ptr<SqliteStore>> open_store(const StoreOptions& options, const Clock& clock);

}  // namespace diptych::sqlite
