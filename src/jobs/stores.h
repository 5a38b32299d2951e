#pragma once
// What the API keeps between requests. Declared here, implemented by store/sqlite. Every method is
// safe from any thread, is one transaction, and answers kIo when the disk refuses.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace diptych {

struct Page {  // how lists are cut, as in OpenAI's list calls
  int limit = 20;
  std::string after;  // id; empty: from the start. Unknown: kNotFound, param "after"
  bool ascending = true;
};
template <class Row>
struct Listing {
  std::vector<Row> rows;
  bool has_more = false;
};

struct ResponseRow {  // one /v1/responses object
  std::string id,
      owner;  // owner: API key id, "" on an open server; another owner's row is kNotFound
  std::string previous_id;
  std::int64_t created_ms = 0;
  std::string status;  // queued | in_progress | completed | incomplete | failed | cancelled
  bool background = false;
  std::string body;         // the response object as JSON
  std::string input_items;  // JSON array: this turn's own input, with ids
  std::vector<std::string>
      item_ids;  // of its input and output, for get_by_item; only written, not read back
};
struct EventRow {
  std::int64_t sequence = 0;
  std::string type, body;
};
struct ResponseUpdate {  // a step of a response's life: state, object and the events that tell it
  std::string id, status, body;
  std::vector<EventRow> events;
  std::vector<std::string> item_ids;  // added to those it has
};

class ResponseStore {
 public:
  virtual ~ResponseStore() = default;
  // Insert or replace, keeping the events of before. kConflict: another owner's id.
  virtual Status put(const ResponseRow& row, const std::vector<EventRow>& events) = 0;
  virtual Status update(const ResponseUpdate& update) = 0;  // kNotFound: erased meanwhile
  virtual Result<ResponseRow> get(std::string_view id, std::string_view owner) = 0;
  virtual Result<ResponseRow> get_by_item(std::string_view item_id,
                                          std::string_view owner) = 0;  // one that has the item
  virtual Status erase(std::string_view id, std::string_view owner) = 0;
  // All or none. kConflict: a sequence number is there already; kNotFound: erased meanwhile.
  virtual Status append_events(std::string_view id, const std::vector<EventRow>& events) = 0;
  virtual Result<std::vector<EventRow>> events_after(std::string_view id, std::int64_t sequence,
                                                     int limit) = 0;
  virtual Result<std::int64_t> next_sequence(
      std::string_view id) = 0;  // one past the last stored event; 0: none
  // After a restart: rows left queued or in_progress by the last run. The caller decides their end.
  virtual Result<std::vector<ResponseRow>> unfinished() = 0;
};

struct CompletionRow {  // one stored chat completion
  std::string id, owner, model;
  std::int64_t created_ms = 0;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string body;      // the completion object as JSON
  std::string messages;  // JSON array: the request's messages with ids
};
struct CompletionFilter {
  std::string model;
  std::vector<std::pair<std::string, std::string>> metadata;
};

class CompletionStore {
 public:
  virtual ~CompletionStore() = default;
  virtual Status put(const CompletionRow& row) = 0;
  virtual Result<CompletionRow> get(std::string_view id, std::string_view owner) = 0;
  virtual Result<Listing<CompletionRow>> list(std::string_view owner,
                                              const CompletionFilter& filter, const Page& page) = 0;
  virtual Status set_metadata(std::string_view id, std::string_view owner,
                              const std::vector<std::pair<std::string, std::string>>& metadata) = 0;
  virtual Status erase(std::string_view id, std::string_view owner) = 0;
};

// The oldest stored answers (responses with their events, chat completions), to be given up.
// Unfinished ones stay.
class AnswerExpiry {
 public:
  virtual ~AnswerExpiry() = default;
  // Erases up to `limit` that were created before `unix_ms`, the oldest first. Returns how many.
  virtual Result<int> erase_oldest(std::int64_t unix_ms, int limit) = 0;
  virtual Result<std::uint64_t>
  used_bytes() = 0;  // of everything stored; what was freed is not in it
};

struct ApiKey {
  std::string id;  // "key_…", public
  std::string name;
  std::string hash;   // SHA-256 of the secret, hex. The secret itself is shown once and never kept
  std::string shown;  // "sk-ab…yz"
  std::vector<std::string> scopes;  // "inference", "metrics", "admin"
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> revoked_ms;
};

class KeyStore {
 public:
  virtual ~KeyStore() = default;
  virtual Status add(const ApiKey& key) = 0;
  virtual Result<std::optional<ApiKey>> find_by_hash(
      std::string_view hash) = 0;  // revoked ones too
  virtual Result<std::vector<ApiKey>> list() = 0;
  virtual Status revoke(std::string_view id, std::int64_t now_ms) = 0;  // kNotFound
};

}  // namespace diptych
