#include "formats/picture/exif.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/unicode.h"
#include "formats/picture/utf16.h"

namespace diptych {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kPrefix = "Exif\0\0"sv;
constexpr std::string_view kUnicode = "UNICODE\0"sv;
constexpr std::string_view kAscii = "ASCII\0\0\0"sv;
constexpr std::string_view kUndefined = "\0\0\0\0\0\0\0\0"sv;

enum Tag : std::uint16_t {
  kDescription = 0x010E,
  kOrientation = 0x0112,
  kExifFolder = 0x8769,
  kUserComment = 0x9286,
};

constexpr std::size_t kEntryBytes = 12;
constexpr std::size_t kInlineBytesMax = 4;
constexpr int kEntriesMax = 1000;  // of one folder: real files have tens

class Tiff {
 public:
  explicit Tiff(std::string_view block)
      : block_(block), big_(block.starts_with("MM")), valid_(big_ || block.starts_with("II")) {}

  bool valid() const { return valid_ && value(2, 2) == 42; }

  std::optional<std::uint32_t> value(std::size_t at, std::size_t size) const {
    if (at > block_.size() || size > block_.size() - at) return std::nullopt;
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t from = big_ ? at + i : at + size - 1 - i;
      result = result << 8 | static_cast<unsigned char>(block_[from]);
    }
    return result;
  }

  std::string_view bytes(std::size_t at, std::size_t size) const {  // as many as there are
    return at > block_.size() ? std::string_view() : block_.substr(at, size);
  }

 private:
  std::string_view block_;
  bool big_, valid_;
};

struct Entry {
  std::uint32_t tag = 0, count = 0;
  std::size_t at = 0;  // of the entry in the block
};

template <class Visit>
void for_each_entry(const Tiff& tiff, std::size_t folder, Visit visit) {
  const auto count = tiff.value(folder, 2);
  for (std::uint32_t i = 0; count && i < *count && i < kEntriesMax; ++i) {
    const std::size_t at = folder + 2 + i * kEntryBytes;
    const auto tag = tiff.value(at, 2), length = tiff.value(at + 4, 4);
    if (!tag || !length) return;
    visit(Entry{*tag, *length, at});
  }
}

// Of a value whose elements are single bytes.
std::string_view bytes_of(const Tiff& tiff, const Entry& entry) {
  if (entry.count <= kInlineBytesMax) return tiff.bytes(entry.at + 8, entry.count);
  return tiff.bytes(tiff.value(entry.at + 8, 4).value_or(0), entry.count);
}

std::string decode_plain(std::string_view bytes) {
  return is_valid_utf8(bytes) ? std::string(bytes) : latin1_to_utf8(bytes);
}

// Western text has its zero bytes first in big-endian order, second in little-endian; other text is
// far more often big-endian.
ByteOrder guess_order(std::string_view utf16) {
  int zeros_first = 0, zeros_second = 0;
  for (std::size_t i = 0; i + 2 <= utf16.size(); i += 2) {
    zeros_first += utf16[i] == '\0';
    zeros_second += utf16[i + 1] == '\0';
  }
  return zeros_second > zeros_first ? ByteOrder::kLittle : ByteOrder::kBig;
}

std::string decode_utf16(std::string_view bytes) {
  if (bytes.starts_with("\xFE\xFF")) return utf16_to_utf8(bytes.substr(2), ByteOrder::kBig);
  if (bytes.starts_with("\xFF\xFE")) return utf16_to_utf8(bytes.substr(2), ByteOrder::kLittle);
  return utf16_to_utf8(bytes, guess_order(bytes));
}

std::string_view without_end_zeros(std::string_view text) {
  while (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

void append_number(std::string& out, std::uint32_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xFF);
  }
}

void append_entry(std::string& out, std::uint16_t tag, std::uint16_t type,
                  std::pair<std::uint32_t, std::uint32_t> count_and_value) {
  append_number(out, tag, 2);
  append_number(out, type, 2);
  append_number(out, count_and_value.first, 4);
  append_number(out, count_and_value.second, 4);
}

}  // namespace

std::string decode_user_comment(std::string_view value) {
  if (value.starts_with(kUnicode)) {
    std::string text = decode_utf16(value.substr(kUnicode.size()));
    text.resize(without_end_zeros(text).size());
    return text;
  }
  if (value.starts_with(kAscii) || value.starts_with(kUndefined))
    value.remove_prefix(kAscii.size());
  return decode_plain(without_end_zeros(value));
}

std::string encode_user_comment(std::string_view utf8) {
  return std::string(kUnicode) + utf8_to_utf16(utf8, ByteOrder::kBig);
}

Exif read_exif(std::string_view block) {
  if (block.starts_with(kPrefix)) block.remove_prefix(kPrefix.size());
  const Tiff tiff(block);
  if (!tiff.valid()) return {};
  Exif exif;
  std::string_view description, user_comment;
  std::optional<std::uint32_t> exif_folder;
  for_each_entry(tiff, tiff.value(4, 4).value_or(0), [&](const Entry& entry) {
    if (entry.tag == kOrientation) {
      const auto orientation = tiff.value(entry.at + 8, 2).value_or(1);
      exif.orientation = orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
    } else if (entry.tag == kDescription) {
      description = bytes_of(tiff, entry);
    } else if (entry.tag == kExifFolder) {
      exif_folder = tiff.value(entry.at + 8, 4);
    }
  });
  if (exif_folder) {
    for_each_entry(tiff, *exif_folder, [&](const Entry& entry) {
      if (entry.tag == kUserComment) user_comment = bytes_of(tiff, entry);
    });
  }
  exif.description = decode_plain(without_end_zeros(description));
  exif.user_comment = decode_user_comment(user_comment);
  return exif;
}

std::string write_exif_comment(std::string_view utf8) {
  constexpr std::uint32_t kFirstFolder = 8;
  constexpr std::uint32_t kFolderBytes = 2 + kEntryBytes + 4;  // of one entry
  constexpr std::uint16_t kLong = 4, kUndefinedBytes = 7;
  const std::string comment = encode_user_comment(utf8);
  std::string out = "MM";
  append_number(out, 42, 2);
  append_number(out, kFirstFolder, 4);
  append_number(out, 1, 2);
  append_entry(out, kExifFolder, kLong, {1, kFirstFolder + kFolderBytes});
  append_number(out, 0, 4);  // no further folder
  append_number(out, 1, 2);
  // piexif ends this folder without the offset of a next one.
  append_entry(
      out, kUserComment, kUndefinedBytes,
      {static_cast<std::uint32_t>(comment.size()), kFirstFolder + kFolderBytes + 2 + kEntryBytes});
  return out + comment;
}

}  // namespace diptych
