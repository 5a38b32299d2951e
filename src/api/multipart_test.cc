#include "api/multipart.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diptych {
namespace {

using testing::HasSubstr;

constexpr char kType[] = "multipart/form-data; boundary=XX";

std::string part(std::string_view disposition, std::string_view body, std::string_view more = {}) {
  return fmt::format("--XX\r\nContent-Disposition: form-data; {}\r\n{}\r\n{}\r\n", disposition,
                     more, body);
}
std::string form(std::initializer_list<std::string> parts) {
  std::string body;
  for (const std::string& each : parts) body += each;
  return body + "--XX--\r\n";
}

TEST(Multipart, IsRecognisedInAnyCase) {
  EXPECT_TRUE(is_multipart("multipart/form-data; boundary=x"));
  EXPECT_TRUE(is_multipart("Multipart/Form-Data ;boundary=x"));
  EXPECT_FALSE(is_multipart("multipart/mixed; boundary=x"));
  EXPECT_FALSE(is_multipart("application/json"));
}

TEST(Multipart, PartsComeInOrderWithTheirBytes) {
  const std::string binary("\x89PNG\r\n--X\r\n\0\r\n", 15);
  const std::string body = form({
      part(R"(name="prompt")", "a fox"),
      part(R"(name="image[]"; filename="C:\pictures\fox.png")", binary,
           "Content-Type: image/png\r\n"),
      part(R"(name=n)", "2"),
  });
  const auto parts = parse_multipart(kType, body);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 3u);
  EXPECT_EQ((*parts)[0].name, "prompt");
  EXPECT_EQ((*parts)[0].body, "a fox");
  EXPECT_FALSE((*parts)[0].is_file);
  EXPECT_EQ((*parts)[1].body, binary);
  EXPECT_EQ((*parts)[1].filename, "fox.png");
  EXPECT_EQ((*parts)[1].type, "image/png");
  EXPECT_EQ(field_of((*parts)[1]), "image");
  EXPECT_EQ((*parts)[2].name, "n");
}

TEST(Multipart, AnEmptyFormHasNoParts) {
  const auto parts = parse_multipart(kType, "--XX--");
  ASSERT_TRUE(parts);
  EXPECT_TRUE(parts->empty());
}

TEST(Multipart, ALongerLineThatBeginsLikeTheBoundaryIsContent) {
  const std::string body = form({part(R"(name="a")", "1\r\n--XXX\r\n2")});
  const auto parts = parse_multipart(kType, body);
  ASSERT_TRUE(parts);
  EXPECT_EQ((*parts)[0].body, "1\r\n--XXX\r\n2");
}

TEST(Multipart, MalformedBodiesAreRefusedWithTheReason) {
  struct Case {
    std::string type, body, says;
  };
  const Case cases[] = {
      {"multipart/form-data", "--XX--", "boundary"},
      {"multipart/form-data; boundary=", "--XX--", "boundary"},
      {"multipart/form-data; boundary=" + std::string(71, 'x'), "", "boundary"},
      {kType, "", "does not begin"},
      {kType, "junk\r\n--XX--", "does not begin"},
      {kType, "--XX", "no line end"},
      {kType, part(R"(name="a")", "1"), "does not end"},
      {kType, "--XX\r\n\r\nx\r\n--XX--", "no Content-Disposition"},
      {kType, "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--XX--",
       "not form-data"},
      {kType, form({part("filename=\"x\"", "1")}), "no name"},
      {kType, form({part("name=\"a", "1")}), "does not end"},
      {kType, form({part("name=\"a\"; name=\"b\"", "1")}), "twice"},
      {kType, form({part("name=\"a\"; filename*=UTF-8''x", "1")}), "filename*"},
      {kType, form({part("name=\"\xff\"", "1")}), "UTF-8"},
      {kType, form({part("name=\"a\"", "MQ==", "Content-Transfer-Encoding: base64\r\n")}),
       "Content-Transfer-Encoding"},
      {kType, form({part("name=\"a\"", "1", "X: " + std::string(5000, 'x') + "\r\n")}),
       "4096 bytes"},
  };
  for (const Case& each : cases) {
    const auto parts = parse_multipart(each.type, each.body);
    ASSERT_FALSE(parts) << each.body;
    EXPECT_EQ(parts.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(parts.error().message, HasSubstr(each.says));
  }
}

TEST(Multipart, TooManyPartsAndTooLongTextsAreRefused) {
  const std::string two = form({part("name=\"a\"", "1"), part("name=\"b\"", "12345")});
  EXPECT_TRUE(parse_multipart(kType, two, {.part_count_max = 2}));
  EXPECT_THAT(parse_multipart(kType, two, {.part_count_max = 1}).error().message,
              HasSubstr("more than 1 parts"));
  EXPECT_EQ(parse_multipart(kType, two, {.value_bytes_max = 4}).error().param, "b");
}

// --- as JSON ------------------------------------------------------------------------------------

constexpr Field kRows[] = {
    {.name = "n", .types = kInteger | kNull},
    {.name = "scale", .types = kNumber | kNull, .aliases = {}},
    {.name = "stream", .types = kBool | kNull},
    {.name = "prompt", .types = kString},
    {.name = "tags", .types = kArray, .item_types = kInteger},
};
constexpr FieldGroup kGroups[] = {{kRows}};
constexpr BodySchema kSchema{"Form", "", kGroups};

TEST(FormObject, ARowsTypesDecideWhatATextIs) {
  const std::string body = form({
      part("name=\"n\"", "2"),
      part("name=\"scale\"", "7.5"),
      part("name=\"stream\"", "true"),
      part("name=\"prompt\"", "12"),
      part("name=\"tags[]\"", "3"),
      part("name=\"tags[]\"", "4"),
      part("name=\"other\"", "5"),
      part("name=\"image\"; filename=\"x\"", "ignored here"),
  });
  const auto parts = parse_multipart(kType, body);
  const auto object = form_object(*parts, kSchema);
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(dump_json(*object),
            R"({"n":2,"scale":7.5,"stream":true,"prompt":"12","tags":[3,4],"other":"5"})");
}

TEST(FormObject, WhatDoesNotReadStaysATextForTheRowToRefuse) {
  const std::string body = form(
      {part("name=\"n\"", "two"), part("name=\"scale\"", ""), part("name=\"stream\"", "\"true\"")});
  const auto parts = parse_multipart(kType, body);
  EXPECT_EQ(dump_json(*form_object(*parts, kSchema)),
            R"({"n":"two","scale":null,"stream":"\"true\""})");
}

TEST(FormObject, ANameThatComesTwiceIsAnError) {
  const std::string body = form({part("name=\"n\"", "1"), part("name=\"n\"", "2")});
  const auto parts = parse_multipart(kType, body);
  const auto object = form_object(*parts, kSchema);
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().param, "n");
}

TEST(FormObject, TextsMustBeUtf8) {
  const std::string body = form({part("name=\"prompt\"", "\xc3")});
  const auto parts = parse_multipart(kType, body);
  EXPECT_EQ(form_object(*parts, kSchema).error().param, "prompt");
}

}  // namespace
}  // namespace diptych
