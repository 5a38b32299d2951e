// Patterns nobody would write. The first byte chooses dialect and flags; then the pattern, and the
// texts to try it on, one a line. Whatever is accepted as a pattern behaves: next() and accepts()
// agree, the complement takes what the pattern does not, a string is never closed where the
// language does not accept, and limits hold.

#include <string>

#include "base/check.h"
#include "base/unicode.h"
#include "fuzz_target.h"
#include "grammar/text/json_string.h"
#include "grammar/text/language.h"

namespace {

using namespace diptych;
using namespace diptych::grammar;

Limits small_limits() {
  Limits limits;
  limits.memory_bytes_max = std::size_t{8} << 20;
  limits.search_steps_max = 500;
  limits.alternatives_max = 200;
  limits.depth_max = 60;
  return limits;
}

StringStep feed(Languages& languages, Language language, std::string_view bytes) {
  StringState state{.language = language};
  StringStep step = StringStep::kInside;
  for (const char byte : bytes) {
    if (step != StringStep::kInside) return StringStep::kDead;
    StringState next;
    step =
        next_in_string(languages, Escapes::kComplete, state, static_cast<std::uint8_t>(byte), next);
    state = next;
  }
  return step;
}

void check_text(Languages& languages, Language language, std::string_view text) {
  const bool accepts = languages.accepts(language, text);
  const bool refused = languages.refused_count() > 0;
  if (refused || !is_valid_utf8(text)) return;
  CHECK(!accepts || !languages.is_empty(language));
  const Language others = languages.negated(language);
  const bool others_accept = languages.accepts(others, text);
  if (languages.refused_count() == 0) CHECK(others_accept != accepts);
  const bool is_raw = text.find_first_of("\"\\") == std::string_view::npos;
  const StringStep step = feed(languages, language, std::string(text) + '"');
  if (is_raw && languages.refused_count() == 0) {
    bool has_controls = false;
    for (const char c : text) has_controls |= static_cast<unsigned char>(c) < 0x20;
    CHECK((step == StringStep::kClosed) == (accepts && !has_controls));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  std::string_view rest = as_text(data + 1, size - 1);
  const std::string_view pattern = next_line(rest);
  Languages languages(small_limits());
  std::string flags;
  for (unsigned bit = 0; bit < 5; ++bit) {
    if ((data[0] >> (bit + 1U) & 1U) != 0) flags += "imsux"[bit];
  }
  const auto language = (data[0] & 1U) != 0 ? languages.anchored_regex(pattern, flags)
                                            : languages.ecma_pattern(pattern);
  if (!language) {
    CHECK(!language.error().message.empty());
    return 0;
  }
  for (int line = 0; line < 8 && !rest.empty(); ++line) {
    check_text(languages, *language, next_line(rest));
  }
  (void)languages.plain_run(*language);
  (void)languages.key(*language, 16);
  CHECK(languages.memory_bytes() < (std::size_t{32} << 20));
  return 0;
}
