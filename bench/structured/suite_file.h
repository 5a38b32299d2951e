#pragma once
// A draft's folder of the official JSON-Schema-Test-Suite, with the documents its schemas refer to.

#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "grammar/constraint.h"

namespace diptych::bench {

struct SuiteTest {
  std::string description, text;  // the instance as json.dumps writes it
  bool valid = false;
};

struct SuiteGroup {
  std::string file, description;
  std::string schema;  // its text, with the folder's dialect where it names none
  std::vector<SuiteTest> tests;
};

struct Suite {
  std::vector<SuiteGroup> groups;
  std::vector<grammar::SchemaDocument> remotes;
};

// `folder`: …/tests/draft2020-12. Remotes are …/remotes, under http://localhost:1234/.
Result<Suite> read_suite(const Path& folder);

}  // namespace diptych::bench
