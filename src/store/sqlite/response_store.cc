#include "store/sqlite/response_store.h"

#include <fmt/format.h>

#include <string>

namespace diptych::sqlite {
namespace {

std::unexpected<Error> not_found(std::string_view id) {
  return fail(ErrorCode::kNotFound, fmt::format("Response with id '{}' not found.", id),
              "response_id");
}

ResponseRow read_response(const Statement& row) {
  return {.id = row.text(0),
          .owner = row.text(1),
          .previous_id = row.text(2),
          .created_ms = row.integer(3),
          .status = row.text(4),
          .background = row.integer(5) != 0,
          .body = row.text(6),
          .input_items = row.text(7),
          .item_ids = {}};
}

// A number that is already there is a conflict (primary key), and a response that is gone is not
// found (foreign key).
Status insert_events(Connection& db, std::string_view id, const std::vector<EventRow>& events) {
  for (const EventRow& event : events) {
    TRY(auto insert, db.prepare("INSERT INTO response_events VALUES (?, ?, ?, ?)"));
    TRY_STATUS(insert.bind(id).bind(event.sequence).bind(event.type).bind(event.body).run());
  }
  return {};
}

Status insert_items(Connection& db, std::string_view id, const std::vector<std::string>& item_ids) {
  for (const std::string& item_id : item_ids) {
    TRY(auto insert, db.prepare("INSERT OR IGNORE INTO response_items VALUES (?, ?)"));
    TRY_STATUS(insert.bind(item_id).bind(id).run());
  }
  return {};
}

Status upsert_response(Connection& db, const ResponseRow& row) {
  // Not INSERT OR REPLACE: replacing would delete the row's events through the foreign key.
  TRY(auto insert,
      db.prepare(
          "INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
          "previous_id = excluded.previous_id, created_ms = excluded.created_ms, "
          "status = excluded.status, background = excluded.background, body = excluded.body, "
          "input_items = excluded.input_items WHERE owner = excluded.owner"));
  insert.bind(row.id).bind(row.owner).bind(row.previous_id).bind(row.created_ms).bind(row.status);
  insert.bind(std::int64_t{row.background ? 1 : 0}).bind(row.body).bind(row.input_items);
  TRY_STATUS(insert.run());
  if (db.changed_row_count() == 0)
    return fail(ErrorCode::kConflict, fmt::format("Id '{}' is taken.", row.id));
  return {};
}

}  // namespace

Status SqliteResponseStore::put(const ResponseRow& row, const std::vector<EventRow>& events) {
  return database_.write([&](Connection& db) -> Status {
    TRY_STATUS(upsert_response(db, row));
    TRY_STATUS(insert_items(db, row.id, row.item_ids));
    return insert_events(db, row.id, events);
  });
}

Status SqliteResponseStore::update(const ResponseUpdate& update) {
  return database_.write([&](Connection& db) -> Status {
    {
      TRY(auto statement, db.prepare("UPDATE responses SET status = ?, body = ? WHERE id = ?"));
      TRY_STATUS(statement.bind(update.status).bind(update.body).bind(update.id).run());
    }
    if (db.changed_row_count() == 0) return not_found(update.id);
    TRY_STATUS(insert_items(db, update.id, update.item_ids));
    return insert_events(db, update.id, update.events);
  });
}

Result<ResponseRow> SqliteResponseStore::get(std::string_view id, std::string_view owner) {
  return database_.read([&](Connection& db) -> Result<ResponseRow> {
    TRY(auto select,
        db.prepare(
            "SELECT id, owner, previous_id, created_ms, status, background, body, input_items "
            "FROM responses WHERE id = ? AND owner = ?"));
    TRY(const bool found, select.bind(id).bind(owner).step());
    if (!found) return not_found(id);
    return read_response(select);
  });
}

Result<ResponseRow> SqliteResponseStore::get_by_item(std::string_view item_id,
                                                     std::string_view owner) {
  return database_.read([&](Connection& db) -> Result<ResponseRow> {
    TRY(auto select,
        db.prepare(
            "SELECT id, owner, previous_id, created_ms, status, background, body, input_items "
            "FROM responses WHERE owner = ? AND id IN "
            "(SELECT response_id FROM response_items WHERE item_id = ?) LIMIT 1"));
    TRY(const bool found, select.bind(owner).bind(item_id).step());
    if (!found)
      return fail(ErrorCode::kNotFound, fmt::format("Item with id '{}' not found.", item_id),
                  "item_id");
    return read_response(select);
  });
}

Status SqliteResponseStore::erase(std::string_view id, std::string_view owner) {
  return database_.write([&](Connection& db) -> Status {
    TRY(auto remove, db.prepare("DELETE FROM responses WHERE id = ? AND owner = ?"));
    TRY_STATUS(remove.bind(id).bind(owner).run());
    if (db.changed_row_count() == 0) return not_found(id);
    return {};
  });
}

Status SqliteResponseStore::append_events(std::string_view id,
                                          const std::vector<EventRow>& events) {
  return database_.write([&](Connection& db) { return insert_events(db, id, events); });
}

Result<std::vector<EventRow>> SqliteResponseStore::events_after(std::string_view id,
                                                                std::int64_t sequence, int limit) {
  return database_.read([&](Connection& db) -> Result<std::vector<EventRow>> {
    TRY(auto select,
        db.prepare("SELECT sequence, type, body FROM response_events "
                   "WHERE response_id = ? AND sequence > ? ORDER BY sequence LIMIT ?"));
    select.bind(id).bind(sequence).bind(std::int64_t{limit});
    std::vector<EventRow> events;
    while (true) {
      TRY(const bool row, select.step());
      if (!row) return events;
      events.push_back(
          {.sequence = select.integer(0), .type = select.text(1), .body = select.text(2)});
    }
  });
}

Result<std::int64_t> SqliteResponseStore::next_sequence(std::string_view id) {
  return database_.read([&](Connection& db) -> Result<std::int64_t> {
    TRY(auto select,
        db.prepare(
            "SELECT coalesce(max(sequence) + 1, 0) FROM response_events WHERE response_id = ?"));
    TRY(const bool row, select.bind(id).step());
    return row ? select.integer(0) : 0;
  });
}

Result<std::vector<ResponseRow>> SqliteResponseStore::unfinished() {
  return database_.read([&](Connection& db) -> Result<std::vector<ResponseRow>> {
    TRY(auto select,
        db.prepare(
            "SELECT id, owner, previous_id, created_ms, status, background, body, input_items "
            "FROM responses WHERE status IN ('queued', 'in_progress') ORDER BY created_ms"));
    std::vector<ResponseRow> rows;
    while (true) {
      TRY(const bool row, select.step());
      if (!row) return rows;
      rows.push_back(read_response(select));
    }
  });
}

}  // namespace diptych::sqlite
