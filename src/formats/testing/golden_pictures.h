#pragma once
// Pictures as tests/data/pictures/*.json has them: {"width", "height", "channels", "pixels": hex}.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/json.h"
#include "formats/picture.h"

namespace diptych {

inline Path pictures_folder() { return DIPTYCH_TEST_DATA "/pictures"; }

inline std::string read_test_picture(std::string_view name) {
  auto bytes = read_file(pictures_folder() / name, std::size_t{1} << 24);
  EXPECT_TRUE(bytes) << name;
  return bytes.value_or("");
}

inline Json read_golden(std::string_view name) {
  auto json = parse_json(read_test_picture(name));
  EXPECT_TRUE(json) << name;
  return json.value_or(Json());
}

inline Picture picture_of(const Json& golden) {
  Picture picture(static_cast<int>(golden["width"].as_int()),
                  static_cast<int>(golden["height"].as_int()),
                  static_cast<int>(golden["channels"].as_int()));
  const std::string& hex = golden["pixels"].as_string();
  EXPECT_EQ(hex.size(), 2 * picture.pixels.size());
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  return picture;
}

// The largest difference of two values; 256 when the shapes differ.
inline int largest_difference(const Picture& a, const Picture& b) {
  if (a.width != b.width || a.height != b.height || a.channels != b.channels) return 256;
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

}  // namespace diptych
