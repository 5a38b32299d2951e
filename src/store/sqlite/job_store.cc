#include "store/sqlite/job_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/sqlite/gallery_rows.h"
#include "store/sqlite/job_history.h"
#include "store/sqlite/job_json.h"
#include "store/sqlite/job_lease.h"
#include "store/sqlite/job_rows.h"
#include "store/sqlite/job_settle.h"
#include "store/sqlite/job_submit.h"

namespace diptych::sqlite {
namespace {

std::vector<std::string> blobs_in(const std::vector<JobOutput>& outputs) {
  std::vector<std::string> blobs;
  for (const JobOutput& output : outputs) blobs.push_back(output.blob);
  return blobs;
}

}  // namespace

Result<Submitted> SqliteJobStore::submit(const NewJob& job, const QueueLimits& limits) {
  TRY(Submitted submitted, database_.write_value([&](Connection& db) {
    return submit_job(db, job, limits, blobs_, clock_);
  }));
  blobs_.note_named(submitted.job.spec.blobs);
  return submitted;
}

Result<std::optional<Lease>> SqliteJobStore::lease(std::span<const JobKind> kinds) {
  return database_.write_value([&](Connection& db) { return lease_next(db, kinds, clock_); });
}

Status SqliteJobStore::heartbeat(const Lease& lease, const JobProgress& progress) {
  const std::string json = dump_progress(progress);
  return database_.write([&](Connection& db) -> Status {
    TRY(const LeasedNumber leased, number_of(db, lease));
    if (leased.cancel_wanted)
      return fail(ErrorCode::kCancelled, fmt::format("Job {} is to be cancelled.", lease.job.id));
    TRY(auto update, db.prepare("UPDATE jobs SET progress = ?, heartbeat_ms = ? WHERE number = ?"));
    return update.bind(json).bind(clock_.unix_ms()).bind(leased.number).run();
  });
}

Status SqliteJobStore::checkpoint(const Lease& lease, std::string_view bytes) {
  return database_.write([&](Connection& db) -> Status {
    TRY(const LeasedNumber leased, number_of(db, lease));
    {
      TRY(auto upsert, db.prepare("INSERT INTO job_checkpoints VALUES (?, ?) ON CONFLICT (job) "
                                  "DO UPDATE SET bytes = excluded.bytes"));
      TRY_STATUS(upsert.bind(leased.number).bind_bytes(bytes).run());
    }
    TRY(auto update, db.prepare("UPDATE jobs SET crashes = 0 WHERE number = ?"));
    return update.bind(leased.number).run();
  });
}

Status SqliteJobStore::hold_blob(const Lease& lease, std::string_view hash) {
  const Status held = database_.write([&](Connection& db) -> Status {
    TRY(const LeasedNumber leased, number_of(db, lease));
    TRY_STATUS(blobs_.size_of(hash));
    TRY(auto insert, db.prepare("INSERT OR IGNORE INTO job_blobs VALUES (?, 'work', ?)"));
    return insert.bind(leased.number).bind(hash).run();
  });
  TRY_STATUS(held);
  const std::string named(hash);
  blobs_.note_named({&named, 1});
  return {};
}

Result<std::vector<Job>> SqliteJobStore::finish(const Lease& lease, const JobOutcome& outcome,
                                                const LedgerRow& bill) {
  JobOutcome sized = outcome;
  TRY(Ended ended, database_.write_value([&](Connection& db) -> Result<Ended> {
    for (JobOutput& output : sized.outputs) {
      TRY(output.size_bytes, blobs_.size_of(output.blob));
    }
    return finish_job(db, lease, sized, bill, clock_);
  }));
  blobs_.note_named(blobs_in(outcome.outputs));
  blobs_.collect(ended.blobs);
  return std::move(ended.jobs);
}

Status SqliteJobStore::give_up(const Lease& lease) {
  return database_.write([&](Connection& db) { return give_up_job(db, lease); });
}

Result<Cancelled> SqliteJobStore::cancel(std::string_view id) {
  TRY(CancelledRows rows,
      database_.write_value([&](Connection& db) { return cancel_job(db, id, clock_); }));
  blobs_.collect(rows.ended.blobs);
  return Cancelled{.state = rows.state, .ended = std::move(rows.ended.jobs)};
}

Result<Job> SqliteJobStore::get(std::string_view id) {
  return database_.read_together([&](Connection& db) -> Result<Job> {
    TRY(JobRow row, get_job(db, id));
    return std::move(row.job);
  });
}

Result<Listing<Job>> SqliteJobStore::list(const JobFilter& filter, const Page& page) {
  return database_.read_together([&](Connection& db) { return list_jobs(db, filter, page); });
}

Result<std::vector<std::string>> SqliteJobStore::queue_order() {
  return database_.read_together([&](Connection& db) { return order_of_queue(db); });
}

Result<std::optional<int>> SqliteJobStore::position(std::string_view id) {
  TRY(const std::vector<std::string> order, queue_order());
  const auto found = std::ranges::find(order, id);
  if (found != order.end()) return static_cast<int>(found - order.begin());
  TRY_STATUS(get(id));
  return std::optional<int>();
}

Result<int> SqliteJobStore::queued_count(std::optional<std::string_view> owner) {
  return database_.read([&](Connection& db) -> Result<int> {
    TRY(auto select, db.prepare(owner ? "SELECT count(*) FROM jobs WHERE state = 'queued' AND "
                                        "owner = ?"
                                      : "SELECT count(*) FROM jobs WHERE state = 'queued'"));
    if (owner) select.bind(*owner);
    TRY(const bool row, select.step());
    return row ? static_cast<int>(select.integer(0)) : 0;
  });
}

Status SqliteJobStore::erase(std::string_view id) {
  TRY(const Erased erased,
      database_.write_value([&](Connection& db) { return erase_job(db, id); }));
  blobs_.collect(erased.blobs);
  return {};
}

Result<int> SqliteJobStore::recover() {
  TRY(const Recovered recovered,
      database_.write_value([&](Connection& db) { return recover_jobs(db, clock_); }));
  TRY_STATUS(blobs_.sweep());
  return recovered.count;
}

Result<int> SqliteJobStore::retain(const Keep& keep, int limit) {
  TRY(const Erased erased,
      database_.write_value([&](Connection& db) { return erase_oldest_jobs(db, keep, limit); }));
  blobs_.collect(erased.blobs);
  blobs_.collect_forgotten();
  return erased.count;
}

Result<GalleryRow> SqliteGalleryStore::get(std::string_view id) {
  return database_.read([&](Connection& db) { return get_gallery_row(db, id); });
}

Result<Listing<GalleryRow>> SqliteGalleryStore::list(const GalleryFilter& filter,
                                                     const Page& page) {
  return database_.read_together([&](Connection& db) { return list_gallery(db, filter, page); });
}

// The job's output goes with it: its file is to go.
Status SqliteGalleryStore::erase(std::string_view id) {
  TRY(const std::string blob, database_.write_value([&](Connection& db) -> Result<std::string> {
    TRY(const GalleryRow row, get_gallery_row(db, id));
    TRY(auto remove, db.prepare("DELETE FROM job_outputs WHERE (job, place) = "
                                "(SELECT job, place FROM gallery WHERE id = ?)"));
    TRY_STATUS(remove.bind(id).run());
    return row.blob;
  }));
  blobs_.collect({&blob, 1});
  return {};
}

}  // namespace diptych::sqlite
