#include "store/sqlite/job_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "store/sqlite/job_rows.h"

namespace diptych::sqlite {
namespace {

// Depends on which filters there are, never on their values: those are bound.
std::string list_sql(const JobFilter& filter, const Page& page) {
  std::string sql = fmt::format("SELECT {} FROM jobs WHERE 1", kJobColumns);
  if (filter.owner) sql += " AND owner = ?";
  if (filter.state) sql += " AND state = ?";
  if (filter.kind) sql += " AND kind = ?";
  if (!page.after.empty()) sql += page.ascending ? " AND number > ?" : " AND number < ?";
  return sql + (page.ascending ? " ORDER BY number LIMIT ?" : " ORDER BY number DESC LIMIT ?");
}

Result<std::int64_t> place_after(Connection& db, const JobFilter& filter, const Page& page) {
  TRY(auto select, db.prepare("SELECT number, owner FROM jobs WHERE id = ?"));
  TRY(const bool found, select.bind(page.after).step());
  if (!found || (filter.owner && select.text(1) != *filter.owner))
    return fail(ErrorCode::kNotFound, fmt::format("There is no job '{}'.", page.after), "after");
  return select.integer(0);
}

Result<std::vector<JobRow>> read_page(Connection& db, const JobFilter& filter, const Page& page) {
  std::int64_t number = 0;
  if (!page.after.empty()) {
    TRY(number, place_after(db, filter, page));
  }
  const std::string sql = list_sql(filter, page);
  TRY(auto select, db.prepare(sql));
  if (filter.owner) select.bind(*filter.owner);
  if (filter.state) select.bind(name_of(*filter.state));
  if (filter.kind) select.bind(name_of(*filter.kind));
  if (!page.after.empty()) select.bind(number);
  select.bind(std::int64_t{page.limit} + 1);  // one more tells whether there is more
  std::vector<JobRow> rows;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) return rows;
    rows.push_back(read_job_row(select));
  }
}

struct OldJob {
  std::int64_t number = 0, created_ms = 0, output_bytes = 0;
};

// Text turns are records of another kind, with bounds of their own.
Result<std::vector<OldJob>> read_oldest(Connection& db, int limit) {
  TRY(auto select,
      db.prepare("SELECT number, created_ms, (SELECT coalesce(sum(size_bytes), 0) FROM job_outputs "
                 "WHERE job = number) FROM jobs WHERE finished_ms IS NOT NULL AND kind <> 'text' "
                 "ORDER BY number LIMIT ?"));
  select.bind(std::int64_t{limit});
  std::vector<OldJob> old;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) return old;
    old.push_back({.number = select.integer(0),
                   .created_ms = select.integer(1),
                   .output_bytes = select.integer(2)});
  }
}

Result<std::int64_t> read_integer(Connection& db, std::string_view sql) {
  TRY(auto select, db.prepare(sql));
  TRY(const bool row, select.step());
  return row ? select.integer(0) : 0;
}

Status erase_number(Connection& db, std::int64_t number, Erased& erased) {
  TRY(std::vector<std::string> blobs, blobs_of(db, number));
  std::ranges::move(blobs, std::back_inserter(erased.blobs));
  TRY(auto remove, db.prepare("DELETE FROM jobs WHERE number = ?"));  // its parts go with it
  TRY_STATUS(remove.bind(number).run());
  ++erased.count;
  return {};
}

}  // namespace

Result<Listing<Job>> list_jobs(Connection& db, const JobFilter& filter, const Page& page) {
  TRY(std::vector<JobRow> rows, read_page(db, filter, page));
  Listing<Job> listing;
  listing.has_more = std::cmp_greater(rows.size(), page.limit);
  if (listing.has_more) rows.pop_back();
  for (JobRow& row : rows) {
    TRY_STATUS(read_job_parts(db, row));
    listing.rows.push_back(std::move(row.job));
  }
  return listing;
}

Result<Erased> erase_job(Connection& db, std::string_view id) {
  TRY(const JobRow row, get_job(db, id));
  if (!is_final(row.job.state))
    return fail(ErrorCode::kConflict,
                fmt::format("Job {} is {}: cancel it first.", id, name_of(row.job.state)));
  Erased erased;
  TRY_STATUS(erase_number(db, row.number, erased));
  return erased;
}

Result<Erased> erase_oldest_jobs(Connection& db, const JobStore::Keep& keep, int limit) {
  Erased erased;
  std::int64_t excess_count = 0, excess_bytes = 0;
  if (keep.count_max) {
    TRY(const std::int64_t count, read_integer(db,
                                               "SELECT count(*) FROM jobs WHERE finished_ms "
                                               "IS NOT NULL AND kind <> 'text'"));
    excess_count = count - *keep.count_max;
  }
  if (keep.bytes_max) {
    TRY(const std::int64_t bytes,
        read_integer(db, "SELECT coalesce(sum(size_bytes), 0) FROM job_outputs"));
    excess_bytes = bytes - static_cast<std::int64_t>(*keep.bytes_max);
  }
  TRY(const std::vector<OldJob> oldest, read_oldest(db, limit));
  for (const OldJob& job : oldest) {
    const bool too_old = keep.created_after_ms && job.created_ms < *keep.created_after_ms;
    if (!too_old && excess_count <= 0 && excess_bytes <= 0) break;
    TRY_STATUS(erase_number(db, job.number, erased));
    --excess_count;
    excess_bytes -= job.output_bytes;
  }
  return erased;
}

}  // namespace diptych::sqlite
