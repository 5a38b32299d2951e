#include "http/origin.h"

#include <fmt/format.h>

#include <algorithm>

namespace diptych {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool is_loopback_host(std::string_view host_and_port) {
  const bool bracketed = host_and_port.starts_with('[');
  const std::string_view host = bracketed ? host_and_port.substr(0, host_and_port.find(']') + 1)
                                          : host_and_port.substr(0, host_and_port.find(':'));
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

// The page was served by this very server, under a name that no foreign DNS can claim.
bool is_own_page(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view origin_host = origin.substr(scheme + 3);
  return origin_host == host && is_loopback_host(host);
}

}  // namespace

OriginPolicy::OriginPolicy(std::string_view allowed, bool open_server) : open_server_(open_server) {
  while (!allowed.empty()) {
    const std::size_t comma = allowed.find(',');
    const std::string_view origin = trimmed(allowed.substr(0, comma));
    allowed = comma == std::string_view::npos ? "" : allowed.substr(comma + 1);
    if (origin == "*") any_ = true;
    if (!origin.empty()) allowed_.emplace_back(origin);
  }
}

bool OriginPolicy::allows(std::string_view origin) const {
  return !origin.empty() && (any_ || std::ranges::find(allowed_, origin) != allowed_.end());
}

Status OriginPolicy::check(const RequestHead& head) const {
  const std::string_view origin = head.header("origin");
  if (!open_server_ || origin.empty() || allows(origin) ||
      is_own_page(origin, head.header("host"))) {
    return {};
  }
  return fail(ErrorCode::kForbidden,
              fmt::format("Web pages from '{}' may not use this server. Allow them with the "
                          "cors_origin setting.",
                          origin));
}

bool OriginPolicy::is_preflight(const RequestHead& head) const {
  return head.method == "OPTIONS" && allows(head.header("origin")) &&
         !head.header("access-control-request-method").empty();
}

std::vector<Header> OriginPolicy::preflight_headers(const RequestHead& head,
                                                    std::string_view methods) const {
  std::vector<Header> headers = {{"access-control-allow-methods", std::string(methods)},
                                 {"access-control-max-age", "600"}};
  const std::string_view asked = head.header("access-control-request-headers");
  if (!asked.empty()) headers.emplace_back("access-control-allow-headers", std::string(asked));
  return headers;
}

std::vector<Header> OriginPolicy::answer_headers(std::string_view origin) const {
  if (allowed_.empty()) return {};
  std::vector<Header> headers;
  if (!any_) headers.emplace_back("vary", "origin");  // caches must keep the answers apart
  if (!allows(origin)) return headers;
  headers.emplace_back("access-control-allow-origin", any_ ? "*" : std::string(origin));
  headers.emplace_back("access-control-expose-headers",
                       "x-request-id, openai-processing-ms, retry-after, retry-after-ms, "
                       "x-should-retry, x-ratelimit-limit-requests, "
                       "x-ratelimit-remaining-requests, x-ratelimit-reset-requests");
  return headers;
}

}  // namespace diptych
