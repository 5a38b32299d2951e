// JPEG by libjpeg-turbo. It leaves by longjmp: it is called only inside guarded(), in frames that
// own nothing.

#include <fmt/format.h>

#include <cstdio>  // before jpeglib.h, which needs it

// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <algorithm>
#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/unicode.h"
#include "formats/picture/codec.h"
#include "formats/picture/exif.h"
#include "formats/picture/jpeg_segments.h"

namespace diptych {
namespace {

using std::string_view_literals::operator""sv;

constexpr int kScansMax =
    200;  // a progressive file of few bytes can ask for thousands over the whole picture
constexpr int kFullColourQuality = 90;  // from here on colour is not halved

struct Failure {
  jpeg_error_mgr manager;  // first: libjpeg knows the address as its own
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
  int warning_count = 0;
};

Failure& failure_of(j_common_ptr jpeg) { return *reinterpret_cast<Failure*>(jpeg->err); }

[[noreturn]] void on_error(j_common_ptr jpeg) {
  Failure& failure = failure_of(jpeg);
  failure.manager.format_message(jpeg, failure.message);
  std::longjmp(failure.jump, 1);
}

void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  Failure& failure = failure_of(jpeg);
  if (failure.manager.msg_code == JWRN_JPEG_EOF) on_error(jpeg);  // cut off: no half of a picture
  if (failure.warning_count++ == 0) failure.manager.format_message(jpeg, failure.message);
}

void set_up(Failure& failure) {
  jpeg_std_error(&failure.manager);
  failure.manager.error_exit = on_error;
  failure.manager.emit_message = on_message;
}

// False when libjpeg gave up. The body owns nothing that a longjmp would leak.
template <class Body>
bool guarded(Failure& failure, const Body& body) {
  if (setjmp(failure.jump) != 0) return false;
  body();
  return true;
}

class Reader {
 public:
  Reader() {
    set_up(failure_);
    jpeg_.err = &failure_.manager;
  }
  ~Reader() { jpeg_destroy_decompress(&jpeg_); }  // also of one that was never created
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  const char* message() const { return failure_.message; }
  int warning_count() const { return failure_.warning_count; }
  std::uint32_t width() const { return jpeg_.image_width; }
  std::uint32_t height() const { return jpeg_.image_height; }
  int channels() const { return is_grey() ? 1 : 3; }
  bool is_cmyk() const { return jpeg_.out_color_space == JCS_CMYK; }

  bool read_header(std::string_view bytes) {
    return guarded(failure_, [&] {
      jpeg_create_decompress(&jpeg_);
      jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      jpeg_read_header(&jpeg_, TRUE);
      const bool four = jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK;
      jpeg_.out_color_space = is_grey() ? JCS_GRAYSCALE : four ? JCS_CMYK : JCS_RGB;
      progress_.progress_monitor = stop_at_many_scans;
      jpeg_.progress = &progress_;
    });
  }

  // `rows`: width × out_color_components bytes each.
  bool read_pixels(std::uint8_t* rows, std::size_t row_bytes) {
    return guarded(failure_, [&] {
      jpeg_start_decompress(&jpeg_);
      while (jpeg_.output_scanline < jpeg_.output_height) {
        JSAMPROW row = rows + jpeg_.output_scanline * row_bytes;
        jpeg_read_scanlines(&jpeg_, &row, 1);
      }
      jpeg_finish_decompress(&jpeg_);
    });
  }

 private:
  bool is_grey() const { return jpeg_.jpeg_color_space == JCS_GRAYSCALE; }

  static void stop_at_many_scans(j_common_ptr jpeg) {
    const auto* decompress = reinterpret_cast<j_decompress_ptr>(jpeg);
    if (decompress->input_scan_number <= kScansMax) return;
    Failure& failure = failure_of(jpeg);
    std::snprintf(failure.message, sizeof failure.message, "more than %d scans", kScansMax);
    std::longjmp(failure.jump, 1);
  }

  Failure failure_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct jpeg_{};
};

class Writer {
 public:
  Writer() {
    set_up(failure_);
    jpeg_.err = &failure_.manager;
  }
  ~Writer() {
    jpeg_destroy_compress(&jpeg_);
    std::free(bytes_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  const char* message() const { return failure_.message; }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_), size_}; }

  bool start(const Picture& picture, int quality) {
    return guarded(failure_, [&] {
      jpeg_create_compress(&jpeg_);
      jpeg_mem_dest(&jpeg_, &bytes_, &size_);
      jpeg_.image_width = static_cast<JDIMENSION>(picture.width);
      jpeg_.image_height = static_cast<JDIMENSION>(picture.height);
      jpeg_.input_components = picture.channels;
      jpeg_.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_set_defaults(&jpeg_);
      jpeg_set_quality(&jpeg_, quality, TRUE);
      jpeg_.optimize_coding = TRUE;
      if (quality >= kFullColourQuality) {
        jpeg_.comp_info[0].h_samp_factor = jpeg_.comp_info[0].v_samp_factor = 1;
      }
      jpeg_start_compress(&jpeg_, TRUE);
    });
  }

  bool write_segment(std::uint8_t marker, std::string_view data) {
    return guarded(failure_, [&] {
      jpeg_write_marker(&jpeg_, marker, reinterpret_cast<const JOCTET*>(data.data()),
                        static_cast<unsigned>(data.size()));
    });
  }

  bool write_pixels(const Picture& picture) {
    return guarded(failure_, [&] {
      while (jpeg_.next_scanline < jpeg_.image_height) {
        // libjpeg's interface takes rows of non-const samples and does not write there.
        auto* row = const_cast<JSAMPROW>(picture.row(static_cast<int>(jpeg_.next_scanline)));
        jpeg_write_scanlines(&jpeg_, &row, 1);
      }
      jpeg_finish_compress(&jpeg_);
    });
  }

 private:
  Failure failure_{};
  jpeg_compress_struct jpeg_{};
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
};

// Four-colour files are Adobe's, which stores inverted values: what is left of white, then of
// black.
Picture rgb_of_inverted_cmyk(const Picture& cmyk) {
  Picture rgb(cmyk.width, cmyk.height, 3);
  for (std::size_t i = 0, count = rgb.pixels.size() / 3; i < count; ++i) {
    const std::uint8_t* from = &cmyk.pixels[4 * i];
    for (std::size_t c = 0; c < 3; ++c) {
      rgb.pixels[3 * i + c] = static_cast<std::uint8_t>((from[c] * from[3] + 127) / 255);
    }
  }
  return rgb;
}

// The longest beginning, of whole characters, that fits into a segment as a user comment.
std::string_view cut_for_exif(std::string_view text) {
  std::size_t low = 0, high = text.size();
  const auto fits = [&](std::size_t size) {
    const auto cut = text.substr(0, complete_utf8_prefix(text.substr(0, size)));
    return write_exif_comment(cut).size() + 6 <= kJpegSegmentBytesMax;
  };
  if (fits(high)) return text;
  while (low + 1 < high) {
    const std::size_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return text.substr(0, complete_utf8_prefix(text.substr(0, low)));
}

bool write_as_comments(Writer& writer, const PictureText& text) {
  const std::string prefix = std::string(kJpegTextPrefix) + text.keyword + '\0';
  const std::size_t part_bytes = kJpegSegmentBytesMax - prefix.size();
  std::string_view rest = text.text;
  do {
    const std::string_view part = rest.substr(0, part_bytes);
    if (!writer.write_segment(kJpegComment, prefix + std::string(part))) return false;
    rest.remove_prefix(part.size());
  } while (!rest.empty());
  return true;
}

bool write_text(Writer& writer, const PictureText& text, Warnings& warnings) {
  if (text.keyword != kParametersKeyword) return write_as_comments(writer, text);
  const std::string_view cut = cut_for_exif(text.text);
  const std::string exif = std::string("Exif\0\0"sv) + write_exif_comment(cut);
  if (!writer.write_segment(kJpegApp1, exif)) return false;
  if (cut.size() == text.text.size()) return true;
  warnings.push_back(
      {std::string(kParametersKeyword),
       fmt::format(
           "jpeg: EXIF has room for {} of {} bytes of the parameters; other programs see only "
           "those, the whole text is in the file's comments",
           cut.size(), text.text.size())});
  return write_as_comments(writer, text);
}

Status check_encoding(const Picture& picture, const PictureEncoding& encoding) {
  if (encoding.quality < 1 || encoding.quality > 100) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("jpeg: quality {} is not from 1 to 100", encoding.quality), "quality");
  }
  if (picture.channels == 4) {
    return fail(ErrorCode::kUnsupported, "jpeg: the format has no alpha channel");
  }
  if (std::max(picture.width, picture.height) > JPEG_MAX_DIMENSION) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("jpeg: {}×{} is beyond {} pixels a side", picture.width, picture.height,
                            JPEG_MAX_DIMENSION));
  }
  return {};
}

}  // namespace

Result<DecodedPixels> decode_jpeg(std::string_view bytes, const PictureLimits& limits) {
  Reader reader;
  if (!reader.read_header(bytes)) return broken_picture("jpeg", reader.message());
  TRY_STATUS(check_picture_size(reader.width(), reader.height(), limits));
  DecodedPixels decoded;
  decoded.picture = Picture(static_cast<int>(reader.width()), static_cast<int>(reader.height()),
                            reader.is_cmyk() ? 4 : reader.channels());
  Picture& picture = decoded.picture;
  if (!reader.read_pixels(picture.pixels.data(), picture.row_bytes())) {
    return broken_picture("jpeg", reader.message());
  }
  if (reader.is_cmyk()) picture = rgb_of_inverted_cmyk(picture);
  if (reader.warning_count() > 0) {
    decoded.warnings.push_back(
        {"", fmt::format("jpeg: the file is damaged: {}", reader.message())});
  }
  return decoded;
}

Result<EncodedPicture> encode_jpeg(const Picture& picture, const PictureEncoding& encoding) {
  TRY_STATUS(check_encoding(picture, encoding));
  EncodedPicture encoded;
  Writer writer;
  bool written = writer.start(picture, encoding.quality);
  for (const PictureText& text : encoding.texts) {
    written = written && write_text(writer, text, encoded.warnings);
  }
  if (!written || !writer.write_pixels(picture)) {
    return fail(ErrorCode::kInternal, fmt::format("jpeg: {}", writer.message()));
  }
  encoded.bytes = writer.bytes();
  return encoded;
}

}  // namespace diptych
