#pragma once
// Generation parameters as text, in the layout of A1111's web UI that every gallery reads:
//
//     prompt, any number of lines
//     Negative prompt: any number of lines
//     Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768
//
// Written as A1111 1.10 writes it; read as it reads it, and SD.Next's variants too.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "formats/picture.h"

namespace diptych {

struct PictureSize {
  int width = 0, height = 0;
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

struct InfotextEntry {
  std::string key, value;
  friend bool operator==(const InfotextEntry&, const InfotextEntry&) = default;
};

struct Infotext {
  std::string prompt, negative;
  std::vector<InfotextEntry> parameters;  // in the order of the text

  // Keys are compared without case, and other programs' spellings count ("CLiP-skip" is "Clip
  // skip").
  const std::string* find(std::string_view key) const;

  // Nothing when the key is missing; an error that names key and value when it is no such thing.
  Result<std::optional<std::int64_t>> find_integer(std::string_view key) const;
  Result<std::optional<double>> find_number(std::string_view key) const;
  Result<std::optional<bool>> find_flag(std::string_view key) const;         // True or False
  Result<std::optional<PictureSize>> find_size(std::string_view key) const;  // 512x768

  // Replace the value or append the key.
  void set(std::string_view key, std::string value);
  void set_integer(std::string_view key, std::int64_t value);
  void set_number(std::string_view key,
                  double value);  // "7" for whole numbers, else shortest round trip
  void set_flag(std::string_view key, bool value);
  void set_size(std::string_view key, PictureSize size);

  friend bool operator==(const Infotext&, const Infotext&) = default;
};

struct WrittenInfotext {
  std::string text;
  Warnings warnings;  // what the layout cannot hold and a reader will take for something else
};
WrittenInfotext write_infotext(const Infotext& infotext);

// Never fails: what is no parameter is prompt. Linear in the size of the text.
Infotext parse_infotext(std::string_view text);

// What A1111's parser adds for keys that are missing: the values of programs that wrote no such
// key.
void add_default_parameters(Infotext& infotext);

// The texts of a picture file: the parameters for everyone, and the request itself for this
// program, which holds what the layout cannot. `request` null: left out.
inline constexpr std::string_view kDiptychKeyword = "diptych";
struct InfotextTexts {
  PictureTexts texts;
  Warnings warnings;
};
InfotextTexts write_picture_infotext(const Infotext& infotext, const Json& request);
// What write_picture_infotext stored as `request`; null when there is none, or it is no JSON.
Json find_stored_request(const PictureTexts& texts);

}  // namespace diptych
