#include "formats/picture.h"

#include <gtest/gtest.h>

#include "formats/testing/golden_pictures.h"

namespace diptych {
namespace {

// A smooth picture with every channel in use: lossy formats keep it within a few levels.
Picture gradient(int width, int height, int channels) {
  Picture picture(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        picture.row(y)[x * channels + c] =
            static_cast<std::uint8_t>((3 * x + 2 * y + 40 * c) % 200 + 20);
      }
    }
  }
  return picture;
}

std::string encoded(const Picture& picture, const PictureEncoding& encoding) {
  auto result = encode_picture(picture, encoding);
  EXPECT_TRUE(result) << result.error().message;
  return result ? result->bytes : "";
}

std::string message_of(std::string_view bytes, const PictureLimits& limits = {}) {
  const auto decoded = decode_picture(bytes, limits);
  return decoded ? "" : decoded.error().message;
}

TEST(DecodePicture, GivesThePixelsThatPillowGives) {
  const Json golden = read_golden("decoded.json");
  int count = 0;
  for (const auto& [name, expected] : golden.as_object()) {
    if (name == "versions") continue;
    const auto decoded = decode_picture(read_test_picture(name));
    ASSERT_TRUE(decoded) << name << ": " << decoded.error().message;
    const bool lossy = name.ends_with(".jpg") || name == "lossy.webp";
    EXPECT_LE(largest_difference(decoded->picture, picture_of(expected)), lossy ? 1 : 0) << name;
    EXPECT_TRUE(decoded->warnings.empty()) << name;
    ++count;
  }
  EXPECT_EQ(count, 24);
}

TEST(DecodePicture, RefusesAnimations) {
  const auto decoded = decode_picture(read_test_picture("animation.webp"));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kUnsupported);
}

TEST(DecodePicture, NeverGivesPartOfACutOffFile) {
  for (const std::string_view name : {"rgb.png", "grey.png", "rgb.jpg", "progressive.jpg",
                                      "lossy.webp", "lossless.webp", "alpha.webp"}) {
    const std::string bytes = read_test_picture(name);
    // The last bytes of a JPEG (end marker) and of a WebP (EXIF, padding) hold no pixels.
    const auto pixel_bytes = bytes.size() - (name == "lossy.webp"     ? 70
                                             : name.ends_with("webp") ? 2
                                                                      : 4);
    for (std::size_t size = 0; size < pixel_bytes; size += 1 + size / 40) {
      EXPECT_FALSE(decode_picture(std::string_view(bytes).substr(0, size)))
          << name << " at " << size;
    }
  }
}

TEST(DecodePicture, ChecksItsLimits) {
  for (const std::string_view name : {"rgb.png", "rgb.jpg", "lossless.webp"}) {
    const std::string bytes = read_test_picture(name);
    EXPECT_NE(message_of(bytes, {.side_max = 8}), "") << name;
    EXPECT_NE(message_of(bytes, {.pixels_max = 53}).find("9×6"), std::string::npos) << name;
    EXPECT_EQ(message_of(bytes, {.side_max = 9, .pixels_max = 54}), "") << name;
    EXPECT_NE(message_of(bytes, {.bytes_max = 20}).find("more than 20"), std::string::npos) << name;
  }
}

TEST(DecodePicture, RefusesAHugeHeaderWithoutAllocatingForIt) {
  std::string png = read_test_picture("rgb.png");
  png[17] = png[21] = '\x01';  // 65,545 × 65,542; the checksum of the header is then wrong as well
  EXPECT_NE(message_of(png), "");
  std::string jpeg = read_test_picture("grey.jpg");
  const std::size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg[frame + 5] = jpeg[frame + 7] = '\x7F';
  EXPECT_NE(message_of(jpeg, {.side_max = 1 << 20, .pixels_max = 1 << 20}).find("1048576 in all"),
            std::string::npos);
}

TEST(DecodePicture, NamesWhatIsNoPicture) {
  for (const std::string_view bytes : {"", "GIF89a", "RIFF....WAVE", "\x89PNG"}) {
    EXPECT_NE(message_of(bytes).find("neither PNG, JPEG nor WebP"), std::string::npos);
  }
  EXPECT_NE(message_of("\x89PNG\r\n\x1A\n").find("cut off"), std::string::npos);
}

TEST(EncodePicture, LosslessFormatsKeepEveryValue) {
  for (const int channels : {1, 3, 4}) {
    const Picture picture = gradient(33, 17, channels);
    for (const int compression : {0, 4, 6}) {
      const std::string png = encoded(picture, {.compression = compression});
      EXPECT_EQ(decode_picture(png)->picture, picture);
    }
    if (channels == 1) continue;  // WebP has no grey
    const std::string webp =
        encoded(picture, {.format = PictureFormat::kWebp, .lossless = true, .compression = 4});
    EXPECT_EQ(decode_picture(webp)->picture, picture);
  }
}

TEST(EncodePicture, LossyFormatsStayNear) {
  struct Case {
    PictureFormat format;
    int channels, decoded_channels, quality, tolerance;
  };
  const Case cases[] = {
      {PictureFormat::kJpeg, 1, 1, 95, 4},  {PictureFormat::kJpeg, 3, 3, 95, 6},
      {PictureFormat::kJpeg, 3, 3, 40, 60}, {PictureFormat::kWebp, 1, 3, 95, 20},
      {PictureFormat::kWebp, 4, 4, 95, 40},
  };
  for (const Case& c : cases) {
    Picture picture(48, 40, c.channels, 120);
    for (int x = 0; x < 48 * c.channels; ++x)
      picture.row(20)[x] = static_cast<std::uint8_t>(100 + x / 4);
    const auto decoded = decode_picture(
        encoded(picture, {.format = c.format, .quality = c.quality, .compression = 4}));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->picture.channels, c.decoded_channels);
    if (c.channels == c.decoded_channels) {
      EXPECT_LE(largest_difference(decoded->picture, picture), c.tolerance);
    }
  }
}

TEST(EncodePicture, ALowerQualityIsASmallerFile) {
  const Picture picture = gradient(64, 64, 3);
  for (const PictureFormat format : {PictureFormat::kJpeg, PictureFormat::kWebp}) {
    EXPECT_LT(encoded(picture, {.format = format, .quality = 20}).size(),
              encoded(picture, {.format = format, .quality = 95}).size());
  }
}

TEST(EncodePicture, RefusesWhatItCannotHonour) {
  struct Case {
    PictureEncoding encoding;
    int channels;
    std::string_view reason;
  };
  const Case cases[] = {
      {{.format = PictureFormat::kPng, .compression = 10}, 3, "compression 10"},
      {{.format = PictureFormat::kJpeg, .quality = 0}, 3, "quality 0"},
      {{.format = PictureFormat::kJpeg}, 4, "no alpha"},
      {{.format = PictureFormat::kWebp, .quality = 101}, 3, "quality 101"},
      {{.format = PictureFormat::kWebp, .compression = 7}, 3, "compression 7"},
      {{.texts = {{"", "x"}}}, 3, "no keyword"},
      {{.texts = {{"日", "x"}}}, 3, "no keyword"},
      {{.texts = {{"a", std::string(1, '\0')}}}, 3, "zero byte"},
  };
  for (const Case& c : cases) {
    const auto result = encode_picture(Picture(4, 4, c.channels), c.encoding);
    ASSERT_FALSE(result) << c.reason;
    EXPECT_NE(result.error().message.find(c.reason), std::string::npos) << result.error().message;
  }
  EXPECT_FALSE(encode_picture(Picture(16'384, 1, 3), {.format = PictureFormat::kWebp}));
  EXPECT_FALSE(encode_picture(Picture(65'501, 1, 3), {.format = PictureFormat::kJpeg}));
}

TEST(PictureFormat, IsFoundByNameAndByContent) {
  EXPECT_EQ(find_picture_format("jpg"), PictureFormat::kJpeg);
  EXPECT_EQ(find_picture_format("jpeg"), PictureFormat::kJpeg);
  EXPECT_EQ(find_picture_format("gif"), std::nullopt);
  EXPECT_EQ(detect_picture_format(read_test_picture("lossy.webp")), PictureFormat::kWebp);
  EXPECT_EQ(name_of(PictureFormat::kPng), "png");
  EXPECT_EQ(mime_type_of(PictureFormat::kJpeg), "image/jpeg");
}

}  // namespace
}  // namespace diptych
