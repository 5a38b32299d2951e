#include "jobs/pictures/picture_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/json.h"
#include "jobs/pictures/picture_job_members.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

// Gives every member another value than its default, so that one that is not carried shows.
struct Changer {
  int count = 0;

  void operator()(std::string_view /*name*/, std::string& value) {
    value = "text " + std::to_string(++count) + " ∅\n\"";
  }
  void operator()(std::string_view /*name*/, bool& value) { value = !value; }
  void operator()(std::string_view /*name*/, double& value) { value += ++count / 7.0; }
  void operator()(std::string_view /*name*/, int& value) { value += ++count; }
  void operator()(std::string_view /*name*/, std::int64_t& value) {
    value = (std::int64_t{1} << 62) + ++count;
  }
  void operator()(std::string_view /*name*/, RandomSource& value) {
    value = {RandomSource::Kind::kGpu, 196608};
  }
  void operator()(std::string_view /*name*/, ResizeMode& value) { value = ResizeMode::kFill; }
  void operator()(std::string_view /*name*/, MaskedContent& value) {
    value = MaskedContent::kLatentNoise;
  }
  void operator()(std::string_view /*name*/, PictureFormat& value) { value = PictureFormat::kWebp; }
  void operator()(std::string_view /*name*/, AttentionSyntax& value) {
    value = AttentionSyntax::kCompel;
  }
  void operator()(std::string_view /*name*/, EmphasisMode& value) { value = EmphasisMode::kNoNorm; }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& value) {
    (*this)(name, value.emplace());
  }
  template <class T>
    requires std::is_aggregate_v<T>
  void operator()(std::string_view /*name*/, T& value) {
    visit_members(*this, value);
  }
};

PictureJob changed_job() {
  PictureJob job;
  Changer changer;
  visit_members(changer, job);
  job.quality = 77;
  return job;
}

// Names of the leaves of `changed` that are the same in `base`.
void expect_all_different(const Json& base, const Json& changed, const std::string& path) {
  if (!changed.is_object()) {
    EXPECT_NE(base, changed) << path;
    return;
  }
  for (const Json::Member& member : changed.as_object())
    expect_all_different(base[member.name], member.value, path + "." + member.name);
}

TEST(PictureJobTest, EveryMemberComesBackAsItWas) {
  const std::string text = dump_picture_job(changed_job());
  expect_all_different(*parse_json(dump_picture_job({})), *parse_json(text), "");
  const auto back = parse_picture_job(text);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(dump_picture_job(*back), text);
  EXPECT_EQ(back->request.seed, changed_job().request.seed);
  EXPECT_EQ(back->request.hires->cfg_scale, changed_job().request.hires->cfg_scale);
  EXPECT_EQ(back->request.init->inpaint->content, MaskedContent::kLatentNoise);
  EXPECT_EQ(back->request.noise.threads, 196608);
}

TEST(PictureJobTest, DefaultsComeBackAsTheyWere) {
  const std::string text = dump_picture_job({});
  const auto back = parse_picture_job(text);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(dump_picture_job(*back), text);
  EXPECT_FALSE(back->request.hires.has_value());
}

TEST(PictureJobTest, AbsentMembersKeepTheirDefaults) {
  const auto job = parse_picture_job(R"({"request":{"prompt":"a fox","hires":{"width":256}}})");
  ASSERT_TRUE(job.has_value()) << job.error().message;
  EXPECT_EQ(job->request.prompt, "a fox");
  EXPECT_EQ(job->request.steps, ImageRequest{}.steps);
  EXPECT_EQ(job->request.hires->upscaler, "Latent");
}

TEST(PictureJobTest, WhatIsWrongIsNamed) {
  const struct {
    const char* json;
    const char* field;
    const char* says;
  } cases[] = {
      {R"({"request":{"steps":"many"}})", "request.steps", "an integer"},
      {R"({"request":{"steps":5000000000}})", "request.steps", "5000000000"},
      {R"({"request":{"init":{"resize":"melt"}}})", "request.init.resize", "stretch, crop"},
      {R"({"request":{"init":{"inpaint":{"blurr":3}}}})", "request.init.inpaint.blurr",
       "is not known"},
      {R"({"request":{"hires":7}})", "request.hires", "an object"},
      {R"({"request":{"noise":"dice"}})", "request.noise", "dice"},
      {R"({"quality":0})", "quality", "from 1 to 100"},
      {R"({"preview_every":-1})", "preview_every", "from 0"},
      {R"({"lossless":1})", "lossless", "true or false"},
      {R"({"colour":"red"})", "colour", "is not known"},
  };
  for (const auto& one : cases) {
    const auto job = parse_picture_job(one.json);
    ASSERT_FALSE(job.has_value()) << one.json;
    EXPECT_EQ(job.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(job.error().param, one.field);
    EXPECT_THAT(job.error().message, HasSubstr(one.says));
  }
  EXPECT_FALSE(parse_picture_job("[]").has_value());
  EXPECT_FALSE(parse_picture_job("{").has_value());
}

}  // namespace
}  // namespace diptych
