#pragma once
#include "jobs/stores.h"
#include "store/sqlite/database.h"

namespace diptych::sqlite {

class SqliteCompletionStore final : public CompletionStore {
 public:
  explicit SqliteCompletionStore(Database& database) : database_(database) {}
  Status put(const CompletionRow& row) override;
  Result<CompletionRow> get(std::string_view id, std::string_view owner) override;
  Result<Listing<CompletionRow>> list(std::string_view owner, const CompletionFilter& filter,
                                      const Page& page) override;
  Status set_metadata(std::string_view id, std::string_view owner,
                      const std::vector<std::pair<std::string, std::string>>& metadata) override;
  Status erase(std::string_view id, std::string_view owner) override;

 private:
  Database& database_;
};

}  // namespace diptych::sqlite
