#include "store/sqlite/blob_store.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/log.h"

namespace diptych::sqlite {
namespace {

// A form with a picture is sent, read, and becomes a job in much less.
constexpr Duration kYoung = std::chrono::hours(1);

Result<bool> is_named(Connection& db, std::string_view hash) {
  TRY(auto select, db.prepare("SELECT EXISTS (SELECT 1 FROM job_outputs WHERE blob = ?1) OR "
                              "EXISTS (SELECT 1 FROM job_blobs WHERE blob = ?1)"));
  TRY(const bool row, select.bind(hash).step());
  return row && select.integer(0) != 0;
}

}  // namespace

Result<std::string> SqliteBlobStore::put(std::string_view bytes) {
  std::string hash = to_hex(sha256(bytes));
  {
    const MutexLock lock(mutex_);  // before it is looked for: what is there stays from now on
    young_[hash] = clock_.now();
  }
  TRY_STATUS(files_->write(hash, bytes));
  return hash;
}

Result<std::string> SqliteBlobStore::get(std::string_view hash) {
  TRY(std::string bytes, files_->read(hash));
  if (to_hex(sha256(bytes)) != hash)
    return fail(ErrorCode::kIo, fmt::format("The file '{}' is damaged on the disk.", hash));
  return bytes;
}

Result<std::uint64_t> SqliteBlobStore::size_of(std::string_view hash) {
  return files_->size_of(hash);
}

void SqliteBlobStore::note_named(std::span<const std::string> hashes) {
  const MutexLock lock(mutex_);
  for (const std::string& hash : hashes) young_.erase(hash);
}

// Within a transaction, so that no row can come to name it meanwhile; under the lock, so that
// nobody who puts it finds it there and then loses it.
Status SqliteBlobStore::remove_unnamed(Connection& db, std::string_view hash) {
  TRY(const bool named, is_named(db, hash));
  if (named) return {};
  const MutexLock lock(mutex_);
  const auto found = young_.find(hash);
  if (found != young_.end()) {
    if (clock_.now() - found->second < kYoung) return {};
    young_.erase(found);
  }
  return files_->remove(hash);
}

void SqliteBlobStore::collect(std::span<const std::string> hashes) {
  if (hashes.empty()) return;
  const Status status = database_.write([&](Connection& db) -> Status {
    for (const std::string& hash : hashes) TRY_STATUS(remove_unnamed(db, hash));
    return {};
  });
  if (!status) log_warn("Files stay until the next start: {}", status.error().message);
}

void SqliteBlobStore::collect_forgotten() {
  std::vector<std::string> old;
  {
    const MutexLock lock(mutex_);
    for (const auto& [hash, put_at] : young_)
      if (clock_.now() - put_at >= kYoung) old.push_back(hash);
  }
  collect(old);
}

Status SqliteBlobStore::sweep() {
  TRY_STATUS(files_->remove_unfinished());
  TRY(const std::vector<std::string> hashes, files_->list());
  return database_.write([&](Connection& db) -> Status {
    for (const std::string& hash : hashes) TRY_STATUS(remove_unnamed(db, hash));
    return {};
  });
}

}  // namespace diptych::sqlite
