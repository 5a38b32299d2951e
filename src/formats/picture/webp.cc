// WebP by libwebp, which reports errors as values.

#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "formats/picture/codec.h"
#include "formats/picture/exif.h"
#include "formats/picture/riff.h"

namespace diptych {
namespace {

constexpr int kMethodMax = 6;
constexpr char kAlphaFlag = 0x10, kExifFlag = 0x08;  // of VP8X

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

class Encoder {
 public:
  Encoder() : made_(WebPPictureInit(&picture_) != 0 && WebPConfigInit(&config_) != 0) {
    WebPMemoryWriterInit(&memory_);
  }
  ~Encoder() {
    WebPPictureFree(&picture_);
    WebPMemoryWriterClear(&memory_);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  bool encode(const Picture& picture, const PictureEncoding& encoding) {
    if (!made_) return false;
    config_.quality = static_cast<float>(encoding.quality);
    config_.lossless = encoding.lossless ? 1 : 0;
    config_.exact = encoding.lossless ? 1 : 0;  // colours under transparent pixels stay
    config_.method = encoding.compression;
    picture_.use_argb = encoding.lossless ? 1 : 0;
    picture_.width = picture.width;
    picture_.height = picture.height;
    picture_.writer = WebPMemoryWrite;
    picture_.custom_ptr = &memory_;
    const int stride = static_cast<int>(picture.row_bytes());
    const bool imported = picture.channels == 4
                              ? WebPPictureImportRGBA(&picture_, picture.pixels.data(), stride) != 0
                              : WebPPictureImportRGB(&picture_, picture.pixels.data(), stride) != 0;
    return imported && WebPEncode(&config_, &picture_) != 0;
  }

  int error_code() const { return picture_.error_code; }
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(memory_.mem), memory_.size};
  }

 private:
  WebPPicture picture_{};
  WebPConfig config_{};
  WebPMemoryWriter memory_{};
  bool made_;
};

Picture rgb_of_grey(const Picture& grey) {
  Picture rgb(grey.width, grey.height, 3);
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
    std::fill_n(&rgb.pixels[3 * i], 3, grey.pixels[i]);
  }
  return rgb;
}

std::string extended_header(const Picture& picture) {
  std::string header;
  header += static_cast<char>(kExifFlag | (picture.channels == 4 ? kAlphaFlag : 0));
  header.append(3, '\0');
  append_little_endian(header, static_cast<std::uint32_t>(picture.width - 1), 3);
  append_little_endian(header, static_cast<std::uint32_t>(picture.height - 1), 3);
  return header;
}

std::string with_texts(std::string_view encoded, const Picture& picture,
                       const PictureTexts& texts) {
  std::string chunks, ending;
  const std::string* parameters = find_text(texts, kParametersKeyword);
  if (parameters) append_riff_chunk(ending, "EXIF", write_exif_comment(*parameters));
  for (const PictureText& text : texts) {
    if (text.keyword == kParametersKeyword) continue;
    append_riff_chunk(ending, kRiffTextChunk, text.keyword + '\0' + text.text);
  }
  std::string header = extended_header(picture);
  if (!parameters) header[0] = static_cast<char>(header[0] & ~kExifFlag);
  append_riff_chunk(chunks, "VP8X", header);
  std::string_view rest = encoded.substr(kRiffHeader);
  while (const auto chunk = next_riff_chunk(rest)) {
    if (chunk->type != "VP8X") append_riff_chunk(chunks, chunk->type, chunk->data);
  }
  chunks += ending;
  std::string out = "RIFF";
  append_little_endian(out, static_cast<std::uint32_t>(chunks.size() + 4), 4);
  return out + "WEBP" + chunks;
}

Status check_encoding(const Picture& picture, const PictureEncoding& encoding) {
  if (encoding.quality < 1 || encoding.quality > 100) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("webp: quality {} is not from 1 to 100", encoding.quality), "quality");
  }
  if (encoding.compression < 0 || encoding.compression > kMethodMax) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("webp: compression {} is not from 0 to {}", encoding.compression, kMethodMax),
        "compression");
  }
  if (std::max(picture.width, picture.height) > WEBP_MAX_DIMENSION) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("webp: {}×{} is beyond {} pixels a side", picture.width, picture.height,
                            WEBP_MAX_DIMENSION));
  }
  return {};
}

}  // namespace

Result<DecodedPixels> decode_webp(std::string_view bytes, const PictureLimits& limits) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes_of(bytes), bytes.size(), &features) != VP8_STATUS_OK) {
    return broken_picture("webp", "no valid header");
  }
  if (features.has_animation != 0) {
    return fail(ErrorCode::kUnsupported, "webp: the file is an animation");
  }
  TRY_STATUS(check_picture_size(static_cast<std::uint64_t>(features.width),
                                static_cast<std::uint64_t>(features.height), limits));
  DecodedPixels decoded;
  decoded.picture = Picture(features.width, features.height, features.has_alpha != 0 ? 4 : 3);
  Picture& picture = decoded.picture;
  const auto decode = features.has_alpha != 0 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (!decode(bytes_of(bytes), bytes.size(), picture.pixels.data(), picture.pixels.size(),
              static_cast<int>(picture.row_bytes()))) {
    return broken_picture("webp", "the picture is damaged or cut off");
  }
  return decoded;
}

Result<EncodedPicture> encode_webp(const Picture& picture, const PictureEncoding& encoding) {
  TRY_STATUS(check_encoding(picture, encoding));
  Encoder encoder;
  const bool encoded = picture.channels == 1 ? encoder.encode(rgb_of_grey(picture), encoding)
                                             : encoder.encode(picture, encoding);
  if (!encoded) {
    return fail(ErrorCode::kInternal, fmt::format("webp: encoder error {}", encoder.error_code()));
  }
  if (encoding.texts.empty()) return EncodedPicture{std::string(encoder.bytes()), {}};
  return EncodedPicture{with_texts(encoder.bytes(), picture, encoding.texts), {}};
}

}  // namespace diptych
