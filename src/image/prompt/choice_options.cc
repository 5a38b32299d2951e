#include "image/prompt/choice_options.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "image/prompt/characters.h"

namespace diptych {
namespace {

constexpr int kCountMax = 1'000'000;  // of options to take; there are never so many

struct WrittenOption {
  std::string_view text;
  std::optional<double> before, after;  // weight `w::text`, weight `text:w`
};

WrittenOption read_option(std::string_view text) {
  text = trim(text);
  if (const auto mark = text.find("::"); mark != std::string_view::npos) {
    const auto weight = parse_decimal(trim(text.substr(0, mark)));
    if (weight && *weight >= 0) return {trim(text.substr(mark + 2)), weight, std::nullopt};
  }
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    const auto weight = parse_decimal(trim(text.substr(colon + 1)));
    if (weight) return {trim(text.substr(0, colon)), std::nullopt, std::clamp(*weight, 0.0, 1.0)};
  }
  return {text, std::nullopt, std::nullopt};
}

std::vector<ChoiceOption> with_shares(const std::vector<WrittenOption>& written) {
  const auto count_without = std::ranges::count_if(
      written, [](const WrittenOption& option) { return !option.after && !option.before; });
  const bool shares_rest = std::ranges::any_of(
      written, [](const WrittenOption& option) { return option.after.has_value(); });
  double rest = 1;
  for (const WrittenOption& option : written) rest -= option.after.value_or(0);
  const double missing =
      shares_rest ? std::max(rest, 0.0) / std::max(static_cast<double>(count_without), 1.0) : 1;
  std::vector<ChoiceOption> options;
  double sum = 0;
  for (const WrittenOption& option : written) {
    const double share = option.before ? *option.before : option.after.value_or(missing);
    options.push_back({option.text, share});
    sum += share;
  }
  if (!(sum > 0)) {
    for (ChoiceOption& option : options) option.share = 1;
  }
  return options;
}

// "2", "1-2", "-2", "1-" as the number of options to take.
bool read_count(std::string_view text, Choice& choice) {
  const auto number = [](std::string_view digits, int missing) -> std::optional<int> {
    if (digits.empty()) return missing;
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < 0) return {};
    return std::min(value, kCountMax);
  };
  text = trim(text);
  const auto dash = text.find('-');
  if (text.empty() || text == "-") return false;
  const auto first = number(trim(text.substr(0, dash)), 1);
  const auto last =
      dash == std::string_view::npos ? first : number(trim(text.substr(dash + 1)), kCountMax);
  if (!first || !last || *first > *last) return false;
  choice.count_min = *first;
  choice.count_max = *last;
  return true;
}

}  // namespace

std::vector<std::string_view> split_options(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    } else if (c == '|' && depth == 0) {
      parts.push_back(text.substr(from, at - from));
      from = at + 1;
    }
  }
  parts.push_back(text.substr(from));
  return parts;
}

Choice parse_choice(std::string_view inside) {
  constexpr std::string_view kMark = "$$";
  Choice choice;
  bool counted = false;
  if (const auto mark = inside.find(kMark); mark != std::string_view::npos) {
    counted = read_count(inside.substr(0, mark), choice);
    if (counted) {
      inside.remove_prefix(mark + kMark.size());
      const auto second = inside.find(kMark);
      if (second != std::string_view::npos && inside.find_first_of("|{") > second) {
        choice.separator = inside.substr(0, second);
        inside.remove_prefix(second + kMark.size());
      }
    }
  }
  const std::vector<std::string_view> parts = split_options(inside);
  if (parts.size() < 2 && !counted) return choice;
  std::vector<WrittenOption> written;
  for (const std::string_view part : parts) written.push_back(read_option(part));
  choice.options = with_shares(written);
  const int count = static_cast<int>(choice.options.size());
  choice.count_max = std::min(choice.count_max, count);
  choice.count_min = std::min(choice.count_min, choice.count_max);
  return choice;
}

}  // namespace diptych
