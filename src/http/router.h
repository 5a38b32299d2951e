#pragma once
// Finds the route of a path. Built once from the table of routes; const and safe from any thread
// afterwards.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/route.h"
#include "base/error.h"

namespace diptych {

struct PathMatch {
  std::span<const Route* const> methods;  // every route of this path; empty: no such path
  std::vector<std::pair<std::string, std::string>> params;
};

class Router {
 public:
  // kInternal when the table contradicts itself: a pattern that is malformed or two routes for one
  // method and path.
  static Result<Router> build(std::span<const Route> routes);

  // A literal segment wins over {id}, {id} over {id...}. {id} takes one segment, {id...} the rest,
  // at least one.
  PathMatch find(std::span<const std::string> segments) const;

 private:
  struct Pattern {
    std::vector<std::string_view> parts;  // "models", "{id}", "{id...}"
    std::vector<const Route*> methods;
  };
  static bool matches(const Pattern& pattern, std::span<const std::string> segments);

  std::vector<Pattern> patterns_;  // most literal first
};

// GET answers HEAD too. nullptr: this path does not know the method.
const Route* route_for_method(std::span<const Route* const> methods, std::string_view method);
std::string allowed_methods(std::span<const Route* const> methods);  // "GET, HEAD, POST"

}  // namespace diptych
