// Infotext: parsing never fails, and what is written without a warning is read back.

#include <algorithm>

#include "base/check.h"
#include "formats/infotext.h"
#include "fuzz_target.h"

namespace {

using namespace diptych;

// A key that equals its value is written alone, and readers pass over it.
Infotext without_lone_keys(Infotext infotext) {
  std::erase_if(infotext.parameters,
                [](const InfotextEntry& entry) { return entry.key == entry.value; });
  return infotext;
}

void check_getters(const Infotext& infotext) {
  for (const InfotextEntry& entry : infotext.parameters) {
    CHECK(infotext.find(entry.key) != nullptr);
    if (const auto size = infotext.find_size(entry.key); size && *size) CHECK((*size)->width >= 0);
    if (const auto number = infotext.find_number(entry.key); number && *number) {
      Infotext copy = infotext;
      copy.set_number(entry.key, **number);
      CHECK(copy.find_number(entry.key).value() == **number);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Infotext infotext = parse_infotext(as_text(data, size));
  if (infotext.parameters.size() <= 100) check_getters(infotext);
  const WrittenInfotext written = write_infotext(infotext);
  if (written.warnings.empty()) {
    CHECK(parse_infotext(written.text).parameters == without_lone_keys(infotext).parameters);
    CHECK(write_infotext(infotext).text == written.text);
  }
  return 0;
}
