#include "store/sqlite/completion_store.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace diptych::sqlite {
namespace {

using Metadata = std::vector<std::pair<std::string, std::string>>;

std::unexpected<Error> not_found(std::string_view id) {
  return fail(ErrorCode::kNotFound, fmt::format("No chat completion found with id '{}'.", id),
              "completion_id");
}

Status write_metadata(Connection& db, std::string_view id, const Metadata& metadata) {
  TRY(auto clear, db.prepare("DELETE FROM completion_metadata WHERE completion_id = ?"));
  TRY_STATUS(clear.bind(id).run());
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    TRY(auto insert, db.prepare("INSERT INTO completion_metadata VALUES (?, ?, ?, ?)"));
    insert.bind(id).bind(metadata[i].first).bind(metadata[i].second);
    TRY_STATUS(insert.bind(static_cast<std::int64_t>(i)).run());
  }
  return {};
}

Result<Metadata> read_metadata(Connection& db, std::string_view id) {
  TRY(auto select,
      db.prepare(
          "SELECT name, value FROM completion_metadata WHERE completion_id = ? ORDER BY position"));
  select.bind(id);
  Metadata metadata;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) return metadata;
    metadata.emplace_back(select.text(0), select.text(1));
  }
}

constexpr std::string_view kColumns = "id, owner, model, created_ms, body, messages";

CompletionRow read_completion(const Statement& row) {
  return {.id = row.text(0),
          .owner = row.text(1),
          .model = row.text(2),
          .created_ms = row.integer(3),
          .metadata = {},
          .body = row.text(4),
          .messages = row.text(5)};
}

Result<std::int64_t> position_of(Connection& db, std::string_view id, std::string_view owner) {
  TRY(auto select, db.prepare("SELECT position FROM completions WHERE id = ? AND owner = ?"));
  TRY(const bool found, select.bind(id).bind(owner).step());
  if (!found)
    return fail(ErrorCode::kNotFound, fmt::format("No chat completion found with id '{}'.", id),
                "after");
  return select.integer(0);
}

// Depends on how many filters there are, never on their values: those are bound.
std::string list_sql(const CompletionFilter& filter, const Page& page) {
  std::string sql = fmt::format("SELECT {} FROM completions WHERE owner = ?", kColumns);
  if (!filter.model.empty()) sql += " AND model = ?";
  for (std::size_t i = 0; i < filter.metadata.size(); ++i) {
    sql +=
        " AND EXISTS (SELECT 1 FROM completion_metadata m WHERE m.completion_id = completions.id "
        "AND m.name = ? AND m.value = ?)";
  }
  if (!page.after.empty()) sql += page.ascending ? " AND position > ?" : " AND position < ?";
  return sql + (page.ascending ? " ORDER BY position LIMIT ?" : " ORDER BY position DESC LIMIT ?");
}

Result<Listing<CompletionRow>> list_rows(Connection& db, std::string_view owner,
                                         const CompletionFilter& filter, const Page& page) {
  const std::string sql = list_sql(filter, page);
  std::int64_t position = 0;
  if (!page.after.empty()) {
    TRY(position, position_of(db, page.after, owner));
  }
  TRY(auto select, db.prepare(sql));
  select.bind(owner);
  if (!filter.model.empty()) select.bind(filter.model);
  for (const auto& [name, value] : filter.metadata) select.bind(name).bind(value);
  if (!page.after.empty()) select.bind(position);
  select.bind(std::int64_t{page.limit} + 1);  // one more tells whether there is more
  Listing<CompletionRow> listing;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) break;
    if (std::cmp_equal(listing.rows.size(), page.limit)) {
      listing.has_more = true;
      break;
    }
    listing.rows.push_back(read_completion(select));
  }
  for (auto& row : listing.rows) {
    TRY(row.metadata, read_metadata(db, row.id));
  }
  return listing;
}

}  // namespace

Status SqliteCompletionStore::put(const CompletionRow& row) {
  return database_.write([&](Connection& db) -> Status {
    TRY(auto insert,
        db.prepare(
            "INSERT INTO completions (id, owner, model, created_ms, body, messages) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET model = excluded.model, "
            "created_ms = excluded.created_ms, body = excluded.body, messages = excluded.messages "
            "WHERE owner = excluded.owner"));
    insert.bind(row.id)
        .bind(row.owner)
        .bind(row.model)
        .bind(row.created_ms)
        .bind(row.body)
        .bind(row.messages);
    TRY_STATUS(insert.run());
    if (db.changed_row_count() == 0)
      return fail(ErrorCode::kConflict, fmt::format("Id '{}' is taken.", row.id));
    return write_metadata(db, row.id, row.metadata);
  });
}

Result<CompletionRow> SqliteCompletionStore::get(std::string_view id, std::string_view owner) {
  return database_.read([&](Connection& db) -> Result<CompletionRow> {
    TRY(auto select,
        db.prepare(fmt::format("SELECT {} FROM completions WHERE id = ? AND owner = ?", kColumns)));
    TRY(const bool found, select.bind(id).bind(owner).step());
    if (!found) return not_found(id);
    CompletionRow row = read_completion(select);
    TRY(row.metadata, read_metadata(db, id));
    return row;
  });
}

Result<Listing<CompletionRow>> SqliteCompletionStore::list(std::string_view owner,
                                                           const CompletionFilter& filter,
                                                           const Page& page) {
  return database_.read([&](Connection& db) { return list_rows(db, owner, filter, page); });
}

Status SqliteCompletionStore::set_metadata(std::string_view id, std::string_view owner,
                                           const Metadata& metadata) {
  return database_.write([&](Connection& db) -> Status {
    {
      TRY(auto select, db.prepare("SELECT 1 FROM completions WHERE id = ? AND owner = ?"));
      TRY(const bool found, select.bind(id).bind(owner).step());
      if (!found) return not_found(id);
    }
    return write_metadata(db, id, metadata);
  });
}

Status SqliteCompletionStore::erase(std::string_view id, std::string_view owner) {
  return database_.write([&](Connection& db) -> Status {
    TRY(auto remove, db.prepare("DELETE FROM completions WHERE id = ? AND owner = ?"));
    TRY_STATUS(remove.bind(id).bind(owner).run());
    if (db.changed_row_count() == 0) return not_found(id);
    return {};
  });
}

}  // namespace diptych::sqlite
