#include "tokenizer/clip_words.h"

#include <cstddef>
#include <utility>

#include "tokenizer/unicode_text.h"

namespace diptych {
namespace {

constexpr std::string_view kContractions[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
// Text that became one of these by lower-casing is no special token, but its edges are words of
// their own whatever follows.
constexpr std::string_view kSpecials[] = {"<|startoftext|>", "<|endoftext|>"};
constexpr std::size_t kSpecialEdge = 2;  // "<|" and "|>"

std::size_t run_length(std::string_view text, CharacterClass of) {
  std::size_t length = 0;
  while (length < text.size()) {
    const Character character = first_character(text.substr(length));
    if (class_of(character.code_point) != of) break;
    length += character.size;
  }
  return length;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  std::vector<std::string_view> split() {
    while (!rest_.empty()) {
      if (!take_special() && !take_contraction()) take_run();
    }
    return std::move(words_);
  }

 private:
  void take(std::size_t length) {
    words_.push_back(rest_.substr(0, length));
    rest_.remove_prefix(length);
  }

  bool take_special() {
    for (const std::string_view special : kSpecials) {
      if (!rest_.starts_with(special)) continue;
      take(kSpecialEdge);
      take(special.size() - 2 * kSpecialEdge);
      take(kSpecialEdge);
      return true;
    }
    return false;
  }

  bool take_contraction() {
    for (const std::string_view contraction : kContractions) {
      if (!rest_.starts_with(contraction)) continue;
      take(contraction.size());
      return true;
    }
    return false;
  }

  void take_run() {
    const Character first = first_character(rest_);
    const CharacterClass kind = class_of(first.code_point);
    if (kind == CharacterClass::kSpace) {
      rest_.remove_prefix(first.size);
    } else {
      take(kind == CharacterClass::kNumber ? first.size : run_length(rest_, kind));
    }
  }

  std::string_view rest_;
  std::vector<std::string_view> words_;
};

}  // namespace

std::vector<std::string_view> split_clip_words(std::string_view normalized) {
  return Splitter(normalized).split();
}

}  // namespace diptych
