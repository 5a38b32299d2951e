#pragma once
// The official test suite through the engine: every instance fed token by token under the masks.

#include <optional>
#include <string>

#include "base/json.h"
#include "grammar/constraint.h"
#include "structured/suite_file.h"

namespace diptych::bench {

struct SuitePlan {
  grammar::Policy policy;
  grammar::Target bytes;                 // the vocabulary of single bytes, which decides
  std::optional<grammar::Target> words;  // another, which must agree
};

struct SuiteReport {
  Json summary;
  std::string text;  // for people
};

SuiteReport run_suite(const Suite& suite, const SuitePlan& plan);

}  // namespace diptych::bench
