#include "formats/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "formats/testing/npz.h"
#include "formats/weight_file.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

// Writes a file field by field.
class Bytes {
 public:
  template <class Value>
  Bytes& add(Value value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Bytes& text(std::string_view text) {
    add<std::uint64_t>(text.size());
    bytes_ += text;
    return *this;
  }
  Bytes& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  Bytes& pad(std::size_t alignment = 32) {
    while (bytes_.size() % alignment != 0) bytes_ += '\0';
    return *this;
  }
  const std::string& str() const { return bytes_; }

 private:
  std::string bytes_;
};

Bytes beginning(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
  Bytes bytes;
  bytes.raw("GGUF").add<std::uint32_t>(version).add(tensors).add(keys);
  return bytes;
}
// One axis; type 0 is F32, 24 is I8.
Bytes& add_tensor(Bytes& bytes, std::string_view name, std::int64_t size, std::uint64_t offset,
                  std::int32_t type = 24) {
  return bytes.text(name).add<std::uint32_t>(1).add(size).add(type).add(offset);
}

Result<GgufHeader> parse(const Bytes& bytes) {
  return parse_gguf(std::as_bytes(std::span(bytes.str())));
}
std::string refusal(const Bytes& bytes) {
  const auto header = parse(bytes);
  return header ? "accepted" : header.error().message;
}

const Path kSmall = Path(DIPTYCH_TEST_DATA) / "gguf" / "small.gguf";

TEST(Gguf, ReadsAFileOfTheReferenceWriter) {  // tests/data/gguf/make.py
  const auto file = GgufFile::open(kSmall);
  ASSERT_TRUE(file) << file.error().message;
  const auto expected = read_file(Path(DIPTYCH_TEST_DATA) / "gguf" / "small.f32", 1 << 20);
  std::vector<float> values;
  for (std::uint32_t i = 0; i < (*file)->index().size(); ++i) {
    const auto tensor = read_as_f32(**file, TensorId{i});
    values.insert(values.end(), tensor.begin(), tensor.end());
    (*file)->release(TensorId{i});
  }
  ASSERT_EQ(values.size() * sizeof(float), expected->size());
  EXPECT_EQ(std::memcmp(values.data(), expected->data(), expected->size()), 0);
  EXPECT_EQ((*file)->info(*(*file)->find("plain")).shape, (Shape{3, 5}));
  EXPECT_EQ((*file)->info(*(*file)->find("q4")).dtype, DType::kQ4_0);
}

TEST(Gguf, GivesConvertedTensorsTheirShapeBack) {
  const auto file = GgufFile::open(kSmall);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->info(*(*file)->find("conv")).shape, (Shape{2, 4, 4, 4}));
}

TEST(Gguf, KeepsScalarsAndShortArraysAndPassesOverLongOnes) {
  const auto file = GgufFile::open(kSmall);
  ASSERT_TRUE(file);
  const auto& metadata = (*file)->metadata();
  EXPECT_EQ(metadata.at("general.architecture"), Json("sd1"));
  EXPECT_EQ(metadata.at("numbers"), Json::array({1.5, 2.5}));
  EXPECT_EQ(metadata.at("big"), Json(std::int64_t{1} << 40));
  EXPECT_EQ(metadata.at("yes"), Json(true));
  EXPECT_TRUE(metadata.at("tokenizer.ggml.tokens").is_null());
}

TEST(Gguf, RefusesOtherVersionsAndOtherByteOrders) {
  EXPECT_THAT(refusal(beginning(0, 0, 1)), HasSubstr("GGUF of version 1; 2 and 3 are supported"));
  EXPECT_THAT(refusal(beginning(0, 0, 3U << 24)), HasSubstr("big-endian"));
  EXPECT_EQ(refusal(beginning(0, 0, 2)), "accepted");
  EXPECT_THAT(refusal(Bytes().raw("GGML")), HasSubstr("does not begin with GGUF"));
}

TEST(Gguf, CountsAreNotBelieved) {
  EXPECT_THAT(refusal(beginning(1ULL << 40, 0)), HasSubstr("the limit is 200000"));
  EXPECT_THAT(refusal(beginning(0, 1ULL << 40)), HasSubstr("the limit is 65536"));
  EXPECT_THAT(refusal(beginning(100'000, 0)), HasSubstr("ends too early"));
  Bytes text = beginning(0, 1);
  EXPECT_THAT(refusal(text.text("k").add<std::int32_t>(8).add<std::uint64_t>(1ULL << 60)),
              HasSubstr("key \"k\": a text of"));
  Bytes array = beginning(0, 1);
  array.text("k").add<std::int32_t>(9).add<std::int32_t>(10).add<std::uint64_t>(1ULL << 62);
  EXPECT_THAT(refusal(array), HasSubstr("key \"k\": no GGUF file: it ends too early"));
}

TEST(Gguf, RefusesMetadataThatIsNone) {
  Bytes nested = beginning(0, 1);
  nested.text("k").add<std::int32_t>(9).add<std::int32_t>(9).add<std::uint64_t>(1);
  EXPECT_THAT(refusal(nested), HasSubstr("key \"k\": an array of arrays"));
  Bytes unknown = beginning(0, 1);
  EXPECT_THAT(refusal(unknown.text("k").add<std::int32_t>(13)), HasSubstr("unknown type 13"));
  Bytes twice = beginning(0, 2);
  for (int i = 0; i < 2; ++i) twice.text("k").add<std::int32_t>(7).add<std::uint8_t>(1);
  EXPECT_THAT(refusal(twice), HasSubstr("key \"k\" twice"));
  Bytes alignment = beginning(0, 1);
  alignment.text("general.alignment").add<std::int32_t>(4).add<std::uint32_t>(24);
  EXPECT_THAT(refusal(alignment), HasSubstr("no power of two"));
}

TEST(Gguf, RefusesTensorsThatLieWrong) {
  Bytes outside = beginning(1, 0);
  EXPECT_THAT(refusal(add_tensor(outside, "a", 33, 0).pad().raw(std::string(32, 'x'))),
              HasSubstr("tensor \"a\": 33 bytes at 0 lie outside the 32 bytes of data"));
  Bytes far = beginning(1, 0);
  EXPECT_THAT(refusal(add_tensor(far, "a", 1, ~0ULL - 31).pad()), HasSubstr("lie outside"));
  Bytes odd = beginning(1, 0);
  EXPECT_THAT(refusal(add_tensor(odd, "a", 1, 8).pad().raw(std::string(32, 'x'))),
              HasSubstr("its offset 8 is no multiple of 32"));
  Bytes overlap = beginning(2, 0);
  add_tensor(overlap, "a", 64, 0);
  add_tensor(overlap, "b", 1, 32).pad().raw(std::string(64, 'x'));
  EXPECT_THAT(refusal(overlap),
              HasSubstr("tensor \"b\": begins at 32, inside the tensor that ends at 64"));
  Bytes twice = beginning(2, 0);
  add_tensor(twice, "a", 1, 0);
  add_tensor(twice, "a", 1, 32).pad().raw(std::string(64, 'x'));
  EXPECT_THAT(refusal(twice), HasSubstr("tensor \"a\" twice"));
}

TEST(Gguf, RefusesTensorsThatAreNone) {
  Bytes type = beginning(1, 0);
  EXPECT_THAT(refusal(add_tensor(type, "a", 32, 0, 20).pad()),
              HasSubstr("tensor \"a\": elements of type IQ4_NL are not supported"));
  Bytes unknown = beginning(1, 0);
  EXPECT_THAT(refusal(add_tensor(unknown, "a", 32, 0, 99).pad()), HasSubstr("of type 99"));
  Bytes blocks = beginning(1, 0);
  EXPECT_THAT(refusal(add_tensor(blocks, "a", 33, 0, 2).pad()),
              HasSubstr("rows of 33 elements are no blocks of 32"));
  Bytes axes = beginning(1, 0);
  EXPECT_THAT(refusal(axes.text("a").add<std::uint32_t>(5)), HasSubstr("5 axes; the limit is 4"));
  Bytes negative = beginning(1, 0);
  EXPECT_THAT(refusal(add_tensor(negative, "a", -1, 0)), HasSubstr("an axis of -1 elements"));
  Bytes huge = beginning(1, 0);
  huge.text("a").add<std::uint32_t>(2).add<std::int64_t>(1LL << 40).add<std::int64_t>(1LL << 40);
  EXPECT_THAT(refusal(huge.add<std::int32_t>(0).add<std::uint64_t>(0)), HasSubstr("too large"));
}

TEST(WeightFile, TellsFormatsByTheirFirstBytes) {
  const auto gguf = open_weight_file(kSmall);
  ASSERT_TRUE(gguf) << gguf.error().message;
  EXPECT_EQ(gguf->metadata.at("general.architecture"), "sd1");
  const auto safetensors =
      open_weight_file(fixture_folder() / "sd1/pipeline/text_encoder/model.safetensors");
  ASSERT_TRUE(safetensors);
  EXPECT_EQ(safetensors->metadata.at("format"), "pt");
  EXPECT_THAT(open_weight_file(fixture_folder() / "sd1/golden.npz").error().message,
              HasSubstr("pickled weights"));
}

}  // namespace
}  // namespace diptych
