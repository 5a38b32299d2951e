#pragma once
#include "base/clock.h"
#include "jobs/job_store.h"
#include "store/sqlite/blob_store.h"
#include "store/sqlite/database.h"

namespace diptych::sqlite {

class SqliteJobStore final : public JobStore {
 public:
  SqliteJobStore(Database& database, SqliteBlobStore& blobs, const Clock& clock)
      : database_(database), blobs_(blobs), clock_(clock) {}

  Result<Submitted> submit(const NewJob& job, const QueueLimits& limits) override;
  Result<std::optional<Lease>> lease(std::span<const JobKind> kinds) override;
  Status heartbeat(const Lease& lease, const JobProgress& progress) override;
  Status checkpoint(const Lease& lease, std::string_view bytes) override;
  Status hold_blob(const Lease& lease, std::string_view hash) override;
  Result<std::vector<Job>> finish(const Lease& lease, const JobOutcome& outcome,
                                  const LedgerRow& bill) override;
  Status give_up(const Lease& lease) override;
  Result<Cancelled> cancel(std::string_view id) override;
  Result<Job> get(std::string_view id) override;
  Result<Listing<Job>> list(const JobFilter& filter, const Page& page) override;
  Result<std::optional<int>> position(std::string_view id) override;
  Result<std::vector<std::string>> queue_order() override;
  Result<int> queued_count(std::optional<std::string_view> owner) override;
  Status erase(std::string_view id) override;
  Result<int> recover() override;
  Result<int> retain(const Keep& keep, int limit) override;

 private:
  Database& database_;
  SqliteBlobStore& blobs_;
  const Clock& clock_;
};

class SqliteGalleryStore final : public GalleryStore {
 public:
  SqliteGalleryStore(Database& database, SqliteBlobStore& blobs)
      : database_(database), blobs_(blobs) {}
  Result<GalleryRow> get(std::string_view id) override;
  Result<Listing<GalleryRow>> list(const GalleryFilter& filter, const Page& page) override;
  Status erase(std::string_view id) override;

 private:
  Database& database_;
  SqliteBlobStore& blobs_;
};

}  // namespace diptych::sqlite
