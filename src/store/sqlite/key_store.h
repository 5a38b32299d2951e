#pragma once
#include "jobs/stores.h"
#include "store/sqlite/database.h"

namespace diptych::sqlite {

class SqliteKeyStore final : public KeyStore {
 public:
  explicit SqliteKeyStore(Database& database) : database_(database) {}
  Status add(const ApiKey& key) override;
  Result<std::optional<ApiKey>> find_by_hash(std::string_view hash) override;
  Result<std::vector<ApiKey>> list() override;
  Status revoke(std::string_view id, std::int64_t now_ms) override;

 private:
  Database& database_;
};

}  // namespace diptych::sqlite
