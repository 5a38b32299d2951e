#include "words/exchange.h"

namespace diptych::bench {
namespace {

bool has_text(const Json& event) {
  const Json& choices = event["choices"];
  if (!choices.is_array()) return false;
  for (const Json& choice : choices.as_array()) {
    const Json& text = choice["delta"].is_object() ? choice["delta"]["content"] : choice["text"];
    if (text.is_string() && !text.as_string().empty()) return true;
  }
  return false;
}

constexpr std::size_t kErrorBytesKept = 400;

}  // namespace

Exchange::Exchange(const PlannedRequest& request, std::size_t request_index, double start_ms)
    : request_(&request), request_index_(request_index) {
  record_.name = request.name;
  record_.start_ms = start_ms;
}

Status Exchange::receive(std::string_view bytes, double now_ms) {
  std::string body;
  TRY_STATUS(reader_.feed(bytes, body));
  if (record_.head_ms < 0 && reader_.head_complete()) {
    record_.head_ms = now_ms;
    record_.status = reader_.status();
    record_.retry_after = reader_.header("retry-after");
    is_stream_ = reader_.header("content-type").starts_with("text/event-stream");
  }
  if (is_stream_) {
    events_.feed(body, [&](std::string_view data) { on_event(data, now_ms); });
  } else {
    body_ += body;
  }
  return {};
}

void Exchange::on_event(std::string_view data, double now_ms) {
  if (data == "[DONE]") return;
  const auto event = parse_json(data);
  if (!event) {
    record_.error = "an event is not JSON: " + std::string(data.substr(0, kErrorBytesKept));
    return;
  }
  if (has_text(*event)) record_.token_ms.push_back(now_ms);
  keep_facts(*event);
}

void Exchange::keep_facts(const Json& answer) {
  if (answer["usage"].is_object()) record_.usage = answer["usage"];
  if (answer["timings"].is_object()) record_.timings = answer["timings"];
  if (answer["x_diptych"].is_object()) record_.x_diptych = answer["x_diptych"];
  if (answer["error"].is_object())
    record_.error = dump_json(answer["error"]).substr(0, kErrorBytesKept);
}

void Exchange::conclude(std::string_view outcome, double now_ms) {
  record_.end_ms = now_ms;
  record_.outcome = outcome;
  if (is_stream_ || body_.empty()) return;
  if (record_.status != 200) record_.error = body_.substr(0, kErrorBytesKept);
  if (const auto answer = parse_json(body_)) keep_facts(*answer);
}

Json to_json(const Record& record) {
  Json tokens = Json::array();
  for (const double at : record.token_ms) tokens.push_back(at);
  return Json::object({{"name", record.name},
                       {"start_ms", record.start_ms},
                       {"sent_ms", record.sent_ms},
                       {"head_ms", record.head_ms},
                       {"end_ms", record.end_ms},
                       {"token_ms", std::move(tokens)},
                       {"status", record.status},
                       {"outcome", record.outcome},
                       {"error", record.error},
                       {"retry_after", record.retry_after},
                       {"usage", record.usage},
                       {"timings", record.timings},
                       {"x_diptych", record.x_diptych}});
}

}  // namespace diptych::bench
