#include "formats/infotext.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace diptych {
namespace {

constexpr double kWholeMax = 1e15;  // whole numbers up to here are written without exponent

struct Alias {
  std::string_view other, key;  // lower-case
};
constexpr Alias kAliases[] = {
    {"clip-skip", "clip skip"},
    {"variation strength", "variation seed strength"},
    {"hires scale", "hires upscale"},
    {"hires size", "hires resize"},
    {"hires strength", "denoising strength"},
    {"refiner start", "refiner switch at"},
    {"cfg", "cfg scale"},
};

struct Default {
  std::string_view key, value;
};
constexpr Default kDefaults[] = {
    {"Clip skip", "1"},
    {"Hires resize-1", "0"},
    {"Hires resize-2", "0"},
    {"Hires sampler", "Use same sampler"},
    {"Hires schedule type", "Use same scheduler"},
    {"Hires checkpoint", "Use same checkpoint"},
    {"Hires prompt", ""},
    {"Hires negative prompt", ""},
    {"Mask mode", "Inpaint masked"},
    {"Masked content", "original"},
    {"Inpaint area", "Whole picture"},
    {"Masked area padding", "32"},
    {"RNG", "GPU"},
    {"Schedule type", "Automatic"},
    {"Schedule max sigma", "0"},
    {"Schedule min sigma", "0"},
    {"Schedule rho", "0"},
    {"VAE Encoder", "Full"},
    {"VAE Decoder", "Full"},
    {"FP8 weight", "Disable"},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view canonical(std::string_view lower_case) {
  const auto* alias = std::ranges::find(kAliases, lower_case, &Alias::other);
  return alias == std::end(kAliases) ? lower_case : alias->key;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> parse_integer(
    std::string_view text) {  // also "20.0", which SD.Next may write
  if (text.ends_with(".0")) text.remove_suffix(2);
  return parse_number<std::int64_t>(text);
}

std::optional<PictureSize> parse_size(std::string_view text) {
  const std::size_t cross = text.find('x');
  if (cross == std::string_view::npos) return std::nullopt;
  const auto width = parse_number<int>(text.substr(0, cross));
  const auto height = parse_number<int>(text.substr(cross + 1));
  if (!width || !height || *width < 0 || *height < 0) return std::nullopt;
  return PictureSize{*width, *height};
}

std::optional<double> parse_finite(std::string_view text) {
  const auto number = parse_number<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<bool> parse_flag(std::string_view text) {
  const std::string word = lower(text);
  if (word == "true") return true;
  if (word == "false") return false;
  return std::nullopt;
}

template <class Value>
Result<std::optional<Value>> read(const Infotext& infotext, std::string_view key,
                                  std::optional<Value> (*parse)(std::string_view),
                                  std::string_view kind) {
  const std::string* text = infotext.find(key);
  if (!text) return std::optional<Value>();
  std::optional<Value> value = parse(trim(*text));
  if (!value) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("infotext: '{}' of '{}' is not {}", *text, key, kind),
                std::string(key));
  }
  return value;
}

}  // namespace

const std::string* Infotext::find(std::string_view key) const {
  const std::string wanted = lower(key);
  for (const InfotextEntry& entry : parameters) {
    if (lower(entry.key) == wanted) return &entry.value;
  }
  for (const InfotextEntry& entry : parameters) {
    if (canonical(lower(entry.key)) == canonical(wanted)) return &entry.value;
  }
  return nullptr;
}

Result<std::optional<std::int64_t>> Infotext::find_integer(std::string_view key) const {
  return read<std::int64_t>(*this, key, parse_integer, "an integer");
}

Result<std::optional<double>> Infotext::find_number(std::string_view key) const {
  return read<double>(*this, key, parse_finite, "a number");
}

Result<std::optional<bool>> Infotext::find_flag(std::string_view key) const {
  return read<bool>(*this, key, parse_flag, "True or False");
}

Result<std::optional<PictureSize>> Infotext::find_size(std::string_view key) const {
  return read<PictureSize>(*this, key, parse_size, "a size such as 512x768");
}

void Infotext::set(std::string_view key, std::string value) {
  const auto found = std::ranges::find(parameters, key, &InfotextEntry::key);
  if (found == parameters.end()) {
    parameters.push_back({std::string(key), std::move(value)});
  } else {
    found->value = std::move(value);
  }
}

void Infotext::set_integer(std::string_view key, std::int64_t value) {
  set(key, std::to_string(value));
}

void Infotext::set_number(std::string_view key, double value) {
  const bool whole = std::trunc(value) == value && std::abs(value) < kWholeMax;
  set(key, whole ? fmt::format("{:.0f}", value) : fmt::format("{}", value));
}

void Infotext::set_flag(std::string_view key, bool value) { set(key, value ? "True" : "False"); }

void Infotext::set_size(std::string_view key, PictureSize size) {
  set(key, fmt::format("{}x{}", size.width, size.height));
}

void add_default_parameters(Infotext& infotext) {
  for (const Default& row : kDefaults) {
    if (!infotext.find(row.key)) infotext.set(row.key, std::string(row.value));
  }
}

InfotextTexts write_picture_infotext(const Infotext& infotext, const Json& request) {
  WrittenInfotext written = write_infotext(infotext);
  InfotextTexts result{{{std::string(kParametersKeyword), std::move(written.text)}},
                       std::move(written.warnings)};
  if (!request.is_null()) {
    result.texts.push_back({std::string(kDiptychKeyword), dump_json(request)});
  }
  return result;
}

Json find_stored_request(const PictureTexts& texts) {
  const std::string* text = find_text(texts, kDiptychKeyword);
  if (!text) return {};
  return parse_json(*text).value_or(Json());
}

}  // namespace diptych
