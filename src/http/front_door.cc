#include "http/front_door.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/target.h"
#include "http/websocket.h"

namespace diptych {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

// A client that names no type is believed to send what the route takes.
Status check_content_type(const RequestHead& head, const Route& route) {
  if (!head.has_body()) return {};
  const std::string encoding = lower_case(head.header("content-encoding"));
  if (!encoding.empty() && encoding != "identity") {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Content-Encoding '{}' is not supported; send the body as it is.",
                            head.header("content-encoding")),
                "", "unsupported_media_type");
  }
  if (route.body == nullptr) return {};  // the handler reads the type itself
  const std::string type = lower_case(head.header("content-type"));
  std::string_view essence = std::string_view(type).substr(0, type.find(';'));
  while (essence.ends_with(' ')) essence.remove_suffix(1);
  if (essence.empty() || essence == "application/json" || essence.ends_with("+json") ||
      essence == "multipart/form-data") {
    return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("Content-Type '{}' is not supported here; send application/json.",
                          head.header("content-type")),
              "", "unsupported_media_type");
}

Status check_expectation(const RequestHead& head) {
  const std::string expectation = lower_case(head.header("expect"));
  if (expectation.empty() || expectation == "100-continue") return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("Expect '{}' is not supported.", head.header("expect")));
}

// A browser's WebSocket offers its key as a subprotocol: here it becomes what other calls send.
void take_offered_key(RequestHead& head) {
  if (!head.header("authorization").empty() || head.header("upgrade").empty()) return;
  const std::string_view secret = offered_key(head.header("sec-websocket-protocol"));
  if (!secret.empty()) head.headers.emplace_back("authorization", fmt::format("Bearer {}", secret));
}

std::string preflight_methods(std::span<const Route* const> methods) {
  return methods.empty() ? "OPTIONS" : allowed_methods(methods) + ", OPTIONS";
}

}  // namespace

FrontDoor::FrontDoor(Router router, OriginPolicy origins, Authenticator& authenticator)
    : router_(std::move(router)), origins_(std::move(origins)), authenticator_(authenticator) {}

Entry FrontDoor::admit(RequestHead& head, std::string request_id, Monotonic received) {
  Entry entry;
  take_offered_key(head);
  entry.call.method = head.method;
  entry.call.request_id = std::move(request_id);
  entry.call.received = received;
  entry.answer_headers = origins_.answer_headers(head.header("origin"));
  if (const Status status = decide(head, entry); !status) {
    const ErrorStyle style = entry.route ? entry.route->errors : ErrorStyle::kOpenAi;
    entry.answer = error_answer(status.error(), style, entry.call.request_id);
    if (status.error().code == ErrorCode::kUnauthorized) {
      entry.answer->headers.emplace_back("www-authenticate", "Bearer");
    }
  }
  entry.call.headers = std::move(head.headers);
  return entry;
}

Status FrontDoor::decide(const RequestHead& head, Entry& entry) {
  TRY(Target target, parse_target(head.target));
  entry.call.path = target.path();
  entry.call.query = std::move(target.query);
  TRY_STATUS(origins_.check(head));

  PathMatch match = router_.find(target.segments);
  if (origins_.is_preflight(head)) {
    entry.answer =
        Answer{204, "", origins_.preflight_headers(head, preflight_methods(match.methods)), ""};
    return {};
  }
  if (match.methods.empty()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("Unknown URL: {} {}.", head.method, entry.call.path));
  }
  const Route* const route = route_for_method(match.methods, head.method);
  if (route == nullptr) {
    const std::string allowed = allowed_methods(match.methods);
    entry.answer_headers.emplace_back("allow", allowed);
    return fail(ErrorCode::kUnsupported,
                fmt::format("{} is not allowed for {}; allowed: {}.", head.method, entry.call.path,
                            allowed),
                "", "method_not_allowed");
  }
  entry.route = route;
  entry.call.path_params = std::move(match.params);

  if (auto caller = authenticator_.decide(head.header("authorization"), route->scope)) {
    TRY(entry.call.caller, std::move(*caller));
  } else {
    entry.caller_unknown = true;
  }
  TRY_STATUS(check_expectation(head));
  return check_content_type(head, *route);
}

}  // namespace diptych
