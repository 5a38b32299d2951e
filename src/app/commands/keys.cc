#include "app/commands/keys.h"

#include <fmt/format.h>

#include "app/api_key.h"

namespace diptych {
namespace {

Json json_of(const ApiKey& key) {
  Json scopes = Json::array();
  for (const std::string& scope : key.scopes) scopes.push_back(scope);
  return Json::object({{"id", key.id},
                       {"name", key.name},
                       {"shown", key.shown},
                       {"scopes", std::move(scopes)},
                       {"created", key.created_ms / 1000},
                       {"revoked", key.revoked_ms ? Json(*key.revoked_ms / 1000) : Json()}});
}

}  // namespace

Result<Report> create_key(KeyStore& keys, std::string_view name,
                          const std::vector<std::string>& scopes, const Clock& clock) {
  TRY(const NewKey key, make_api_key(name, scopes, clock));
  TRY_STATUS(keys.add(key.row));
  Report report{.json = json_of(key.row)};
  report.json.set("secret", key.secret);
  report.text = fmt::format(
      "{}\n\nThis is the only time the key is shown. Its id is {}, its scopes are {}.\n"
      "Use it:     export OPENAI_API_KEY={}\nRevoke it:  diptych keys revoke {}\n",
      key.secret, key.row.id, fmt::join(key.row.scopes, ", "), key.secret, key.row.id);
  return report;
}

Result<Report> list_keys(KeyStore& keys) {
  TRY(const std::vector<ApiKey> all, keys.list());
  Report report{.json = Json::object({{"keys", Json::array()}})};
  for (const ApiKey& key : all) {
    report.json.find("keys")->push_back(json_of(key));
    report.text += fmt::format("{:<30} {:<10} {:<20} {:<17} {}  {}\n", key.id, key.shown,
                               fmt::format("{}", fmt::join(key.scopes, ",")),
                               human_time(key.created_ms / 1000),
                               key.revoked_ms ? "revoked" : "active ", key.name);
  }
  if (all.empty()) report.text = "no keys; make one: diptych keys create\n";
  return report;
}

Result<Report> revoke_key(KeyStore& keys, std::string_view id, const Clock& clock) {
  TRY_STATUS(keys.revoke(id, clock.unix_ms()));
  return Report{.text = fmt::format("revoked {}\n", id),
                .json = Json::object({{"id", id}, {"revoked", true}})};
}

}  // namespace diptych
