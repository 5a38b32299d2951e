#include "formats/infotext.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace diptych {
namespace {

using Entries = std::vector<InfotextEntry>;

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

struct ParseCase {
  std::string_view name, text, prompt, negative;
  Entries parameters;
};
const ParseCase kParseCases[] = {
    {"plain",
     "a cat\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: "
     "512x768, Model hash: "
     "31e35c80fc, Model: sd_xl_base",
     "a cat",
     "blurry",
     {{"Steps", "20"},
      {"Sampler", "Euler a"},
      {"CFG scale", "7"},
      {"Seed", "42"},
      {"Size", "512x768"},
      {"Model hash", "31e35c80fc"},
      {"Model", "sd_xl_base"}}},
    {"several lines and a quoted value",
     "line one\nline two, (x:1.2)\nNegative prompt: bad\nworse\nSteps: 30, Sampler: DPM++ 2M, "
     "Schedule type: Karras, CFG "
     "scale: 5.5, Seed: 1, Size: 1024x1024, Hires prompt: \"a, b: c\\nd \\\"q\\\"\", Version: "
     "v1.10.1",
     "line one\nline two, (x:1.2)",
     "bad\nworse",
     {{"Steps", "30"},
      {"Sampler", "DPM++ 2M"},
      {"Schedule type", "Karras"},
      {"CFG scale", "5.5"},
      {"Seed", "1"},
      {"Size", "1024x1024"},
      {"Hires prompt", "a, b: c\nd \"q\""},
      {"Version", "v1.10.1"}}},
    {"no parameters",
     "just a prompt with no parameters",
     "just a prompt with no parameters",
     "",
     {}},
    {"words of parameters in the prompt",
     "prompt: with colon, and size: big\nSteps: 1, Seed: 2, Size: 8x8",
     "prompt: with colon, and size: big",
     "",
     {{"Steps", "1"}, {"Seed", "2"}, {"Size", "8x8"}}},
    {"SD.Next's empty negative",
     "p\nNegative prompt: \nSteps: 20, Size: 1024x1024, Sampler: DPM++ 2M, Scheduler: "
     "DPMSolverMultistepScheduler, Seed: "
     "42, CFG scale: 6.0, Pipeline: X",
     "p",
     "",
     {{"Steps", "20"},
      {"Size", "1024x1024"},
      {"Sampler", "DPM++ 2M"},
      {"Scheduler", "DPMSolverMultistepScheduler"},
      {"Seed", "42"},
      {"CFG scale", "6.0"},
      {"Pipeline", "X"}}},
    {"two parameters after Steps",
     "a\nSteps: 20, Sampler: Euler",
     "a",
     "",
     {{"Steps", "20"}, {"Sampler", "Euler"}}},
    {"two parameters without Steps",
     "a\nSeed: 20, Sampler: Euler",
     "a\nSeed: 20, Sampler: Euler",
     "",
     {}},
    {"no prompt",
     "\nNegative prompt: only neg\nSteps: 4, Sampler: LCM, CFG scale: 1, Seed: 9, Size: 64x64",
     "",
     "only neg",
     {{"Steps", "4"}, {"Sampler", "LCM"}, {"CFG scale", "1"}, {"Seed", "9"}, {"Size", "64x64"}}},
    {"hashes and an empty value",
     "x\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 3, Size: 512x512, Lora hashes: \"foo: "
     "aabbccddeeff, bar: "
     "001122334455\", TI hashes: \"neg: 11\", Empty: , Tiling: True",
     "x",
     "",
     {{"Steps", "20"},
      {"Sampler", "Euler"},
      {"CFG scale", "7"},
      {"Seed", "3"},
      {"Size", "512x512"},
      {"Lora hashes", "foo: aabbccddeeff, bar: 001122334455"},
      {"TI hashes", "neg: 11"},
      {"Tiling", "True"}}},
    {"a quoted value broken over lines",
     "x\nSteps: 20, Hires prompt: \"a,\nb\", Seed: 3",
     "x",
     "",
     {{"Steps", "20"}, {"Hires prompt", "a,\nb"}, {"Seed", "3"}}},
    {"templates of SD.Next",
     "cat\nNegative prompt: dog\nTemplate: __animal__\nNegative template: __other__\nSteps: 1, "
     "Seed: 2, App: SD.Next",
     "cat",
     "dog",
     {{"Steps", "1"},
      {"Seed", "2"},
      {"App", "SD.Next"},
      {"Template", "__animal__"},
      {"Negative Template", "__other__"}}},
    {"carriage returns",
     "a\r\nb\r\nSteps: 1, Seed: 2\r\n",
     "a\nb",
     "",
     {{"Steps", "1"}, {"Seed", "2"}}},
    {"a quote that never closes",
     "a\nSteps: 1, Model: \"x, Seed: 2",
     "a",
     "",
     {{"Steps", "1"}, {"Model", "\"x"}, {"Seed", "2"}}},
    {"a bad escape stays raw",
     "a\nSteps: 1, Model: \"\\q\"",
     "a",
     "",
     {{"Steps", "1"}, {"Model", "\"\\q\""}}},
    {"a repeated key", "a\nSteps: 1, Seed: 2, Steps: 3", "a", "", {{"Steps", "3"}, {"Seed", "2"}}},
    {"nothing", "", "", "", {}},
    {"parameters alone", "Steps: 1, Seed: 2", "", "", {{"Steps", "1"}, {"Seed", "2"}}},
};

TEST(ParseInfotext, ReadsTheTextsOfA1111AndSdNext) {
  for (const ParseCase& c : kParseCases) {
    const Infotext infotext = parse_infotext(c.text);
    EXPECT_EQ(infotext.prompt, c.prompt) << c.name;
    EXPECT_EQ(infotext.negative, c.negative) << c.name;
    EXPECT_EQ(infotext.parameters, c.parameters) << c.name;
  }
}

TEST(WriteInfotext, FollowsTheLayout) {
  const Infotext infotext{"a cat\r\nin a hat ", "blurry", {{"Steps", "20"}, {"Seed", "42"}}};
  EXPECT_EQ(write_infotext(infotext).text,
            "a cat\nin a hat\nNegative prompt: blurry\nSteps: 20, Seed: 42");
  EXPECT_EQ(write_infotext({"p", "", {{"Steps", "1"}}}).text, "p\nSteps: 1");
  EXPECT_EQ(write_infotext({"", "n", {{"Steps", "1"}}}).text, "Negative prompt: n\nSteps: 1");
  EXPECT_EQ(write_infotext({"p", "n", {}}).text, "p\nNegative prompt: n");
  EXPECT_EQ(write_infotext({"p", "", {{"Steps", "1"}, {"Same", "Same"}}}).text,
            "p\nSteps: 1, Same");
}

TEST(WriteInfotext, QuotesOnlyWhatNeedsIt) {
  struct Case {
    std::string_view value, written;
  };
  const Case cases[] = {
      {"a, b", R"("a, b")"},
      {"x:y", R"("x:y")"},
      {"plain", "plain"},
      {"naïve 日本", "naïve 日本"},
      {"multi\nline", R"("multi\nline")"},
      {R"(say "hi", ok)", R"("say \"hi\", ok")"},
      {R"(say "hi")", R"(say "hi")"},
      {R"(a\b, c)", R"("a\\b, c")"},
      {" lead", R"(" lead")"},
      {"\"quoted\"", R"("\"quoted\"")"},
      {"", R"("")"},
  };
  for (const Case& c : cases) {
    const WrittenInfotext written =
        write_infotext({"p", "", {{"Steps", "1"}, {"Key", std::string(c.value)}}});
    EXPECT_EQ(written.text, "p\nSteps: 1, Key: " + std::string(c.written));
    EXPECT_TRUE(written.warnings.empty()) << c.value;
  }
}

TEST(WriteInfotext, IsReadBackThroughEveryKindOfFile) {
  const std::string prompts[] = {
      "a cat",
      "emoji 🦊👩‍👩‍👧, 日本語, עברית العربية",
      R"(quotes " ' \ and <lora:x:0.8>, (w:1.2))",
      "Steps: 12, Sampler: no, CFG scale: 1\nsecond line",
      "first\n\nthird",
      repeated("日", 20'000),
      repeated("word ", 4'000),
      repeated("🦊", 20'000),
      ""};
  const Json request = Json::object({{"prompt", "日"}});
  for (const std::string& prompt : prompts) {
    Infotext infotext{prompt, "bad, Steps: 3", {}};
    infotext.set_integer("Steps", 20);
    infotext.set("Sampler", "DPM++ 2M");
    infotext.set_number("CFG scale", 7);
    infotext.set_size("Size", {512, 768});
    infotext.set("Hires prompt", "a, b: \"c\"\n日");
    infotext.set("Version", "Diptych 0.2.0");
    const InfotextTexts written = write_picture_infotext(infotext, request);
    EXPECT_TRUE(written.warnings.empty());
    Infotext expected = infotext;
    if (prompt.ends_with(' ')) expected.prompt.pop_back();
    for (const PictureFormat format :
         {PictureFormat::kPng, PictureFormat::kJpeg, PictureFormat::kWebp}) {
      const auto file =
          encode_picture(Picture(8, 8, 3), {.format = format, .texts = written.texts});
      ASSERT_TRUE(file) << file.error().message;
      const auto texts = read_picture_texts(file->bytes);
      ASSERT_TRUE(texts) << texts.error().message;
      EXPECT_EQ(parse_infotext(*find_text(*texts, kParametersKeyword)), expected)
          << name_of(format);
      EXPECT_EQ(find_stored_request(*texts), request);
    }
  }
}

TEST(WriteInfotext, WarnsOfWhatTheLayoutCannotHold) {
  const Entries steps = {{"Steps", "1"}};
  struct Case {
    Infotext infotext;
    std::string_view param;
  };
  const Case cases[] = {
      {{"a\nNegative prompt: b", "", steps}, "prompt"},
      {{"a", "b\n Negative prompt: c", steps}, "negative prompt"},
      {{"a\nSteps: 1, Seed: 2", "", {}}, "prompt"},
      {{"a", "", {{"Seed", "1"}}}, "parameter"},
      {{"a", "", {{"Steps", "1"}, {"Bad:key", "x"}}}, "parameter"},
  };
  for (const Case& c : cases) {
    const Warnings warnings = write_infotext(c.infotext).warnings;
    ASSERT_FALSE(warnings.empty()) << c.infotext.prompt;
    EXPECT_TRUE(std::ranges::any_of(warnings, [&](const Warning& w) { return w.param == c.param; }))
        << c.param;
  }
}

TEST(Infotext, FindsKeysWithoutCaseAndByOtherPrograms) {
  const Infotext infotext{
      "", "", {{"steps", "20"}, {"CLiP-skip", "2"}, {"Variation strength", "0.5"}}};
  EXPECT_EQ(*infotext.find("Steps"), "20");
  EXPECT_EQ(infotext.find_integer("Clip skip").value(), 2);
  EXPECT_EQ(infotext.find_number("Variation seed strength").value(), 0.5);
  EXPECT_EQ(infotext.find("Seed"), nullptr);
  EXPECT_EQ(infotext.find_integer("Seed").value(), std::nullopt);
}

TEST(Infotext, GettersNameWhatTheyCannotRead) {
  const Infotext infotext{"",
                          "",
                          {{"Steps", "many"},
                           {"CFG scale", "nan"},
                           {"Tiling", "yes"},
                           {"Size", "512"},
                           {"Seed", "99999999999999999999"},
                           {"Eta", "1e999"}}};
  EXPECT_EQ(infotext.find_integer("Steps").error().message,
            "infotext: 'many' of 'Steps' is not an integer");
  EXPECT_EQ(infotext.find_integer("Steps").error().param, "Steps");
  EXPECT_FALSE(infotext.find_number("CFG scale"));
  EXPECT_FALSE(infotext.find_number("Eta"));
  EXPECT_FALSE(infotext.find_flag("Tiling"));
  EXPECT_FALSE(infotext.find_size("Size"));
  EXPECT_FALSE(infotext.find_integer("Seed"));
}

TEST(Infotext, WritesAndReadsTypedValues) {
  Infotext infotext;
  infotext.set_number("CFG scale", 7);
  infotext.set_number("Eta", 0.1);
  infotext.set_flag("Tiling", true);
  infotext.set_integer("Seed", -1);
  infotext.set_size("Size", {512, 768});
  infotext.set_integer("Seed", 5);
  EXPECT_EQ(infotext.parameters, (Entries{{"CFG scale", "7"},
                                          {"Eta", "0.1"},
                                          {"Tiling", "True"},
                                          {"Seed", "5"},
                                          {"Size", "512x768"}}));
  EXPECT_EQ(infotext.find_number("CFG scale").value(), 7.0);
  EXPECT_EQ(infotext.find_flag("Tiling").value(), true);
  EXPECT_EQ(infotext.find_size("Size").value(), (PictureSize{512, 768}));
  infotext.set("Steps", "20.0");
  EXPECT_EQ(infotext.find_integer("Steps").value(), 20);
}

TEST(Infotext, DefaultsAreAddedForMissingKeysOnly) {
  Infotext infotext = parse_infotext("a\nSteps: 1, Clip skip: 2, RNG: NV");
  add_default_parameters(infotext);
  EXPECT_EQ(*infotext.find("Clip skip"), "2");
  EXPECT_EQ(*infotext.find("RNG"), "NV");
  EXPECT_EQ(*infotext.find("Schedule type"), "Automatic");
  EXPECT_EQ(*infotext.find("Masked area padding"), "32");
}

TEST(Infotext, AStoredRequestThatIsNoJsonIsNone) {
  EXPECT_TRUE(find_stored_request({{"diptych", "{"}}).is_null());
  EXPECT_TRUE(find_stored_request({}).is_null());
}

}  // namespace
}  // namespace diptych
