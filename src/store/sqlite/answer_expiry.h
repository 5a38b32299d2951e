#pragma once
#include "jobs/stores.h"
#include "store/sqlite/database.h"

namespace diptych::sqlite {

class SqliteAnswerExpiry final : public AnswerExpiry {
 public:
  explicit SqliteAnswerExpiry(Database& database) : database_(database) {}
  Result<int> erase_oldest(std::int64_t unix_ms, int limit) override;
  Result<std::uint64_t> used_bytes() override;

 private:
  Database& database_;
};

}  // namespace diptych::sqlite
