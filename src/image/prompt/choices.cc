#include "image/prompt/choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/rng.h"
#include "image/prompt/characters.h"
#include "image/prompt/choice_options.h"
#include "image/prompt/limits.h"
#include "image/prompt/warnings.h"

namespace diptych {
namespace {

constexpr int kWildcardDepthMax = 10;
constexpr int kBraceDepthMax = 64;
constexpr std::uint64_t kDrawsMax = 4096;  // also bounds the work: everything expanded draws
constexpr std::size_t kNameBytesMax = 200;

// For every '{' the position of its '}', else 0.
std::vector<std::size_t> match_braces(std::string_view text) {
  std::vector<std::size_t> closes(text.size()), open;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{') {
      open.push_back(at);
    } else if (text[at] == '}' && !open.empty()) {
      closes[open.back()] = at;
      open.pop_back();
    }
  }
  return closes;
}

// The name of `__name__` at `at`, or nothing.
std::string_view wildcard_at(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("__")) return {};
  const std::string_view rest = text.substr(at + 2, kNameBytesMax + 2);
  const auto end = rest.find("__");
  if (end == std::string_view::npos) return {};
  const std::string_view name = rest.substr(0, end);
  if (name.find_first_of("\n\r{}|<>") != std::string_view::npos) return {};
  return trim(name).size() == name.size() ? name : std::string_view{};
}

std::vector<std::string_view> usable_lines(const std::vector<std::string>& lines) {
  std::vector<std::string_view> usable;
  for (const std::string& line : lines) {
    const std::string_view text = trim(line);
    if (!text.empty() && !text.starts_with('#')) usable.push_back(text);
  }
  return usable;
}

class Chooser {
 public:
  explicit Chooser(const ChoiceOptions& options) : options_(options) {}

  Result<ChosenPrompt> run(std::string_view text) {
    std::string own(text);
    for (const std::string& words : options_.local_words) TRY_STATUS(replace_words(words, own));
    TRY_STATUS(expand(own, {}));
    return std::move(result_);
  }

 private:
  struct Depth {
    int braces = 0, wildcards = 0;
  };

  // "what=a,b;where=c,d": every `what` becomes the same one of its words.
  Status replace_words(std::string_view spec, std::string& text) {
    while (!spec.empty()) {
      const auto end = std::min(spec.find(';'), spec.size());
      const std::string_view rule = spec.substr(0, end);
      spec.remove_prefix(std::min(end + 1, spec.size()));
      const auto equals = rule.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view name = trim(rule.substr(0, equals));
      if (name.empty() || text.find(name) == std::string::npos) continue;
      TRY_STATUS(replace_word(name, rule.substr(equals + 1), text));
    }
    return {};
  }

  Status replace_word(std::string_view name, std::string_view list, std::string& text) {
    std::vector<std::string_view> words;
    while (!list.empty()) {
      const auto end = std::min(list.find(','), list.size());
      if (const auto word = trim(list.substr(0, end)); !word.empty()) words.push_back(word);
      list.remove_prefix(std::min(end + 1, list.size()));
    }
    if (words.empty()) return {};
    TRY(const std::size_t index, draw_index(words.size()));
    const std::string_view word = words[index];
    std::string replaced;
    std::string_view rest = text;
    for (auto at = rest.find(name); at != std::string_view::npos; at = rest.find(name)) {
      replaced.append(rest.substr(0, at)).append(word);
      TRY_STATUS(check_size(replaced.size()));
      rest.remove_prefix(at + name.size());
    }
    replaced += rest;
    result_.choices.push_back({std::string(name), std::string(word)});
    text = std::move(replaced);
    return check_size(text.size());
  }

  Status expand(std::string_view text, Depth depth) {
    const std::vector<std::size_t> closes = match_braces(text);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t close = text[at] == '{' ? closes[at] : 0;
      if (close > at) {
        const std::string_view source = text.substr(at, close + 1 - at);
        TRY(const bool is_choice, expand_choice(source, depth));
        at += is_choice ? source.size() : append(source.substr(0, 1));
      } else if (const auto name = wildcard_at(text, at); !name.empty()) {
        TRY_STATUS(expand_wildcard(name, depth));
        at += name.size() + 4;
      } else {
        const std::size_t next = text.find_first_of("{_\\", at + 1);
        const std::size_t length = text[at] == '\\' ? 2 : std::min(next, text.size()) - at;
        at += append(text.substr(at, length));
      }
      TRY_STATUS(check_size(result_.text.size()));
    }
    return {};
  }

  std::size_t append(std::string_view text) {
    result_.text += text;
    return text.size();
  }

  // False where the braces are text.
  Result<bool> expand_choice(std::string_view source, Depth depth) {
    Choice choice = parse_choice(source.substr(1, source.size() - 2));
    if (choice.options.empty()) return false;
    if (++depth.braces > kBraceDepthMax) {
      return refuse(fmt::format("choices nest deeper than {}", kBraceDepthMax));
    }
    const std::size_t begin = result_.text.size();
    const auto spread = static_cast<std::size_t>(choice.count_max - choice.count_min);
    TRY(const std::size_t extra, draw_index(spread + 1));
    const std::size_t count = static_cast<std::size_t>(choice.count_min) + extra;
    for (std::size_t taken = 0; taken < count; ++taken) {
      if (taken > 0) append(choice.separator);
      TRY_STATUS(check_size(result_.text.size()));
      TRY(const std::size_t index, draw_option(choice.options));
      TRY_STATUS(expand(choice.options[index].text, depth));
      choice.options.erase(choice.options.begin() + static_cast<std::ptrdiff_t>(index));
    }
    result_.choices.push_back({std::string(source), result_.text.substr(begin)});
    return true;
  }

  Status expand_wildcard(std::string_view name, Depth depth) {
    const std::string source = fmt::format("__{}__", name);
    if (++depth.wildcards > kWildcardDepthMax) {
      keep_as_text(source, fmt::format("wildcards nest deeper than {}", kWildcardDepthMax));
      return {};
    }
    const auto lines = options_.find_wildcard ? options_.find_wildcard(name) : std::nullopt;
    const auto usable = lines ? usable_lines(*lines) : std::vector<std::string_view>{};
    if (usable.empty()) {
      keep_as_text(source, lines ? "the wildcard has no lines" : "no such wildcard");
      return {};
    }
    const std::size_t begin = result_.text.size();
    TRY(const std::size_t line, draw_index(usable.size()));
    const auto parts = split_options(usable[line]);
    TRY(const std::size_t part, draw_index(parts.size()));
    TRY_STATUS(expand(trim(parts[part]), depth));
    result_.choices.push_back({source, result_.text.substr(begin)});
    return {};
  }

  void keep_as_text(std::string_view source, std::string_view reason) {
    append(source);
    add_warning(result_.warnings, {std::string(options_.param),
                                   fmt::format("{}: {}; it stays in the text", source, reason)});
  }

  Result<double> draw() {
    if (draws_ == kDrawsMax) return refuse(fmt::format("more than {} choices", kDrawsMax));
    return uniform_at(options_.seed, options_.stream, draws_++);
  }

  Result<std::size_t> draw_index(std::size_t count) {
    TRY(const double at, draw());
    return std::min(static_cast<std::size_t>(at * static_cast<double>(count)), count - 1);
  }

  Result<std::size_t> draw_option(const std::vector<ChoiceOption>& options) {
    double sum = 0;
    for (const ChoiceOption& option : options) sum += option.share;
    if (!(sum > 0)) return draw_index(options.size());
    TRY(double left, draw());
    left *= sum;
    std::size_t last = 0;
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (options[i].share <= 0) continue;
      last = i;
      if (left < options[i].share) break;
      left -= options[i].share;
    }
    return last;
  }

  Status check_size(std::size_t size) const {
    if (size <= kPromptBytesMax) return {};
    return refuse(fmt::format("longer than {} bytes after its choices", kPromptBytesMax));
  }

  std::unexpected<Error> refuse(std::string message) const {
    return fail(ErrorCode::kInvalidArgument, std::move(message), std::string(options_.param));
  }

  const ChoiceOptions& options_;
  ChosenPrompt result_;
  std::uint64_t draws_ = 0;
};

bool is_json_object(std::string_view text) {
  text = trim(text);
  return text.starts_with('{') && text.ends_with('}') && parse_json(text).has_value();
}

}  // namespace

Result<ChosenPrompt> make_choices(std::string_view text, const ChoiceOptions& options) {
  if (is_json_object(text)) return ChosenPrompt{.text = std::string(text)};
  return Chooser(options).run(text);
}

}  // namespace diptych
