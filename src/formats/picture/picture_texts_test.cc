// Texts in picture files, byte for byte as other programs write and read them.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "formats/picture.h"
#include "formats/testing/golden_pictures.h"

namespace diptych {
namespace {

using std::string_view_literals::operator""sv;

constexpr PictureFormat kFormats[] = {PictureFormat::kPng, PictureFormat::kJpeg,
                                      PictureFormat::kWebp};

// The TIFF block of piexif for the user comment "a".
constexpr std::string_view kTiffOfA =
    "MM\0\x2A\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x1A\0\0\0\0\0\x01\x92\x86\0\x07\0\0\0\x0A\0\0\0\x28UNICODE\0\0a"sv;

EncodedPicture with_texts(PictureFormat format, const PictureTexts& texts) {
  auto encoded = encode_picture(Picture(8, 8, 3, 90), {.format = format, .texts = texts});
  EXPECT_TRUE(encoded) << encoded.error().message;
  return encoded.value_or(EncodedPicture{});
}

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

std::string png_chunk(std::string_view type, std::string_view data) {
  std::string chunk;
  const auto append = [&](unsigned long value) {
    for (int shift = 24; shift >= 0; shift -= 8) chunk += static_cast<char>(value >> shift & 0xFF);
  };
  append(data.size());
  const std::string body = std::string(type) + std::string(data);
  chunk += body;
  append(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  return chunk;
}

std::string png_with_chunk(std::string_view type, std::string_view data) {
  std::string png = read_test_picture("grey.png");
  return png.insert(33, png_chunk(type, data));  // after the header
}

std::string deflated(std::string_view text) {
  std::string packed(compressBound(text.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size,
           reinterpret_cast<const Bytef*>(text.data()), text.size());
  packed.resize(size);
  return packed;
}

TEST(PictureTexts, ArePlacedAsInTheReferenceBytes) {
  const std::string latin =
      with_texts(PictureFormat::kPng, {{"parameters", "café, a\nSteps: 1"}}).bytes;
  const std::size_t at = latin.find("tEXtparameters\0caf\xE9, a\nSteps: 1"sv);
  EXPECT_LT(at, latin.find("IDAT"));
  const std::string cjk = with_texts(PictureFormat::kPng, {{"parameters", "日"}}).bytes;
  EXPECT_NE(cjk.find("iTXtparameters\0\0\0\0\0\xE6\x97\xA5"sv), std::string::npos);
  const std::string jpeg = with_texts(PictureFormat::kJpeg, {{"parameters", "a"}}).bytes;
  EXPECT_NE(jpeg.find(std::string("\xFF\xE1\0\x3A"
                                  "Exif\0\0"sv) +
                      std::string(kTiffOfA)),
            std::string::npos);
  const std::string webp = with_texts(PictureFormat::kWebp, {{"parameters", "a"}}).bytes;
  EXPECT_EQ(webp.substr(12, 18), "VP8X\x0A\0\0\0\x08\0\0\0\x07\0\0\x07\0\0"sv);
  EXPECT_TRUE(webp.ends_with(std::string("EXIF\x32\0\0\0"sv) + std::string(kTiffOfA)));
  const std::string comment = with_texts(PictureFormat::kJpeg, {{"parameters", "aé日"}}).bytes;
  EXPECT_NE(comment.find("UNICODE\0\0\x61\0\xE9\x65\xE5"sv), std::string::npos);
}

TEST(PictureTexts, AreReadFromFilesOfPillow) {
  struct Case {
    std::string_view name;
    PictureTexts texts;
  };
  const Case cases[] = {
      {"rgb.png", {{"parameters", "café, a\nSteps: 1"}}},
      {"rgba.png", {{"parameters", "日"}}},
      {"packed_text.png", {{"parameters", "packed é"}, {"other", "packed 日"}}},
      {"rgb.jpg", {{"parameters", "aé日"}}},
      {"lossy.webp", {{"parameters", "aé日"}}},
      {"grey.png", {}},
  };
  for (const Case& c : cases) {
    const std::string bytes = read_test_picture(c.name);
    EXPECT_EQ(read_picture_texts(bytes).value(), c.texts) << c.name;
    EXPECT_EQ(decode_picture(bytes)->texts, c.texts) << c.name;
  }
}

TEST(PictureTexts, ComeBackFromEveryFormat) {
  const std::string texts[] = {
      "",
      "plain",
      "emoji 🦊👩‍👩‍👧 and 日本語 and עברית العربية",
      "Steps: 1\nNegative prompt: x\n\"q\" \\ back",
      repeated("x", 20'000),
      repeated("日", 20'000),
      repeated("🦊", 20'000),
      "ends in é"};
  for (const PictureFormat format : kFormats) {
    for (const std::string& text : texts) {
      const PictureTexts written = {{"parameters", text}, {"diptych", R"({"job":"日"})"}};
      const auto read = read_picture_texts(with_texts(format, written).bytes);
      ASSERT_TRUE(read) << read.error().message;
      const std::string* parameters = find_text(*read, "parameters");
      EXPECT_EQ(parameters ? *parameters : "", text) << name_of(format);
      EXPECT_EQ(*find_text(*read, "diptych"), written[1].text) << name_of(format);
    }
  }
}

TEST(PictureTexts, OnesTooLongForExifAreCutThereWithAWarning) {
  const std::string text = repeated("🦊", 20'000);
  const EncodedPicture encoded = with_texts(PictureFormat::kJpeg, {{"parameters", text}});
  ASSERT_EQ(encoded.warnings.size(), 1u);
  EXPECT_NE(encoded.warnings[0].message.find("of 80000 bytes"), std::string::npos);
  EXPECT_TRUE(
      with_texts(PictureFormat::kJpeg, {{"parameters", repeated("日", 20'000)}}).warnings.empty());
  EXPECT_TRUE(with_texts(PictureFormat::kWebp, {{"parameters", text}}).warnings.empty());
}

TEST(PictureTexts, OfThePicturesPixelsNothingChanges) {
  for (const PictureFormat format : kFormats) {
    const auto plain = decode_picture(with_texts(format, {}).bytes);
    const auto with = decode_picture(with_texts(format, {{"parameters", "a"}, {"b", "c"}}).bytes);
    ASSERT_TRUE(plain && with);
    EXPECT_EQ(plain->picture, with->picture) << name_of(format);
  }
}

TEST(PictureTexts, APackedBombIsRefused) {
  const std::string bomb = deflated(std::string(std::size_t{5} << 20, 'x'));
  EXPECT_LT(bomb.size(), 10'000u);
  const auto texts =
      read_picture_texts(png_with_chunk("zTXt", std::string("parameters\0\0"sv) + bomb));
  ASSERT_FALSE(texts);
  EXPECT_NE(texts.error().message.find("4194304 bytes"), std::string::npos);
  EXPECT_TRUE(
      read_picture_texts(png_with_chunk("zTXt", std::string("parameters\0\0"sv) + deflated("x"))));
}

TEST(PictureTexts, TooManyAreRefused) {
  std::string png = read_test_picture("grey.png"), chunks;
  for (int i = 0; i < 1001; ++i) chunks += png_chunk("tEXt", fmt::format("k{}{}v", i, '\0'));
  EXPECT_FALSE(read_picture_texts(png.insert(33, chunks)));
}

TEST(PictureTexts, BrokenPartsAreNoTexts) {
  for (const std::string_view data : {"no zero"sv, "k\0\x01"sv, "k\0\0broken"sv, ""sv}) {
    const auto texts = read_picture_texts(png_with_chunk("zTXt", data));
    ASSERT_TRUE(texts);
    EXPECT_TRUE(texts->empty());
  }
}

TEST(PictureTexts, OfExifInAPngAreTheParameters) {
  const auto decoded = decode_picture(png_with_chunk("eXIf", kTiffOfA));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*find_text(decoded->texts, "parameters"), "a");
}

TEST(DecodePicture, WarnsOfAColourProfileItDoesNotApply) {
  const std::string foreign =
      png_with_chunk("iCCP", std::string("p\0\0"sv) + deflated("desc Display P3"));
  const std::string usual =
      png_with_chunk("iCCP", std::string("p\0\0"sv) + deflated("desc sRGB IEC61966-2.1"));
  EXPECT_EQ(decode_picture(foreign)->warnings.size(), 1u);
  EXPECT_TRUE(decode_picture(usual)->warnings.empty());
}

}  // namespace
}  // namespace diptych
