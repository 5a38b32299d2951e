#include "store/sqlite/key_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

namespace diptych::sqlite {
namespace {

// Scopes are one word each, kept as one text: "inference admin".
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

ApiKey read_key(const Statement& row) {
  return {.id = row.text(0),
          .name = row.text(1),
          .hash = row.text(2),
          .shown = row.text(3),
          .scopes = split_words(row.text(4)),
          .created_ms = row.integer(5),
          .revoked_ms = row.optional_integer(6)};
}

}  // namespace

Status SqliteKeyStore::add(const ApiKey& key) {
  const std::string scopes = fmt::format("{}", fmt::join(key.scopes, " "));
  return database_.write([&](Connection& db) -> Status {
    TRY(auto insert, db.prepare("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?)"));
    insert.bind(key.id).bind(key.name).bind(key.hash).bind(key.shown).bind(scopes);
    return insert.bind(key.created_ms).bind(key.revoked_ms).run();
  });
}

Result<std::optional<ApiKey>> SqliteKeyStore::find_by_hash(std::string_view hash) {
  return database_.read([&](Connection& db) -> Result<std::optional<ApiKey>> {
    TRY(auto select, db.prepare("SELECT id, name, hash, shown, scopes, created_ms, revoked_ms FROM "
                                "api_keys WHERE hash = ?"));
    TRY(const bool found, select.bind(hash).step());
    if (!found) return std::nullopt;
    return read_key(select);
  });
}

Result<std::vector<ApiKey>> SqliteKeyStore::list() {
  return database_.read([&](Connection& db) -> Result<std::vector<ApiKey>> {
    TRY(auto select,
        db.prepare("SELECT id, name, hash, shown, scopes, created_ms, revoked_ms FROM api_keys "
                   "ORDER BY created_ms, rowid"));
    std::vector<ApiKey> keys;
    while (true) {
      TRY(const bool row, select.step());
      if (!row) return keys;
      keys.push_back(read_key(select));
    }
  });
}

Status SqliteKeyStore::revoke(std::string_view id, std::int64_t now_ms) {
  return database_.write([&](Connection& db) -> Status {
    // The first revocation counts: repeating it must not move the time.
    TRY(auto update,
        db.prepare("UPDATE api_keys SET revoked_ms = coalesce(revoked_ms, ?) WHERE id = ?"));
    TRY_STATUS(update.bind(now_ms).bind(id).run());
    if (db.changed_row_count() == 0)
      return fail(ErrorCode::kNotFound, fmt::format("No API key with id '{}'.", id), "id");
    return {};
  });
}

}  // namespace diptych::sqlite
