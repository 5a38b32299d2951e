#include "store/sqlite/job_lease.h"

#include <algorithm>
#include <map>
#include <utility>

#include "store/sqlite/job_rows.h"

namespace diptych::sqlite {
namespace {

Result<std::vector<WaitingJob>> read_waiting(Connection& db, JobKind kind) {
  TRY(auto select, db.prepare("SELECT number, owner, priority, cost FROM jobs "
                              "WHERE state = 'queued' AND waits_for = 0 AND kind = ?"));
  select.bind(name_of(kind));
  std::vector<WaitingJob> waiting;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) return waiting;
    waiting.push_back({.number = select.integer(0),
                       .owner = select.text(1),
                       .priority = static_cast<JobPriority>(select.integer(2)),
                       .cost = select.integer(3)});
  }
}

Result<FairShares> read_shares(Connection& db) {
  std::map<std::string, std::int64_t> served;
  {
    TRY(auto select, db.prepare("SELECT owner, served FROM job_shares"));
    while (true) {
      TRY(const bool row, select.step());
      if (!row) break;
      served.emplace(select.text(0), select.integer(1));
    }
  }
  TRY(auto select, db.prepare("SELECT served FROM job_share_clock"));
  TRY(const bool row, select.step());
  return FairShares(std::move(served), row ? select.integer(0) : 0);
}

// Owners below the clock count from it anyway: they need no row, once nothing is to be settled.
Status write_shares(Connection& db, const FairShares& shares, const std::string& owner) {
  {
    TRY(auto update, db.prepare("UPDATE job_share_clock SET served = ?"));
    TRY_STATUS(update.bind(shares.clock()).run());
  }
  {
    TRY(auto upsert, db.prepare("INSERT INTO job_shares VALUES (?, ?) ON CONFLICT (owner) "
                                "DO UPDATE SET served = excluded.served"));
    TRY_STATUS(upsert.bind(owner).bind(shares.tag_of(owner)).run());
  }
  TRY(auto prune, db.prepare("DELETE FROM job_shares WHERE served < ? AND owner NOT IN "
                             "(SELECT owner FROM jobs WHERE state = 'running')"));
  return prune.bind(shares.clock()).run();
}

Status mark_running(Connection& db, std::int64_t number, std::int64_t now_ms) {
  TRY(auto update, db.prepare("UPDATE jobs SET state = 'running', attempts = attempts + 1, "
                              "started_ms = coalesce(started_ms, ?1), heartbeat_ms = ?1 "
                              "WHERE number = ?2"));
  return update.bind(now_ms).bind(number).run();
}

Result<std::string> read_checkpoint(Connection& db, std::int64_t number) {
  TRY(auto select, db.prepare("SELECT bytes FROM job_checkpoints WHERE job = ?"));
  TRY(const bool row, select.bind(number).step());
  return row ? select.bytes(0) : std::string();
}

Result<std::string> id_of(Connection& db, std::int64_t number) {
  TRY(auto select, db.prepare("SELECT id FROM jobs WHERE number = ?"));
  TRY(const bool row, select.bind(number).step());
  return row ? select.text(0) : std::string();
}

}  // namespace

Result<std::optional<Lease>> lease_next(Connection& db, std::span<const JobKind> kinds,
                                        const Clock& clock) {
  std::vector<WaitingJob> waiting;
  for (const JobKind kind : kinds) {
    TRY(std::vector<WaitingJob> more, read_waiting(db, kind));
    std::ranges::move(more, std::back_inserter(waiting));
  }
  if (waiting.empty()) return std::optional<Lease>();
  TRY(FairShares shares, read_shares(db));
  const WaitingJob& next = waiting[pick_next(waiting, shares)];
  shares.start(next);
  TRY_STATUS(write_shares(db, shares, next.owner));
  TRY_STATUS(mark_running(db, next.number, clock.unix_ms()));
  TRY(const std::string id, id_of(db, next.number));
  TRY(JobRow row, get_job(db, id));
  Lease lease;
  lease.token = row.job.attempts;
  lease.job = std::move(row.job);
  TRY(lease.checkpoint, read_checkpoint(db, next.number));
  return std::optional<Lease>(std::move(lease));
}

Status settle_share(Connection& db, const Job& job, std::int64_t pixel_steps) {
  TRY(auto update, db.prepare("UPDATE job_shares SET served = served + ? WHERE owner = ?"));
  return update.bind(pixel_steps - charged_cost(job.spec.cost)).bind(job.spec.owner).run();
}

Result<std::vector<std::string>> order_of_queue(Connection& db) {
  std::vector<WaitingJob> waiting;
  std::map<std::int64_t, std::string> ids;
  {
    TRY(auto select, db.prepare("SELECT number, owner, priority, cost, id FROM jobs "
                                "WHERE state = 'queued' ORDER BY waits_for, number"));
    while (true) {
      TRY(const bool row, select.step());
      if (!row) break;
      ids.emplace(select.integer(0), select.text(4));
      waiting.push_back({.number = select.integer(0),
                         .owner = select.text(1),
                         .priority = static_cast<JobPriority>(select.integer(2)),
                         .cost = select.integer(3)});
    }
  }
  TRY(FairShares shares, read_shares(db));
  std::vector<std::string> order;
  for (const std::int64_t number : expected_order(waiting, std::move(shares)))
    order.push_back(std::move(ids[number]));
  return order;
}

}  // namespace diptych::sqlite
