#pragma once
#include "jobs/stores.h"
#include "store/sqlite/database.h"

namespace diptych::sqlite {

class SqliteResponseStore final : public ResponseStore {
 public:
  explicit SqliteResponseStore(Database& database) : database_(database) {}
  Status put(const ResponseRow& row, const std::vector<EventRow>& events) override;
  Status update(const ResponseUpdate& update) override;
  Result<ResponseRow> get(std::string_view id, std::string_view owner) override;
  Result<ResponseRow> get_by_item(std::string_view item_id, std::string_view owner) override;
  Status erase(std::string_view id, std::string_view owner) override;
  Status append_events(std::string_view id, const std::vector<EventRow>& events) override;
  Result<std::vector<EventRow>> events_after(std::string_view id, std::int64_t sequence,
                                             int limit) override;
  Result<std::int64_t> next_sequence(std::string_view id) override;
  Result<std::vector<ResponseRow>> unfinished() override;

 private:
  Database& database_;
};

}  // namespace diptych::sqlite
