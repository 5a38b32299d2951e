#include "words/plan.h"

#include <unordered_map>
#include <utility>

#include "base/json.h"

namespace diptych::bench {
namespace {

std::string text_or(const Json& value, std::string fallback) {
  return value.is_string() ? value.as_string() : std::move(fallback);
}
double number_or(const Json& value, double fallback) {
  return value.is_number() ? value.as_double() : fallback;
}
bool is_true(const Json& value) { return value.is_bool() && value.as_bool(); }
std::optional<double> maybe_number(const Json& value) {
  return value.is_number() ? std::optional(value.as_double()) : std::nullopt;
}

std::string http_request(const Json& request, const Plan& plan) {
  const std::string body = request["body"].is_null()     ? std::string()
                           : request["body"].is_string() ? request["body"].as_string()
                                                         : dump_json(request["body"]);
  const std::string method = text_or(request["method"], body.empty() ? "GET" : "POST");
  std::string bytes = method + " " + text_or(request["path"], "/") +
                      " HTTP/1.1\r\nHost: " + plan.host + ":" + std::to_string(plan.port) + "\r\n";
  if (!body.empty())
    bytes +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  if (const Json& headers = request["headers"]; headers.is_object()) {
    for (const auto& [name, value] : headers.as_object())
      bytes += name + ": " + text_or(value, "") + "\r\n";
  }
  return bytes + "\r\n" + body;
}

using NameIndex = std::unordered_map<std::string, std::size_t>;

Result<std::optional<After>> parse_after(const Json& after, const NameIndex& names) {
  if (after.is_null()) return std::nullopt;
  const auto found = names.find(text_or(after["request"], ""));
  if (found == names.end())
    return fail(ErrorCode::kInvalidArgument, "after must name an earlier request", "after.request");
  const std::string event = text_or(after["event"], "end");
  const Trigger trigger = event == "start"   ? Trigger::kStart
                          : event == "token" ? Trigger::kToken
                                             : Trigger::kEnd;
  return After{found->second, trigger, static_cast<int>(number_or(after["tokens"], 1))};
}

Result<PlannedRequest> parse_request(const Json& request, const Plan& plan,
                                     const NameIndex& names) {
  PlannedRequest planned;
  planned.name = text_or(request["name"], "");
  planned.bytes = http_request(request, plan);
  planned.connection = text_or(request["connection"], "");
  TRY(planned.after, parse_after(request["after"], names));
  planned.delay_ms = number_or(request["delay_ms"], 0);
  planned.close_after_tokens = static_cast<int>(number_or(request["close"]["tokens"], 0));
  planned.close_after_ms = maybe_number(request["close"]["ms"]);
  planned.reset = is_true(request["reset"]);
  planned.background = is_true(request["background"]);
  planned.repeat_delay_ms = maybe_number(request["repeat_delay_ms"]);
  if (planned.repeat_delay_ms && !planned.background) {
    return fail(ErrorCode::kInvalidArgument, "only a background request can repeat",
                "repeat_delay_ms");
  }
  return planned;
}

}  // namespace

Result<Plan> parse_plan(std::string_view text) {
  TRY(const Json json, parse_json(text));
  Plan plan;
  plan.host = text_or(json["host"], "127.0.0.1");
  plan.port = static_cast<std::uint16_t>(number_or(json["port"], 0));
  plan.deadline_ms = number_or(json["deadline_ms"], 60'000);
  if (!json["requests"].is_array())
    return fail(ErrorCode::kInvalidArgument, "a list of requests is missing", "requests");
  NameIndex names;
  for (const Json& request : json["requests"].as_array()) {
    TRY(PlannedRequest planned, parse_request(request, plan, names));
    if (!names.emplace(planned.name, plan.requests.size()).second) {
      return fail(ErrorCode::kInvalidArgument, "two requests are named " + planned.name, "name");
    }
    plan.requests.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace diptych::bench
