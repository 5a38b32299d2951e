#pragma once
// The rows of request_infotext.cc: what is written of a request and how it is read. For its files
// only.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "image/pipeline/request_infotext.h"

namespace diptych {

struct InfotextParts {
  const ImageRequest& request;
  const DrawnFacts& facts;
};

// One parameter: how it is written, and how it is read; null: not at all. Rows stand in A1111's
// order.
struct InfotextRow {
  std::string_view key;
  void (*write)(const InfotextParts& from, std::string_view key, Infotext& to);
  Status (*read)(const Infotext& from, std::string_view key, ImageRequest& to);
};

template <class Number>
Status read_integer(const Infotext& from, std::string_view key, Number& to) {
  TRY(const auto value, from.find_integer(key));
  if (!value) return {};
  if (!std::in_range<Number>(*value))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}: {}' is beyond what it can be", key, *value), std::string(key));
  to = static_cast<Number>(*value);
  return {};
}

inline Status read_number(const Infotext& from, std::string_view key, double& to) {
  TRY(const auto value, from.find_number(key));
  if (value) to = *value;
  return {};
}

inline Status read_text(const Infotext& from, std::string_view key, std::string& to) {
  if (const std::string* value = from.find(key)) to = *value;
  return {};
}

// A word of a list of names, by its position.
template <class Enum, std::size_t kCount>
Status read_word(const Infotext& from, std::string_view key,
                 const std::array<std::string_view, kCount>& words, Enum& to) {
  const std::string* value = from.find(key);
  if (value == nullptr) return {};
  const auto word = std::ranges::find(words, *value);
  if (word == words.end())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}: {}' is not one of {}", key, *value, fmt::join(words, ", ")),
                std::string(key));
  to = static_cast<Enum>(word - words.begin());
  return {};
}

// A row's name of a registry.
template <class Find, class Enum>
Status read_named(const Infotext& from, std::string_view key, Find find, Enum& to) {
  const std::string* value = from.find(key);
  if (value == nullptr) return {};
  const auto found = find(*value);
  if (!found)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}: {}' is no name that is known", key, *value), std::string(key));
  to = *found;
  return {};
}

// Groups in A1111's order.
std::span<const InfotextRow> sampling_infotext_rows();
std::span<const InfotextRow> init_infotext_rows();
std::span<const InfotextRow> hires_infotext_rows();
std::span<const InfotextRow> other_infotext_rows();

}  // namespace diptych
