#include "formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "formats/testing/npz.h"
#include "formats/testing/temp_folder.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

std::string with_size(std::string_view header, std::size_t data_size) {
  const std::uint64_t size = header.size();
  std::string file(sizeof size, '\0');
  std::memcpy(file.data(), &size, sizeof size);
  return file + std::string(header) + std::string(data_size, '\1');
}

Result<SafetensorsHeader> parse(std::string_view header, std::size_t data_size) {
  const std::string file = with_size(header, data_size);
  return parse_safetensors(std::as_bytes(std::span(file)));
}

TEST(Safetensors, ReadsTensorsInAnyOrderAndTheMetadata) {
  const auto header = parse(R"({"b":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},
      "__metadata__":{"format":"pt"},
      "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
      "none":{"dtype":"I64","shape":[0,7],"data_offsets":[16,16]}}  )",
                            16);
  ASSERT_TRUE(header) << header.error().message;
  ASSERT_EQ(header->tensors.size(), 3U);
  EXPECT_EQ(header->tensors[0].name, "a");
  EXPECT_EQ(header->tensors[0].shape, Shape{});
  EXPECT_EQ(header->tensors[1].dtype, DType::kF16);
  EXPECT_EQ(header->tensors[1].shape, (Shape{2, 3}));
  EXPECT_EQ(header->offsets[1] - header->offsets[0], 4U);
  EXPECT_EQ(header->tensors[2].bytes, 0U);
  EXPECT_EQ(header->metadata.at("format"), "pt");
}

struct Hostile {
  std::string_view name, header;
  std::size_t data_size;
  std::string_view message;  // a part of the refusal
};

class HostileFile : public testing::TestWithParam<Hostile> {};

TEST_P(HostileFile, IsRefusedByName) {
  const auto header = parse(GetParam().header, GetParam().data_size);
  ASSERT_FALSE(header);
  EXPECT_THAT(header.error().message, HasSubstr(GetParam().message));
}

constexpr Hostile kHostile[] = {
    {"NoObject", "[1]", 0, "does not begin with {"},
    {"NoJson", R"({"a":)", 0, "invalid JSON"},
    {"TextAfterTheEnd", "{}{}", 0, "text after the end"},
    {"DeepNesting", R"({"a":[[[[[[[[]]]]]]]]})", 0, "nesting deeper"},
    {"TwoTensorsOfOneName",
     R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
     2, "the name \"a\" twice"},
    {"UnknownType", R"({"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}})", 1,
     "tensor \"a\": elements of type F4 are not supported"},
    {"SixAxes", R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1],"data_offsets":[0,1]}})", 1,
     "tensor \"a\": 6 axes; at most 5"},
    {"HugeEmptyAxis",
     R"({"a":{"dtype":"U8","shape":[4611686018427387904,2,0],"data_offsets":[0,0]}})", 0,
     "tensor \"a\": shape"},
    {"NegativeSize", R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1,
     "tensor \"a\": shape"},
    {"FractionalSize", R"({"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}})", 1,
     "tensor \"a\": shape"},
    {"ProductThatOverflows",
     R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
     "too large"},
    {"SizeAgainstShape", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
     "tensor \"a\": 4 bytes of data for f32 [2]; it needs 8"},
    {"EndBeforeBegin", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}})", 4,
     "lie outside"},
    {"BeyondTheFile", R"({"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", 4, "lie outside"},
    {"NegativeOffset", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}})", 1,
     "no pair of offsets"},
    {"Overlap",
     R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
     4, "tensor \"b\": begins at 2, inside the tensor that ends at 3"},
    {"Hole",
     R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
     3, "tensor \"b\": begins at 2, with a hole after the one that ends at 1"},
    {"UnusedTail", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 2,
     "2 bytes of data, tensors use 1"},
    {"MemberTooMany", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"stride":[2]}})", 1,
     "not described by"},
    {"MetadataOfNumbers", R"({"__metadata__":{"a":1}})", 0, "__metadata__ \"a\" is no string"},
    {"EmptyName", R"({"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1,
     "a name has 1 to 512"},
    {"ZeroInAName", R"({"a\u0000b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1,
     "no zero"},
};

INSTANTIATE_TEST_SUITE_P(All, HostileFile, testing::ValuesIn(kHostile),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Safetensors, AHeaderLongerThanTheFileIsNotBelieved) {
  std::string file(16, '\xff');
  EXPECT_FALSE(parse_safetensors(std::as_bytes(std::span(file))));
  file[4] = file[5] = file[6] = file[7] = '\0';
  file[3] = '\1';
  EXPECT_THAT(parse_safetensors(std::as_bytes(std::span(file))).error().message,
              HasSubstr("is longer than the file"));
  EXPECT_THAT(parse_safetensors({}).error().message, HasSubstr("shorter than 8 bytes"));
}

TEST(Safetensors, AHeaderOfManyTinyValuesIsRefusedBeforeItFillsMemory) {
  std::string header = R"({"a":[0)";
  for (int i = 0; i < 3'000'000; ++i) header += ",0";
  EXPECT_THAT(parse(header + "]}", 0).error().message, HasSubstr("more values than are allowed"));
}

TEST(Safetensors, MapsARealFile) {
  const Path path = fixture_folder() / "sd1/pipeline/vae/diffusion_pytorch_model.safetensors";
  const auto file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.error().message;
  const auto tensor = (*file)->find("decoder.conv_in.weight");
  ASSERT_TRUE(tensor);
  EXPECT_EQ((*file)->info(*tensor).shape, (Shape{32, 4, 3, 3}));
  const std::vector<float> before = read_as_f32(**file, *tensor);
  (*file)->release(*tensor);
  EXPECT_EQ(read_as_f32(**file, *tensor), before);
  EXPECT_EQ((*file)->metadata().at("format"), "pt");
}

TEST(Safetensors, ARefusalNamesTheFile) {
  const TempFolder folder;
  ASSERT_TRUE(write_file_atomically(folder.file("x.safetensors"), "short"));
  EXPECT_THAT(SafetensorsFile::open(folder.file("x.safetensors")).error().message,
              HasSubstr("x.safetensors: no safetensors file"));
}

}  // namespace
}  // namespace diptych
