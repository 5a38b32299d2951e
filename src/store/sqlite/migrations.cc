#include "store/sqlite/migrations.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace diptych::sqlite {
namespace {

constexpr std::array kMigrations{
    Migration{.name = "schema_steps", .sql = R"sql(
      CREATE TABLE schema_steps (step INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL) STRICT;
    )sql"},
    Migration{.name = "responses", .sql = R"sql(
      CREATE TABLE responses (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, previous_id TEXT NOT NULL, created_ms INTEGER NOT NULL,
        status TEXT NOT NULL, background INTEGER NOT NULL, body TEXT NOT NULL, input_items TEXT NOT NULL) STRICT;
      CREATE INDEX responses_unfinished ON responses (created_ms) WHERE status IN ('queued', 'in_progress');
      CREATE TABLE response_events (
        response_id TEXT NOT NULL REFERENCES responses (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (response_id, sequence)) STRICT, WITHOUT ROWID;
      CREATE TABLE response_items (
        item_id TEXT NOT NULL, response_id TEXT NOT NULL REFERENCES responses (id) ON DELETE CASCADE,
        PRIMARY KEY (item_id, response_id)) STRICT, WITHOUT ROWID;
      CREATE INDEX response_items_by_response ON response_items (response_id);
    )sql"},
    // position: the order of lists; created_ms may repeat.
    Migration{.name = "completions", .sql = R"sql(
      CREATE TABLE completions (
        position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, model TEXT NOT NULL,
        created_ms INTEGER NOT NULL, body TEXT NOT NULL, messages TEXT NOT NULL) STRICT;
      CREATE INDEX completions_by_owner ON completions (owner, position);
      CREATE TABLE completion_metadata (
        completion_id TEXT NOT NULL REFERENCES completions (id) ON DELETE CASCADE,
        name TEXT NOT NULL, value TEXT NOT NULL, position INTEGER NOT NULL,
        PRIMARY KEY (completion_id, name)) STRICT, WITHOUT ROWID;
    )sql"},
    Migration{.name = "api_keys", .sql = R"sql(
      CREATE TABLE api_keys (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, shown TEXT NOT NULL, scopes TEXT NOT NULL,
        created_ms INTEGER NOT NULL, revoked_ms INTEGER) STRICT;
    )sql"},
    Migration{.name = "answers_by_age", .sql = R"sql(
      CREATE INDEX responses_by_age ON responses (created_ms);
      CREATE INDEX completions_by_age ON completions (created_ms);
    )sql"},
    // number: the order of acceptance. waits_for: how many jobs it needs that have not succeeded
    // yet. cost: expected pixel-steps. crashes: since its last checkpoint. NULL: not known, not
    // there. job_blobs.role: 'input' as long as the job, 'work' while it runs.
    Migration{.name = "jobs", .sql = R"sql(
      CREATE TABLE jobs (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL,
        request TEXT NOT NULL, priority INTEGER NOT NULL, idempotency_key TEXT, timeout_ms INTEGER, cost INTEGER NOT NULL,
        state TEXT NOT NULL, waits_for INTEGER NOT NULL, cancel_wanted INTEGER NOT NULL, attempts INTEGER NOT NULL,
        crashes INTEGER NOT NULL, created_ms INTEGER NOT NULL, started_ms INTEGER, finished_ms INTEGER, heartbeat_ms INTEGER,
        progress TEXT, warnings TEXT, error TEXT) STRICT;
      CREATE UNIQUE INDEX jobs_by_idempotency_key ON jobs (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;
      CREATE INDEX jobs_unfinished ON jobs (state, waits_for, kind) WHERE state IN ('queued', 'running');
      CREATE INDEX jobs_by_owner ON jobs (owner, number);
      CREATE INDEX jobs_by_kind ON jobs (kind, number);
      CREATE INDEX jobs_by_end ON jobs (kind, finished_ms) WHERE finished_ms IS NOT NULL;
      CREATE TABLE job_needs (
        job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE, place INTEGER NOT NULL, needed TEXT NOT NULL,
        PRIMARY KEY (job, place)) STRICT, WITHOUT ROWID;
      CREATE INDEX job_needs_by_needed ON job_needs (needed);
      CREATE TABLE job_blobs (
        job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE, role TEXT NOT NULL, blob TEXT NOT NULL,
        PRIMARY KEY (job, role, blob)) STRICT, WITHOUT ROWID;
      CREATE INDEX job_blobs_by_blob ON job_blobs (blob);
      CREATE TABLE job_outputs (
        job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE, place INTEGER NOT NULL, blob TEXT NOT NULL,
        content_type TEXT NOT NULL, size_bytes INTEGER NOT NULL, metadata TEXT NOT NULL,
        PRIMARY KEY (job, place)) STRICT, WITHOUT ROWID;
      CREATE INDEX job_outputs_by_blob ON job_outputs (blob);
      CREATE TABLE job_checkpoints (
        job INTEGER PRIMARY KEY REFERENCES jobs (number) ON DELETE CASCADE, bytes BLOB NOT NULL) STRICT;
      CREATE TABLE job_shares (owner TEXT PRIMARY KEY, served INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE job_share_clock (served INTEGER NOT NULL) STRICT;
      INSERT INTO job_share_clock VALUES (0);
    )sql"},
    // A row outlives its job.
    Migration{.name = "ledger", .sql = R"sql(
      CREATE TABLE ledger (
        number INTEGER PRIMARY KEY, job TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, owner TEXT NOT NULL,
        model TEXT NOT NULL, kind TEXT NOT NULL, images INTEGER NOT NULL, pixel_steps INTEGER NOT NULL,
        prompt_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL) STRICT;
    )sql"},
    // Its file is the output's: one place says what it is.
    Migration{.name = "gallery", .sql = R"sql(
      CREATE TABLE gallery (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, job INTEGER NOT NULL, place INTEGER NOT NULL,
        owner TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL, infotext TEXT NOT NULL, seed INTEGER NOT NULL,
        width INTEGER NOT NULL, height INTEGER NOT NULL, created_ms INTEGER NOT NULL,
        FOREIGN KEY (job, place) REFERENCES job_outputs (job, place) ON DELETE CASCADE) STRICT;
      CREATE UNIQUE INDEX gallery_by_output ON gallery (job, place);
      CREATE INDEX gallery_by_owner ON gallery (owner, number);
      CREATE INDEX gallery_by_seed ON gallery (seed);
    )sql"},
};

Result<std::size_t> applied_step_count(Connection& connection) {
  TRY(auto statement, connection.prepare("PRAGMA user_version"));
  TRY(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kInternal, "PRAGMA user_version returned nothing.");
  return static_cast<std::size_t>(statement.integer(0));
}

Status apply(Connection& connection, const Migration& step, std::size_t number,
             const Clock& clock) {
  TRY(auto transaction, Transaction::begin(connection));
  TRY(const std::size_t applied, applied_step_count(connection));
  if (applied >= number) return {};  // another process was faster
  TRY_STATUS(connection.execute(step.sql));
  {
    TRY(auto statement, connection.prepare("INSERT INTO schema_steps VALUES (?, ?, ?)"));
    TRY_STATUS(statement.bind(static_cast<std::int64_t>(number))
                   .bind(step.name)
                   .bind(clock.unix_ms())
                   .run());
  }
  TRY_STATUS(connection.execute(fmt::format("PRAGMA user_version = {}", number).c_str()));
  return transaction.commit();
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Status migrate(Connection& connection, std::span<const Migration> steps, const Clock& clock) {
  TRY(std::size_t applied, applied_step_count(connection));
  if (applied > steps.size()) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format(
            "The store was written by a newer version (schema {}, this version knows up to {}). "
            "Use that version, or another data folder.",
            applied, steps.size()));
  }
  for (; applied < steps.size(); ++applied) {
    TRY_STATUS(apply(connection, steps[applied], applied + 1, clock));
  }
  return {};
}

}  // namespace diptych::sqlite
