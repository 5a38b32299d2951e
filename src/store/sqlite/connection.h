#pragma once
// The one adapter over sqlite3: a connection, its prepared statements and transactions, with errors
// as values. Private to store/sqlite. Nothing here is thread-safe: Database (database.h) holds the
// lock.

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych::sqlite {

struct OpenOptions {
  std::string file;  // ":memory:" works
  std::string vfs;   // "": the default; tests put a failing one here
  int busy_timeout_ms = 5000;
};

// One use of a prepared statement: bind in order, step, read. The destructor resets it for the next
// use. Bound text is not copied: it must outlive this object.
class Statement {
 public:
  Statement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t value);
  Statement& bind(std::optional<std::int64_t> value);
  Statement& bind_bytes(std::string_view bytes);   // for BLOB columns
  Statement& bind_or_null(std::string_view text);  // empty: NULL

  Result<bool> step();                  // true: a row is there
  Status run();                         // for statements without rows
  std::string text(int column) const;   // NULL: empty
  std::string bytes(int column) const;  // of BLOB columns
  std::int64_t integer(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_;
  int parameter_ = 0;
  int bind_error_ = SQLITE_OK;
};

class Connection {
 public:
  static Result<Connection> open(const OpenOptions& options);

  // The statement for `sql`, prepared once and kept. Only one Statement per text may be alive.
  Result<Statement> prepare(std::string_view sql);
  Status execute(const char* sql);  // several statements, no parameters
  std::int64_t changed_row_count() const { return sqlite3_changes64(db_.get()); }
  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  Error error(int code, std::string_view doing) const;

 private:
  struct CloseDb {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Connection(sqlite3* db) : db_(db) {}

  std::unique_ptr<sqlite3, CloseDb> db_;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, std::less<>>
      statements_;  // before db_ goes
};

// Everything between begin() and commit() happens or nothing does; without commit() it is rolled
// back.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace diptych::sqlite
