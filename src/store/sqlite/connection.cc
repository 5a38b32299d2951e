#include "store/sqlite/connection.h"

#include <fmt/format.h>

#include <utility>

namespace diptych::sqlite {
namespace {

constexpr int kBusyRetryMs = 1000;

ErrorCode code_of(int extended) {
  switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kOverloaded;
    case SQLITE_NOMEM:
      return ErrorCode::kOutOfMemory;
    case SQLITE_CONSTRAINT:
      return extended == SQLITE_CONSTRAINT_FOREIGNKEY ? ErrorCode::kNotFound : ErrorCode::kConflict;
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::kIo;
    default:
      return ErrorCode::kInternal;
  }
}

Error error_of(sqlite3* db, int code, std::string_view doing) {
  const char* name = sqlite3_db_filename(db, "main");
  const int extended = sqlite3_extended_errcode(db);
  const bool same =
      (extended & 0xff) == (code & 0xff);  // else: the message belongs to another call
  Error error;
  error.code = code_of(same ? extended : code);
  error.message =
      fmt::format("The store could not {}: {} (SQLite {}, file '{}').", doing,
                  same ? sqlite3_errmsg(db) : sqlite3_errstr(code), same ? extended : code,
                  name != nullptr && *name != '\0' ? name : ":memory:");
  if (error.code == ErrorCode::kOverloaded) error.retry_after_ms = kBusyRetryMs;
  return error;
}

// WAL + NORMAL: kill -9 loses nothing that was committed (the log is in the kernel's page cache); a
// power loss may lose the last transactions before the most recent checkpoint, never the file's
// consistency.
constexpr const char* kSettings =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA journal_size_limit = 67108864;";

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_),
      statement_(std::exchange(other.statement_, nullptr)),
      parameter_(other.parameter_),
      bind_error_(other.bind_error_) {}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::string_view text) {
  const char* bytes = text.data() == nullptr ? "" : text.data();  // a null pointer would bind NULL
  const int rc =
      sqlite3_bind_text64(statement_, ++parameter_, bytes, text.size(), nullptr, SQLITE_UTF8);
  if (bind_error_ == SQLITE_OK) bind_error_ = rc;
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  const int rc = sqlite3_bind_int64(statement_, ++parameter_, value);
  if (bind_error_ == SQLITE_OK) bind_error_ = rc;
  return *this;
}

Statement& Statement::bind(std::optional<std::int64_t> value) {
  if (value) return bind(*value);
  const int rc = sqlite3_bind_null(statement_, ++parameter_);
  if (bind_error_ == SQLITE_OK) bind_error_ = rc;
  return *this;
}

Statement& Statement::bind_bytes(std::string_view bytes) {
  const char* start = bytes.data() == nullptr ? "" : bytes.data();
  const int rc = sqlite3_bind_blob64(statement_, ++parameter_, start, bytes.size(), nullptr);
  if (bind_error_ == SQLITE_OK) bind_error_ = rc;
  return *this;
}

Statement& Statement::bind_or_null(std::string_view text) {
  return text.empty() ? bind(std::optional<std::int64_t>()) : bind(text);
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) return fail(error_of(db_, bind_error_, "bind a value"));
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return fail(error_of(db_, rc, sqlite3_stmt_readonly(statement_) != 0 ? "read" : "write"));
}

Status Statement::run() {
  TRY(const bool row, step());
  if (row) return fail(ErrorCode::kInternal, "A statement without result returned a row.");
  return {};
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string Statement::bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

Result<Connection> Connection::open(const OpenOptions& options) {
  sqlite3* db = nullptr;
  constexpr int kFlags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int rc = sqlite3_open_v2(options.file.c_str(), &db, kFlags,
                                 options.vfs.empty() ? nullptr : options.vfs.c_str());
  Connection connection(db);  // also a failed open hands out a handle that must be closed
  if (rc != SQLITE_OK) {
    return fail(
        ErrorCode::kIo,
        fmt::format("Cannot open the store '{}': {}. Check that the folder exists and is writable.",
                    options.file, sqlite3_errstr(rc)));
  }
  sqlite3_busy_timeout(db, options.busy_timeout_ms);
  TRY_STATUS(connection.execute(kSettings));
  return connection;
}

Result<Statement> Connection::prepare(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    const int rc = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (rc != SQLITE_OK) return fail(error(rc, "prepare a statement"));
    found = statements_.try_emplace(std::string(sql), statement).first;
  }
  return Statement(db_.get(), found->second.get());
}

Status Connection::execute(const char* sql) {
  const int rc = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return fail(error(rc, "run a statement"));
  return {};
}

Error Connection::error(int code, std::string_view doing) const {
  return error_of(db_.get(), code, doing);
}

Result<Transaction> Transaction::begin(Connection& connection) {
  // IMMEDIATE: waits for the write lock here, not in the middle, where a lock conflict could no
  // longer be waited out.
  TRY_STATUS(connection.execute("BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  // SQLite rolls some failures back by itself; then there is nothing left to do. A rollback that
  // fails leaves the log without a commit record, which is a rollback too.
  if (connection_ != nullptr && connection_->in_transaction())
    (void)connection_->execute("ROLLBACK");
}

Status Transaction::commit() {
  TRY_STATUS(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

}  // namespace diptych::sqlite
