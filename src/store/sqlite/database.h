#pragma once
// Two connections to one file: a writer and a reader, each behind its own lock, so that a look-up
// on the I/O thread never waits for a commit or a checkpoint. In memory there is only the writer.

#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "store/sqlite/connection.h"

namespace diptych::sqlite {

class Guarded {  // a connection and its lock
 public:
  explicit Guarded(Connection connection) : connection_(std::move(connection)) {}

  // use(Connection&) runs with the lock held; its result is returned.
  template <class Use>
  auto with(Use&& use) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return std::forward<Use>(use)(connection_);
  }

 private:
  Mutex mutex_;
  Connection connection_ GUARDED_BY(mutex_);
};

class Database {
 public:
  Database(Connection writer, std::optional<Connection> reader) : writer_(std::move(writer)) {
    if (reader) reader_ = std::make_unique<Guarded>(*std::move(reader));
  }

  template <class Use>
  auto read(Use&& use) {
    return (reader_ ? *reader_ : writer_).with(std::forward<Use>(use));
  }
  // Several reads that see one state of the file.
  template <class Use>
  auto read_together(Use&& use) {
    return read([&](Connection& connection) -> decltype(use(connection)) {
      TRY_STATUS(connection.execute("BEGIN"));
      auto result = use(connection);
      (void)connection.execute("ROLLBACK");  // nothing was written
      return result;
    });
  }
  // One transaction around use(Connection&): committed when it returns a value, rolled back when it
  // returns an error.
  template <class Use>
  Status write(Use&& use) {
    return writer_.with([&](Connection& connection) -> Status {
      TRY(auto transaction, Transaction::begin(connection));
      TRY_STATUS(use(connection));
      return transaction.commit();
    });
  }
  // The same with a value: Result<T> use(Connection&).
  template <class Use>
  auto write_value(Use&& use) {
    return writer_.with([&](Connection& connection) -> decltype(use(connection)) {
      TRY(auto transaction, Transaction::begin(connection));
      auto result = use(connection);
      if (!result) return result;
      TRY_STATUS(transaction.commit());
      return result;
    });
  }

 private:
  Guarded writer_;
  std::unique_ptr<Guarded> reader_;
};

}  // namespace diptych::sqlite
