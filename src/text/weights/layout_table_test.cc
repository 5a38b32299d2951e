#include "text/weights/layout_table.h"

#include <ggml.h>
#include <gtest/gtest.h>

#include <set>

namespace diptych::weights {
namespace {

TEST(LayoutTable, NamesEveryFormatOnceAndAsGgmlSpellsIt) {
  std::set<std::string_view> known, seen;
  for (int type = 0; type < GGML_TYPE_COUNT; ++type) {
    if (const char* name = ggml_type_name(static_cast<ggml_type>(type)); name != nullptr)
      known.insert(name);
  }
  for (const LayoutRow& row : layout_table()) {
    EXPECT_TRUE(known.contains(row.file_format)) << row.file_format;
    EXPECT_TRUE(seen.insert(row.file_format).second) << row.file_format;
  }
}

TEST(LayoutTable, OnlyAFormatWithItsOwnPackingIsExact) {
  for (const LayoutRow& row : layout_table()) {
    std::string packed(traits_of(row.packed).name);
    for (char& c : packed) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_EQ(row.exactness == Exactness::kExact, packed == row.file_format) << row.file_format;
  }
}

TEST(LayoutTable, UnknownFormatsHaveNoRow) { EXPECT_EQ(find_layout("q2_K"), nullptr); }

}  // namespace
}  // namespace diptych::weights
