// Forms: any body becomes parts that lie inside it, or an error in the client's words.

#include "api/multipart.h"

#include "base/check.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych;
  std::string_view rest = as_text(data, size);
  const std::string_view type = next_line(rest);
  const FormLimits limits{.part_count_max = 8, .header_bytes_max = 256, .value_bytes_max = 64};
  const auto parts = parse_multipart(type, rest, limits);
  if (!parts) {
    CHECK(parts.error().code == ErrorCode::kInvalidArgument && !parts.error().message.empty());
    return 0;
  }
  CHECK(parts->size() <= limits.part_count_max);
  for (const FormPart& part : *parts) {
    CHECK(!part.name.empty());
    CHECK(part.body.empty() || (part.body.data() >= rest.data() &&
                                part.body.data() + part.body.size() <= rest.data() + rest.size()));
    CHECK(part.is_file || part.body.size() <= limits.value_bytes_max);
  }
  static constexpr Field kRows[] = {{.name = "n", .types = kInteger | kNull},
                                    {.name = "tags", .types = kArray, .item_types = kString}};
  static constexpr FieldGroup kGroups[] = {{kRows}};
  static constexpr BodySchema kSchema{"Form", "", kGroups};
  const auto object = form_object(*parts, kSchema);
  CHECK(!object || object->is_object());
  return 0;
}
