#include "formats/testing/npz.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/byte_reader.h"

namespace diptych {
namespace {

// Zip: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16. No zip64, no comment at the end.
constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEntrySignature = 0x02014b50;
constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kArrayBytesMax = std::size_t{1} << 30;

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("npz: {}", what));
}

struct Entry {
  std::string name;
  std::uint16_t method = 0;  // 0 stored, 8 deflated
  std::uint32_t packed_bytes = 0;
  std::uint32_t bytes = 0;
  std::uint32_t offset = 0;  // of the local header
};

std::optional<Entry> read_entry(ByteReader& reader) {
  if (reader.take_value<std::uint32_t>() != kEntrySignature) return std::nullopt;
  if (!reader.take(6)) return std::nullopt;  // versions, flags
  Entry entry;
  const auto method = reader.take_value<std::uint16_t>();
  reader.take(8);  // time, date, checksum
  const auto packed = reader.take_value<std::uint32_t>();
  const auto bytes = reader.take_value<std::uint32_t>();
  const auto name_size = reader.take_value<std::uint16_t>();
  const auto extra_size = reader.take_value<std::uint16_t>();
  const auto comment_size = reader.take_value<std::uint16_t>();
  reader.take(8);  // disk, attributes
  const auto offset = reader.take_value<std::uint32_t>();
  if (!offset) return std::nullopt;
  const auto name = reader.take_text(*name_size);
  if (!name || !reader.take(std::uint64_t{*extra_size} + *comment_size)) return std::nullopt;
  return Entry{std::string(*name), *method, *packed, *bytes, *offset};
}

Result<std::vector<Entry>> read_directory(std::span<const std::byte> file) {
  if (file.size() < kEndBytes) return broken("no zip file");
  ByteReader end(file.last(kEndBytes));
  if (end.take_value<std::uint32_t>() != kEndSignature) return broken("no end of a zip directory");
  end.take(6);
  const auto count = end.take_value<std::uint16_t>();
  end.take(4);
  const auto offset = end.take_value<std::uint32_t>();
  if (*offset > file.size()) return broken("the zip directory lies outside the file");
  ByteReader reader(file.subspan(*offset));
  std::vector<Entry> entries;
  for (int i = 0; i < *count; ++i) {
    auto entry = read_entry(reader);
    if (!entry) return broken("a bad zip directory");
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Result<std::vector<std::byte>> inflate_raw(std::span<const std::byte> packed, std::size_t size) {
  std::vector<std::byte> bytes(size);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return broken("zlib does not start");
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int outcome = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END || stream.total_out != size) return broken("a bad deflated array");
  return bytes;
}

Result<std::vector<std::byte>> unpack(std::span<const std::byte> file, const Entry& entry) {
  if (entry.bytes > kArrayBytesMax) return broken(entry.name + " is too large");
  if (entry.offset > file.size()) return broken(entry.name + " lies outside the file");
  ByteReader reader(file.subspan(entry.offset));
  if (reader.take_value<std::uint32_t>() != kLocalSignature) return broken("a bad local header");
  reader.take(kLocalBytes - 4 - 4);
  const auto name_size = reader.take_value<std::uint16_t>();
  const auto extra_size = reader.take_value<std::uint16_t>();
  if (!extra_size || !reader.take(std::uint64_t{*name_size} + *extra_size)) {
    return broken("a bad local header");
  }
  const auto packed = reader.take(entry.packed_bytes);
  if (!packed) return broken(entry.name + " ends too early");
  if (entry.method == 8) return inflate_raw(*packed, entry.bytes);
  if (entry.method != 0) return broken(entry.name + " is packed in another way than deflate");
  return std::vector<std::byte>(packed->begin(), packed->end());
}

// The text after `key` in numpy's header, a Python dictionary: "'descr': '<f4', 'shape': (2, 4), ".
std::string_view after(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(key);
  return at == std::string_view::npos ? std::string_view() : header.substr(at + key.size());
}

Result<Shape> read_shape(std::string_view header) {
  std::string_view text = after(header, "'shape': (");
  text = text.substr(0, text.find(')'));
  std::vector<std::int64_t> sizes;
  while (!text.empty()) {
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc()) return broken("a bad shape");
    sizes.push_back(size);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
  }
  if (sizes.size() > Shape::kRankMax) return broken("an array of more than 5 axes");
  return Shape(std::span<const std::int64_t>(sizes));
}

template <class Element>
Result<Tensor64> widen(const Shape& shape, std::span<const std::byte> bytes) {
  Tensor64 array(shape);
  if (bytes.size() != array.size() * sizeof(Element)) return broken("an array of another size");
  for (std::size_t i = 0; i < array.size(); ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    array[i] = static_cast<double>(element);
  }
  return array;
}

// numpy.lib.format, version 1.0: magic, u16 header size, header, elements.
Result<Tensor64> read_npy(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  if (reader.take_text(8) != std::string_view("\x93NUMPY\x01\0", 8)) return broken("no npy 1.0");
  const auto header_size = reader.take_value<std::uint16_t>();
  const auto header = header_size ? reader.take_text(*header_size) : std::nullopt;
  if (!header) return broken("a bad header");
  if (!after(*header, "'fortran_order': ").starts_with("False")) return broken("Fortran order");
  TRY(const Shape shape, read_shape(*header));
  const auto elements = *reader.take(reader.left());
  const std::string_view type = after(*header, "'descr': '").substr(0, 3);
  if (type == "<f4") return widen<float>(shape, elements);
  if (type == "<f8") return widen<double>(shape, elements);
  if (type == "<i4") return widen<std::int32_t>(shape, elements);
  if (type == "<i8") return widen<std::int64_t>(shape, elements);
  if (type == "|u1" || type == "|b1") return widen<std::uint8_t>(shape, elements);
  if (type.starts_with("<U")) {  // one text: as many UTF-32 code points as the type says
    return widen<std::int32_t>(Shape{std::ssize(elements) / 4}, elements);
  }
  return broken(fmt::format("elements of type {}", type));
}

template <class A>
double largest_error(const BasicTensor<A>& a, const Tensor64& b) {
  if (a.shape != b.shape) return std::numeric_limits<double>::infinity();
  double difference = 0;
  double scale = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double off = std::abs(static_cast<double>(a[i]) - b[i]);
    if (std::isnan(off)) return std::numeric_limits<double>::infinity();
    difference = std::max(difference, off);
    scale = std::max(scale, std::abs(b[i]));
  }
  if (difference == 0) return 0;
  return difference / scale;  // infinite when b is all zeros
}

}  // namespace

Result<Npz> read_npz(const Path& path) {
  TRY(const MappedFile file, MappedFile::open(path));
  TRY(const std::vector<Entry> entries, read_directory(file.bytes()));
  Npz arrays;
  for (const Entry& entry : entries) {
    TRY(const std::vector<std::byte> bytes, unpack(file.bytes(), entry));
    TRY(Tensor64 array, read_npy(bytes));
    std::string name = entry.name;
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    arrays.emplace(std::move(name), std::move(array));
  }
  return arrays;
}

Path fixture_folder() {
  if (const char* folder = std::getenv("DIPTYCH_FIXTURES"); folder && *folder) return folder;
  return Path(DIPTYCH_TEST_DATA) / "fixtures";
}

double relative_error(const Tensor64& a, const Tensor64& b) { return largest_error(a, b); }
double relative_error(const Tensor& a, const Tensor64& b) { return largest_error(a, b); }

}  // namespace diptych
