// PNG by libpng. libpng leaves by longjmp: it is called only inside guarded(), in frames that own
// nothing.

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#include "formats/picture/codec.h"
#include "formats/picture/png_chunks.h"
#include "formats/picture/utf16.h"

namespace diptych {
namespace {

struct Failure {
  std::jmp_buf jump;
  char message[128] = "";
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* failure = static_cast<Failure*>(png_get_error_ptr(png));
  std::snprintf(failure->message, sizeof failure->message, "%s", message);
  std::longjmp(failure->jump, 1);
}
void on_warning(png_structp, png_const_charp) {}

// False when libpng gave up. The body owns nothing that a longjmp would leak.
template <class Body>
bool guarded(Failure& failure, const Body& body) {
  if (setjmp(failure.jump) != 0) return false;
  body();
  return true;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure_, on_error, on_warning);
    if (png_) info_ = png_create_info_struct(png_);
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool made() const { return info_ != nullptr; }
  const char* message() const { return failure_.message; }

  // Afterwards the rows are 8-bit grey, RGB or RGBA. Only the chunks that pixels need are looked
  // at.
  bool read_header(const PictureLimits& limits) {
    return guarded(failure_, [&] {
      const auto side_max = static_cast<png_uint_32>(limits.side_max);
      png_set_user_limits(png_, side_max, side_max);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_set_read_fn(png_, this, read_bytes);
      png_read_info(png_, info_);
      png_set_expand(png_);  // palettes, fewer than 8 bits, transparent colours
      png_set_scale_16(png_);
      if (png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY_ALPHA ||
          (png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY &&
           png_get_valid(png_, info_, PNG_INFO_tRNS) != 0)) {
        png_set_gray_to_rgb(png_);
      }
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
  }

  std::uint32_t width() const { return png_get_image_width(png_, info_); }
  std::uint32_t height() const { return png_get_image_height(png_, info_); }
  int channels() const { return png_get_channels(png_, info_); }
  std::size_t row_bytes() const { return png_get_rowbytes(png_, info_); }

  bool read_pixels(Picture& picture) {
    return guarded(failure_, [&] {
      for (int pass = 0; pass < passes_; ++pass) {
        for (int y = 0; y < picture.height; ++y) png_read_row(png_, picture.row(y), nullptr);
      }
      png_read_end(png_, nullptr);
    });
  }

 private:
  static void read_bytes(png_structp png, png_bytep to, std::size_t size) {
    auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
    if (size > reader->rest_.size()) png_error(png, "the file is cut off");
    std::memcpy(to, reader->rest_.data(), size);
    reader->rest_.remove_prefix(size);
  }

  std::string_view rest_;
  Failure failure_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure_, on_error, on_warning);
    if (png_) info_ = png_create_info_struct(png_);
  }
  ~Writer() { png_destroy_write_struct(&png_, &info_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  bool made() const { return info_ != nullptr; }
  const char* message() const { return failure_.message; }

  bool write_header(const Picture& picture, int compression) {
    return guarded(failure_, [&] {
      const int type = picture.channels == 1   ? PNG_COLOR_TYPE_GRAY
                       : picture.channels == 3 ? PNG_COLOR_TYPE_RGB
                                               : PNG_COLOR_TYPE_RGB_ALPHA;
      png_set_write_fn(png_, this, write_bytes, flush);
      png_set_compression_level(png_, compression);
      png_set_IHDR(png_, info_, static_cast<png_uint_32>(picture.width),
                   static_cast<png_uint_32>(picture.height), 8, type, PNG_INTERLACE_NONE,
                   PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
      png_write_info(png_, info_);
    });
  }

  bool write_chunk(const char* type, std::string_view data) {
    return guarded(failure_, [&] {
      png_write_chunk(png_, reinterpret_cast<png_const_bytep>(type),
                      reinterpret_cast<png_const_bytep>(data.data()), data.size());
    });
  }

  bool write_pixels(const Picture& picture) {
    return guarded(failure_, [&] {
      for (int y = 0; y < picture.height; ++y) png_write_row(png_, picture.row(y));
      png_write_end(png_, nullptr);
    });
  }

 private:
  // No exception may pass through libpng: running out of memory becomes its error.
  static void write_bytes(png_structp png, png_bytep from, std::size_t size) {
    auto* writer = static_cast<Writer*>(png_get_io_ptr(png));
    bool written = false;
    try {
      writer->out_.append(reinterpret_cast<const char*>(from), size);
      written = true;
    } catch (...) {  // handled below: png_error must not leave a catch block
    }
    if (!written) png_error(png, "out of memory");
  }

  static void flush(png_structp) {}

  std::string& out_;
  Failure failure_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

// tEXt if the text is Latin-1, else iTXt, uncompressed: what Pillow writes and every reader knows.
bool write_text(Writer& writer, const PictureText& text) {
  std::string data = utf8_to_latin1(text.keyword);
  if (fits_latin1(text.text)) {
    data += '\0';
    return writer.write_chunk("tEXt", data + utf8_to_latin1(text.text));
  }
  data.append(
      5, '\0');  // end of keyword, not compressed, method 0, no language, no translated keyword
  return writer.write_chunk("iTXt", data + text.text);
}

bool write_png(Writer& writer, const Picture& picture, const PictureEncoding& encoding) {
  if (!writer.write_header(picture, encoding.compression)) return false;
  for (const PictureText& text : encoding.texts) {
    if (!write_text(writer, text)) return false;
  }
  return writer.write_pixels(picture);
}

}  // namespace

Result<DecodedPixels> decode_png(std::string_view bytes, const PictureLimits& limits) {
  Reader reader(bytes);
  if (!reader.made()) return fail(ErrorCode::kOutOfMemory, "png: out of memory");
  if (!reader.read_header(limits)) return broken_picture("png", reader.message());
  TRY_STATUS(check_picture_size(reader.width(), reader.height(), limits));
  DecodedPixels decoded;
  decoded.picture = Picture(static_cast<int>(reader.width()), static_cast<int>(reader.height()),
                            reader.channels());
  if (reader.row_bytes() != decoded.picture.row_bytes()) {
    return broken_picture("png", "rows of an unexpected size");
  }
  if (!reader.read_pixels(decoded.picture)) return broken_picture("png", reader.message());
  return decoded;
}

Result<EncodedPicture> encode_png(const Picture& picture, const PictureEncoding& encoding) {
  if (encoding.compression < 0 || encoding.compression > 9) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("png: compression {} is not from 0 to 9", encoding.compression),
                "compression");
  }
  EncodedPicture encoded;
  Writer writer(encoded.bytes);
  if (!writer.made()) return fail(ErrorCode::kOutOfMemory, "png: out of memory");
  if (!write_png(writer, picture, encoding)) {
    return fail(ErrorCode::kInternal, fmt::format("png: {}", writer.message()));
  }
  return encoded;
}

}  // namespace diptych
