// Schemas: any text is refused or read; a value is then judged. The first line is the value, the
// rest the schema.

#include "base/check.h"
#include "fuzz_target.h"
#include "grammar/schema/schema.h"
#include "grammar_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych::grammar;
  std::string_view rest = diptych::as_text(data, size);
  const auto value = read_json(diptych::next_line(rest), {.depth_max = 64});
  if (value) {
    const auto again = read_json(canonical_text(*value));
    CHECK(again.has_value());
    CHECK(same_value(*value, *again));
    CHECK(canonical_text(*again) == canonical_text(*value));
  }
  const auto schema = read_schema(rest, {.limits = diptych::small_grammar_limits()});
  if (!schema) {
    CHECK(!schema.error().message.empty());
    return 0;
  }
  for (const SchemaNode& node : schema->nodes) CHECK(node.resource < schema->resources.size());
  if (value) static_cast<void>(validate(*schema, *value));
  return 0;
}
