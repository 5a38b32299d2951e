#include "store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "store/sqlite/answer_expiry.h"
#include "store/sqlite/blob_store.h"
#include "store/sqlite/completion_store.h"
#include "store/sqlite/database.h"
#include "store/sqlite/job_store.h"
#include "store/sqlite/key_store.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/response_store.h"

namespace diptych {
namespace sqlite {
namespace {

constexpr std::string_view kInMemory = ":memory:";

class Store final : public SqliteStore {
 public:
  Store(Connection writer, std::optional<Connection> reader, std::unique_ptr<BlobFiles> files,
        const Clock& clock)
      : database_(std::move(writer), std::move(reader)),
        responses_(database_),
        completions_(database_),
        keys_(database_),
        expiry_(database_),
        blobs_(std::move(files), database_, clock),
        jobs_(database_, blobs_, clock),
        gallery_(database_, blobs_) {}

  ResponseStore& responses() override { return responses_; }
  CompletionStore& completions() override { return completions_; }
  KeyStore& keys() override { return keys_; }
  AnswerExpiry& expiry() override { return expiry_; }
  JobStore& jobs() override { return jobs_; }
  BlobStore& blobs() override { return blobs_; }
  GalleryStore& gallery() override { return gallery_; }

 private:
  Database database_;
  SqliteResponseStore responses_;
  SqliteCompletionStore completions_;
  SqliteKeyStore keys_;
  SqliteAnswerExpiry expiry_;
  SqliteBlobStore blobs_;
  SqliteJobStore jobs_;
  SqliteGalleryStore gallery_;
};

// SQLite gives its -wal and -shm files the mode of the main file, so it is enough that this one
// starts out private.
void create_private(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);  // otherwise it is there already, or SQLite will say why not
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> open_store(const StoreOptions& options, const Clock& clock) {
  const bool in_memory = options.file == kInMemory;
  if (!in_memory) create_private(options.file);
  const OpenOptions open{.file = options.file, .vfs = options.vfs};
  TRY(auto writer, Connection::open(open));
  TRY_STATUS(migrate(writer, migrations(), clock));
  std::optional<Connection> reader;
  if (!in_memory) {
    TRY(auto second, Connection::open(open));
    reader = std::move(second);
  }
  auto files = in_memory ? make_blobs_in_memory()
                         : make_blob_folder(Path(options.file).parent_path() / "blobs",
                                            options.blob_file_calls);
  return std::make_unique<Store>(std::move(writer), std::move(reader), std::move(files), clock);
}

}  // namespace sqlite

Result<std::unique_ptr<SqliteStore>> make_sqlite_store(const Path& file, const Clock& clock) {
  return sqlite::open_store({.file = file.string(), .vfs = {}}, clock);
}

}  // namespace diptych
