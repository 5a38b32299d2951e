// CLIP's tokeniser on any bytes: ids are of the vocabulary, and two texts are read as they are read
// apart, given a blank between.

#include "base/check.h"
#include "base/unicode.h"
#include "fuzz_target.h"
#include "tokenizer/clip_bpe.h"

namespace {

using namespace diptych;

const ClipTokenizer& tokenizer() {
  static const ClipTokenizer built_in = ClipTokenizer::builtin();
  return built_in;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto rest = as_text(data, size);
  const auto first = next_line(rest);
  std::vector<int> ids = tokenizer().encode(first);
  for (const int id : ids) CHECK(id >= 0 && id < tokenizer().token_count());
  CHECK(is_valid_utf8(tokenizer().decode(ids)));
  const std::vector<int> second = tokenizer().encode(rest);
  ids.insert(ids.end(), second.begin(), second.end());
  CHECK(tokenizer().encode(std::string(first) + "\n" + std::string(rest)) == ids);
  return 0;
}
