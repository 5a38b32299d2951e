#include "formats/picture/exif.h"

#include <gtest/gtest.h>

#include "formats/picture/utf16.h"

namespace diptych {
namespace {

using std::string_view_literals::operator""sv;

TEST(UserComment, IsReadInEverySpelling) {
  struct Case {
    std::string_view name, value, text;
  };
  const Case cases[] = {
      {"big-endian", "UNICODE\0\0\x61\0\xE9\x65\xE5"sv, "aé日"},
      {"little-endian", "UNICODE\0\x61\0\xE9\0 \0\x65\0"sv, "aé e"},
      {"little-endian with a mark", "UNICODE\0\xFF\xFE\xE5\x65"sv, "日"},
      {"big-endian with a mark", "UNICODE\0\xFE\xFF\x65\xE5"sv, "日"},
      {"surrogates", "UNICODE\0\xD8\x3E\xDD\x8A"sv, "🦊"},
      {"half a surrogate", "UNICODE\0\xD8\x3E"sv, "\uFFFD"},
      {"odd", "UNICODE\0\0a\0"sv, "a\uFFFD"},
      {"ascii", "ASCII\0\0\0abc\0"sv, "abc"},
      {"undefined", "\0\0\0\0\0\0\0\0abc"sv, "abc"},
      {"bare UTF-8", "日本"sv, "日本"},
      {"bare Latin-1", "caf\xE9"sv, "café"},
      {"empty", ""sv, ""},
  };
  for (const Case& c : cases) EXPECT_EQ(decode_user_comment(c.value), c.text) << c.name;
}

TEST(Exif, IsReadInBothByteOrders) {
  const std::string_view little =
      "Exif\0\0II\x2A\0\x08\0\0\0\x03\0"
      "\x0E\x01\x02\0\x03\0\0\0hi\0\0"
      "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
      "\x69\x87\x04\0\x01\0\0\0\x32\0\0\0"
      "\0\0\0\0"
      "\x01\0\x86\x92\x07\0\x09\0\0\0\x40\0\0\0"
      "ASCII\0\0\0z"sv;
  const Exif exif = read_exif(little);
  EXPECT_EQ(exif.orientation, 6);
  EXPECT_EQ(exif.description, "hi");
  EXPECT_EQ(exif.user_comment, "z");
  EXPECT_EQ(read_exif(write_exif_comment("aé日🦊")).user_comment, "aé日🦊");
}

TEST(Exif, ABrokenBlockGivesWhatCouldBeRead) {
  const std::string good = write_exif_comment("abc");
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Exif exif = read_exif(std::string_view(good).substr(0, size));
    EXPECT_EQ(exif.orientation, 1);
    EXPECT_LE(exif.user_comment.size(), good.size());
  }
  EXPECT_EQ(read_exif("MM\0\x2A\xFF\xFF\xFF\xFF"sv).user_comment, "");
  EXPECT_EQ(read_exif("MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x63\0\0"sv).orientation,
            1);
}

TEST(Latin1, IsRecognised) {
  EXPECT_TRUE(fits_latin1("café ÿ\x7F"));
  EXPECT_FALSE(fits_latin1("Ā"));
  EXPECT_FALSE(fits_latin1("\xFF"));
  EXPECT_EQ(utf8_to_latin1("é"), "\xE9");
  EXPECT_EQ(latin1_to_utf8("\xE9"), "é");
}

}  // namespace
}  // namespace diptych
