#include "app/commands/serve.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/local_model_registry.h"
#include "app/object_graph.h"
#include "app/signals.h"
#include "base/json.h"
#include "base/log.h"

namespace diptych {
namespace {

// The address to call: the port that was picked, and a host that can be dialled.
std::string url_of(const AppConfig& config, std::uint16_t port) {
  std::string host = config.server.listen.substr(0, config.server.listen.rfind(':'));
  if (host == "0.0.0.0" || host == "[::]") host = "127.0.0.1";
  return fmt::format("{}://{}:{}", config.server.tls_key.empty() ? "http" : "https", host, port);
}

void announce(const AppConfig& config, ObjectGraph& graph, OutputStyle style) {
  const std::string url = url_of(config, graph.port());
  const std::string_view model = graph.models().default_text_model();
  if (style == OutputStyle::kJson) {
    const Json event = Json::object(
        {{"event", "listening"}, {"url", url}, {"port", int{graph.port()}}, {"model", model}});
    fmt::print("{}\n", dump_json(event));
    std::fflush(stdout);
  }
  log_info("listening on {}; OpenAI clients: base_url {}/v1", url, url);
  if (model.empty()) {
    log_warn(
        "there is no model: run tools/bootstrap, or diptych models add FILE.gguf --data-dir {}",
        config.data_dir.string());
  } else {
    log_info("default model {}", model);
  }
}

}  // namespace

Status serve(const AppConfig& config, OutputStyle style) {
  TRY(const auto signals, SignalSource::open());
  TRY(const auto graph, ObjectGraph::build(config, system_clock()));
  TRY(const auto watcher,
      ShutdownWatcher::start(*signals, {.drain = [&graph] { graph->drain(); },
                                        .stop_now = [&graph] { graph->stop_now(); },
                                        .drain_wait = config.drain_wait}));
  announce(config, *graph, style);
  graph->run();
  log_info("stopped");
  return {};
}

}  // namespace diptych
