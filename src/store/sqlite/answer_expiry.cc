#include "store/sqlite/answer_expiry.h"

#include <string>
#include <utility>
#include <vector>

namespace diptych::sqlite {
namespace {

enum class Table : std::uint8_t { kResponses, kCompletions };  // as numbered in kOldest

// ?1: created before, ?2: how many. Both inner parts read an index from its old end.
constexpr std::string_view kOldest = R"sql(
  SELECT kind, id FROM (
    SELECT * FROM (SELECT 0 AS kind, id, created_ms FROM responses
                   WHERE created_ms < ?1 AND status NOT IN ('queued', 'in_progress')
                   ORDER BY created_ms LIMIT ?2)
    UNION ALL
    SELECT * FROM (SELECT 1 AS kind, id, created_ms FROM completions
                   WHERE created_ms < ?1 ORDER BY created_ms LIMIT ?2))
  ORDER BY created_ms LIMIT ?2)sql";

using Found = std::vector<std::pair<Table, std::string>>;

Result<Found> find_oldest(Connection& db, std::int64_t unix_ms, int limit) {
  TRY(auto select, db.prepare(kOldest));
  select.bind(unix_ms).bind(std::int64_t{limit});
  Found found;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) return found;
    found.emplace_back(select.integer(0) == 0 ? Table::kResponses : Table::kCompletions,
                       select.text(1));
  }
}

// Events, items and metadata go with their row (ON DELETE CASCADE).
Status erase(Connection& db, Table table, std::string_view id) {
  TRY(auto remove, db.prepare(table == Table::kResponses ? "DELETE FROM responses WHERE id = ?"
                                                         : "DELETE FROM completions WHERE id = ?"));
  return remove.bind(id).run();
}

Result<std::int64_t> pragma(Connection& db, std::string_view sql) {
  TRY(auto statement, db.prepare(sql));
  TRY(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

}  // namespace

Result<int> SqliteAnswerExpiry::erase_oldest(std::int64_t unix_ms, int limit) {
  int erased = 0;
  const Status status = database_.write([&](Connection& db) -> Status {
    TRY(const Found found, find_oldest(db, unix_ms, limit));
    for (const auto& [table, id] : found) TRY_STATUS(erase(db, table, id));
    erased = static_cast<int>(found.size());
    return {};
  });
  if (!status) return fail(status.error());
  return erased;
}

Result<std::uint64_t> SqliteAnswerExpiry::used_bytes() {
  return database_.read([](Connection& db) -> Result<std::uint64_t> {
    TRY(const std::int64_t pages, pragma(db, "PRAGMA page_count"));
    TRY(const std::int64_t free, pragma(db, "PRAGMA freelist_count"));
    TRY(const std::int64_t bytes, pragma(db, "PRAGMA page_size"));
    return static_cast<std::uint64_t>((pages - free) * bytes);
  });
}

}  // namespace diptych::sqlite
