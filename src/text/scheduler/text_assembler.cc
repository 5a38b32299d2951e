#include "text/scheduler/text_assembler.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/unicode.h"

namespace diptych {

TextAssembler::TextAssembler(const Vocabulary& vocabulary, const GenerationRequest& request)
    : vocabulary_(vocabulary),
      keep_special_(request.keep_special),
      include_stop_(request.include_stop),
      stops_(request.stops) {}

bool TextAssembler::push(TokenId token, std::optional<TokenLogprob> logprob, Stops stops,
                         Delta& out) {
  std::string_view bytes = vocabulary_.bytes_of(token);
  if (bytes.empty() && keep_special_) bytes = vocabulary_.name_of(token);
  const std::size_t before = held_.size();
  held_ += bytes;
  if (logprob)
    logprobs_.push_back({std::move(*logprob), released_ + before, released_ + held_.size()});

  for (std::size_t i = before; stops == Stops::kMatch && i < held_.size(); ++i) {
    const auto found = stops_.push(held_[i]);
    if (!found) continue;
    out.stop_matched = stops_.stop(*found);
    const std::size_t end = i + 1;
    const std::size_t cut = include_stop_ ? end : end - out.stop_matched.size();
    std::erase_if(logprobs_,
                  [&](const HeldLogprob& item) { return item.begin >= released_ + cut; });
    for (HeldLogprob& item : logprobs_) item.end = std::min(item.end, released_ + cut);
    held_.resize(cut);
    release(cut, out);
    return true;
  }

  const std::string_view certain = std::string_view(held_).substr(0, held_.size() - stops_.held());
  release(complete_utf8_prefix(certain), out);
  return false;
}

void TextAssembler::finish(Delta& out) { release(held_.size(), out); }

void TextAssembler::release(std::size_t byte_count, Delta& out) {
  const std::string_view bytes = std::string_view(held_).substr(0, byte_count);
  if (is_valid_utf8(bytes)) {
    out.text += bytes;
  } else {
    out.text += replace_invalid_utf8(bytes);
  }
  held_.erase(0, byte_count);
  released_ += byte_count;
  release_logprobs(out);
}

void TextAssembler::release_logprobs(Delta& out) {
  std::size_t count = 0;
  while (count < logprobs_.size() && logprobs_[count].end <= released_)
    out.tokens.push_back(std::move(logprobs_[count++].logprob));
  logprobs_.erase(logprobs_.begin(), logprobs_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace diptych
