#pragma once
// Blobs, and when they may go: nothing that a row names, and nothing that was put a moment ago and
// that a row is about to name.

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "jobs/job_store.h"
#include "store/blob_files.h"
#include "store/sqlite/database.h"

namespace diptych::sqlite {

class SqliteBlobStore final : public BlobStore {
 public:
  SqliteBlobStore(std::unique_ptr<BlobFiles> files, Database& database, const Clock& clock)
      : files_(std::move(files)), database_(database), clock_(clock) {}

  Result<std::string> put(std::string_view bytes) override EXCLUDES(mutex_);
  Result<std::string> get(std::string_view hash) override;
  Result<std::uint64_t> size_of(std::string_view hash) override;

  // A row names them now.
  void note_named(std::span<const std::string> hashes) EXCLUDES(mutex_);
  // Removes those that no row names, once the rows that did are gone. What cannot be removed now
  // (logged) goes at the next start.
  void collect(std::span<const std::string> hashes) EXCLUDES(mutex_);
  void collect_forgotten() EXCLUDES(mutex_);  // put long ago, never named
  Status sweep();  // at a start, before anybody puts: all that no row names

 private:
  Status remove_unnamed(Connection& db, std::string_view hash) EXCLUDES(mutex_);

  std::unique_ptr<BlobFiles> files_;
  Database& database_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Monotonic, std::less<>> young_ GUARDED_BY(mutex_);  // when it was put
};

}  // namespace diptych::sqlite
