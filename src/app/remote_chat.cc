#include "app/remote_chat.h"

#include <fmt/format.h>

#include "base/json.h"

namespace diptych {
namespace {

// The message of OpenAI's error shape, or the bare status.
std::unexpected<Error> server_error(int status, std::string_view body) {
  const auto json = parse_json(body);
  std::string message = fmt::format("the server answered {}", status);
  if (json && (*json)["error"]["message"].is_string())
    message = (*json)["error"]["message"].as_string();
  if (status == 401) message += "; give a key with --key or OPENAI_API_KEY";
  return fail(status == 401 ? ErrorCode::kUnauthorized : ErrorCode::kConflict, std::move(message));
}

Result<std::string> ask(const RemoteServer& server, const ClientRequest& request) {
  TRY(ClientExchange exchange, ClientExchange::start(server.url, request));
  std::string body;
  while (true) {
    TRY(const bool more, exchange.read(body));
    if (!more) break;
  }
  if (exchange.status() != 200) return server_error(exchange.status(), body);
  return body;
}

Result<std::string> first_model(const RemoteServer& server) {
  TRY(const std::string body,
      ask(server, {.method = "GET", .path = "/models", .body = "", .key = server.key}));
  TRY(const Json json, parse_json(body));
  const Json& rows = json["data"];
  if (!rows.is_array() || rows.as_array().empty() || !rows[std::size_t{0}]["id"].is_string()) {
    return fail(ErrorCode::kNotFound, "the server has no model");
  }
  return rows[std::size_t{0}]["id"].as_string();
}

class RemoteChat final : public ChatPartner {
 public:
  RemoteChat(RemoteServer server, ChatSettings settings)
      : server_(std::move(server)), settings_(std::move(settings)) {
    RemoteChat::reset();
  }

  std::string_view model_id() const override { return server_.model; }

  void reset() override {
    messages_ = Json::array();
    if (!settings_.system.empty()) add("system", settings_.system);
  }

  Result<TurnEnd> say(std::string message, const TurnHooks& hooks) override {
    add("user", std::move(message));
    std::string answer;
    Result<TurnEnd> end = stream(hooks, answer);
    if (end) {
      add("assistant", std::move(answer));
    } else {
      messages_.as_array().pop_back();
    }
    return end;
  }

 private:
  void add(std::string_view role, std::string content) {
    messages_.push_back(Json::object({{"role", role}, {"content", std::move(content)}}));
  }

  std::string request_body() const {
    return dump_json(
        Json::object({{"model", server_.model},
                      {"messages", messages_},
                      {"stream", true},
                      {"stream_options", Json::object({{"include_usage", true}})},
                      {"temperature", settings_.sampling.temperature},
                      {"top_p", settings_.sampling.top_p},
                      {"seed", static_cast<std::int64_t>(settings_.sampling.seed >> 1)},
                      {"max_completion_tokens", settings_.answer_tokens_max}}));
  }

  Result<TurnEnd> stream(const TurnHooks& hooks, std::string& answer) {
    TRY(ClientExchange exchange, ClientExchange::start(server_.url, {.method = "POST",
                                                                     .path = "/chat/completions",
                                                                     .body = request_body(),
                                                                     .key = server_.key}));
    TurnEnd end;
    std::string body;
    for (bool more = true; more;) {
      end.interrupted = !hooks.wait(exchange.file());
      if (end.interrupted) return end;
      TRY(more, exchange.read(body));
      if (exchange.status() == 200) TRY_STATUS(take_events(body, hooks, answer, end));
    }
    if (exchange.status() != 200) return server_error(exchange.status(), body);
    return end;
  }

  static Status take_events(std::string& body, const TurnHooks& hooks, std::string& answer,
                            TurnEnd& end) {
    constexpr std::string_view kData = "data: ";
    for (std::size_t line_end; (line_end = body.find('\n')) != std::string::npos;) {
      std::string line = body.substr(0, line_end);
      body.erase(0, line_end + 1);
      if (line.ends_with('\r')) line.pop_back();
      if (!line.starts_with(kData) || line == "data: [DONE]") continue;
      TRY(const std::string text, read_event(std::string_view(line).substr(kData.size()), end));
      if (!text.empty()) hooks.show(text);
      answer += text;
    }
    return {};
  }

  const RemoteServer server_;
  const ChatSettings settings_;
  Json messages_;
};

int count_of(const Json& value) { return value.is_int() ? static_cast<int>(value.as_int()) : 0; }

}  // namespace

Result<std::string> read_event(std::string_view data, TurnEnd& end) {
  TRY(const Json event, parse_json(data));
  if (const Json* error = event.find("error"); error != nullptr && error->is_object()) {
    const Json& message = (*error)["message"];
    return fail(ErrorCode::kConflict,
                message.is_string() ? message.as_string() : "the server ended the answer");
  }
  if (const Json& usage = event["usage"]; usage.is_object()) {
    end.usage = {.prompt_tokens = count_of(usage["prompt_tokens"]),
                 .cached_tokens = count_of(usage["prompt_tokens_details"]["cached_tokens"]),
                 .completion_tokens = count_of(usage["completion_tokens"])};
  }
  const Json& choices = event["choices"];
  if (!choices.is_array() || choices.as_array().empty()) return std::string();
  const Json& choice = choices[std::size_t{0}];
  if (choice["finish_reason"] == Json("length")) end.reason = FinishReason::kLength;
  const Json& content = choice["delta"]["content"];
  return content.is_string() ? content.as_string() : std::string();
}

Result<std::unique_ptr<ChatPartner>> make_remote_chat(RemoteServer server, ChatSettings settings) {
  if (server.model.empty()) {
    TRY(server.model, first_model(server));
  }
  return std::unique_ptr<ChatPartner>(
      std::make_unique<RemoteChat>(std::move(server), std::move(settings)));
}

}  // namespace diptych
