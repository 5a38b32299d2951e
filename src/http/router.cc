#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>

namespace diptych {

namespace {

bool is_parameter(std::string_view part) { return part.starts_with('{'); }
bool is_greedy(std::string_view part) { return part.ends_with("...}"); }

std::string_view parameter_name(std::string_view part) {
  part.remove_prefix(1);
  part.remove_suffix(is_greedy(part) ? 4 : 1);
  return part;
}

Result<std::vector<std::string_view>> split_pattern(std::string_view path) {
  const auto bad = [&] {
    return fail(ErrorCode::kInternal, fmt::format("Malformed route path '{}'.", path));
  };
  if (!path.starts_with('/')) return bad();
  std::vector<std::string_view> parts;
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? "" : rest.substr(slash);
    if (is_parameter(part) && (!part.ends_with('}') || parameter_name(part).empty())) return bad();
    if (is_greedy(part) && !rest.empty()) return bad();
    parts.push_back(part);
  }
  return parts;
}

// Lexicographic by segment: literal before {id} before {id...}.
int specificity(std::string_view part) { return !is_parameter(part) ? 0 : is_greedy(part) ? 2 : 1; }

bool same_shape(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  return std::ranges::equal(a, b, [](std::string_view x, std::string_view y) {
    return is_parameter(x) ? specificity(x) == specificity(y) : x == y;
  });
}

bool more_literal(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  return std::ranges::lexicographical_compare(a, b, {}, specificity, specificity);
}

}  // namespace

Result<Router> Router::build(std::span<const Route> routes) {
  Router router;
  for (const Route& route : routes) {
    TRY(std::vector<std::string_view> parts, split_pattern(route.path));
    auto pattern = std::ranges::find_if(
        router.patterns_, [&](const Pattern& other) { return same_shape(other.parts, parts); });
    if (pattern == router.patterns_.end()) {
      router.patterns_.push_back({std::move(parts), {}});
      pattern = std::prev(router.patterns_.end());
    } else if (pattern->parts != parts) {
      return fail(ErrorCode::kInternal,
                  fmt::format("'{}' names its parameters unlike another route.", route.path));
    }
    if (std::ranges::find(pattern->methods, route.method, &Route::method) !=
        pattern->methods.end()) {
      return fail(ErrorCode::kInternal,
                  fmt::format("Two routes for {} {}.", route.method, route.path));
    }
    pattern->methods.push_back(&route);
  }
  std::ranges::sort(router.patterns_, more_literal, &Pattern::parts);
  return router;
}

bool Router::matches(const Pattern& pattern, std::span<const std::string> segments) {
  const bool greedy = is_greedy(pattern.parts.back());
  if (greedy ? segments.size() < pattern.parts.size() : segments.size() != pattern.parts.size()) {
    return false;
  }
  for (std::size_t i = 0; i < pattern.parts.size(); ++i) {
    const std::string_view part = pattern.parts[i];
    if (is_parameter(part) ? segments[i].empty() : segments[i] != part) return false;
  }
  return true;
}

PathMatch Router::find(std::span<const std::string> segments) const {
  for (const Pattern& pattern : patterns_) {
    if (!matches(pattern, segments)) continue;
    PathMatch match{pattern.methods, {}};
    for (std::size_t i = 0; i < pattern.parts.size(); ++i) {
      const std::string_view part = pattern.parts[i];
      if (!is_parameter(part)) continue;
      std::string value = segments[i];
      for (std::size_t rest = i + 1; is_greedy(part) && rest < segments.size(); ++rest) {
        value += '/';
        value += segments[rest];
      }
      match.params.emplace_back(parameter_name(part), std::move(value));
    }
    return match;
  }
  return {};
}

const Route* route_for_method(std::span<const Route* const> methods, std::string_view method) {
  const auto find = [&](std::string_view name) -> const Route* {
    const auto route = std::ranges::find(methods, name, &Route::method);
    return route == methods.end() ? nullptr : *route;
  };
  const Route* const exact = find(method);
  return exact == nullptr && method == "HEAD" ? find("GET") : exact;
}

std::string allowed_methods(std::span<const Route* const> methods) {
  std::vector<std::string_view> names;
  for (const Route* route : methods) {
    names.push_back(route->method);
    if (route->method == "GET") names.push_back("HEAD");
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace diptych
