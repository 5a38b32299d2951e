#include "api/diptych/health.h"

#include <fmt/format.h>

#include <string>

#include "base/json.h"
#include "text/model.h"

namespace diptych {
namespace {

Json load_object(const SchedulerLoad& load) {
  return Json::object({{"active", load.active},
                       {"queued", load.queued},
                       {"slots", load.slots},
                       {"kv_cells", Json::object({{"used", load.cells_used},
                                                  {"cached", load.cells_cached},
                                                  {"total", load.cells}})},
                       {"kv_bytes", std::uint64_t{load.kv_bytes}}});
}

}  // namespace

Result<Reply> get_health(const Call&, Services& services) {
  Json models = Json::array();
  std::string reason;
  for (const ModelEntry& entry : services.models.list()) {
    if (!entry.loaded || entry.kind != ModelKind::kText) continue;
    Json model = Json::object({{"id", entry.id}});
    if (const auto loaded = services.models.loaded_text_model(entry.id)) {
      const SchedulerLoad load = loaded->scheduler().load();
      model.set("load", load_object(load));
      if (!load.stalled.empty()) reason = fmt::format("model {}: {}", entry.id, load.stalled);
    }
    models.push_back(std::move(model));
  }
  Json body = Json::object({{"status", reason.empty() ? "ok" : "unhealthy"}});
  if (!reason.empty()) body.set("reason", reason);
  body.set("default_model", services.models.default_text_model());
  body.set("models", std::move(models));
  return Reply(Answer{.status = reason.empty() ? 200 : 503,
                      .headers = {{"cache-control", "no-store"}},
                      .body = dump_json(body)});
}

Result<Reply> get_metrics(const Call&, Services& services) {
  return Reply(Answer{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                      .body = services.metrics.render()});
}

}  // namespace diptych
