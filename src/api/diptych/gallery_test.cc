#include "api/diptych/gallery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/api_bench.h"
#include "formats/picture.h"

namespace diptych::testing {
namespace {

void draw(ApiBench& bench, std::string key, std::string body) {
  bench.send(Call{.method = "POST",
                  .path = "/api/v1/jobs",
                  .body = std::move(body),
                  .caller = {.key_id = std::move(key), .scopes = {"inference"}}});
}

Answer ask(ApiBench& bench, std::string path,
           std::vector<std::pair<std::string, std::string>> query = {}, std::string key = {}) {
  return bench.send(Call{.method = "GET",
                         .path = std::move(path),
                         .query = std::move(query),
                         .caller = {.key_id = std::move(key), .scopes = {"inference"}}});
}

class Gallery : public ::testing::Test {
 protected:
  Gallery() {
    draw(bench, "key_a", R"({"picture":{"prompt":"a red fox","seed":1}})");
    draw(bench, "key_b", R"({"picture":{"prompt":"a blue hare","seed":2}})");
  }
  ApiBench bench;
};

TEST_F(Gallery, IsSearchedByPromptAndSeed) {
  EXPECT_EQ(body_of(ask(bench, "/api/v1/gallery"))["data"].as_array().size(), 2u);
  const Json found = body_of(ask(bench, "/api/v1/gallery", {{"text", "fox"}}));
  ASSERT_EQ(found["data"].as_array().size(), 1u);
  EXPECT_EQ(found["data"][0]["prompt"], Json("a red fox"));
  EXPECT_EQ(found["data"][0]["thumbnail"], Json("/api/v1/gallery/img_1/thumbnail"));
  EXPECT_EQ(body_of(ask(bench, "/api/v1/gallery", {{"seed", "2"}}))["data"][0]["id"],
            Json("img_2"));
  EXPECT_EQ(error_param(ask(bench, "/api/v1/gallery", {{"seed", "two"}})), "seed");
}

TEST_F(Gallery, OwnersSeeTheirOwnPicturesOnly) {
  const Json mine = body_of(ask(bench, "/api/v1/gallery", {}, "key_a"));
  EXPECT_EQ(mine["data"].as_array().size(), 1u);
  EXPECT_EQ(ask(bench, "/api/v1/gallery/img_2", {}, "key_a").status, 404);
  EXPECT_EQ(ask(bench, "/api/v1/gallery/img_2/content", {}, "key_a").status, 404);
  EXPECT_EQ(ask(bench, "/v1/files/file-img_2", {}, "key_a").status, 404);
}

TEST_F(Gallery, GivesFilesThatCallersMayKeep) {
  const Answer answer = ask(bench, "/api/v1/gallery/img_1/content", {{"download", ""}});
  EXPECT_EQ(answer.body, small_png(8, 8));
  EXPECT_EQ(answer.content_type, "image/png");
  const Header download("content-disposition", "attachment; filename=\"img_1.png\"");
  EXPECT_THAT(answer.headers, ::testing::Contains(download));
  std::string tag;
  for (const auto& [name, value] : answer.headers)
    if (name == "etag") tag = value;
  Call again{.method = "GET",
             .path = "/api/v1/gallery/img_1/content",
             .headers = {{"if-none-match", tag}}};
  EXPECT_EQ(bench.send(again).status, 304);
}

TEST_F(Gallery, ShowsPicturesSmall) {
  bench.pictures.blobs.blobs[bench.pictures.gallery.rows[0].blob] = small_png(400, 100);
  const Answer answer = ask(bench, "/api/v1/gallery/img_1/thumbnail", {{"size", "64"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.content_type, "image/jpeg");
  const auto small = decode_picture(answer.body);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->picture.width, 64);
  EXPECT_EQ(small->picture.height, 16);
  EXPECT_EQ(error_param(ask(bench, "/api/v1/gallery/img_1/thumbnail", {{"size", "4"}})), "size");
}

TEST_F(Gallery, WhatIsDeletedIsGone) {
  const Call call{.method = "DELETE", .path = "/api/v1/gallery/img_1"};
  EXPECT_EQ(bench.send(call).status, 200);
  EXPECT_EQ(bench.send(call).status, 404);
}

TEST_F(Gallery, PicturesAreFilesForOpenAisClients) {
  const Json list = body_of(ask(bench, "/v1/files"));
  ASSERT_EQ(list["data"].as_array().size(), 2u);
  EXPECT_EQ(list["data"][1]["id"], Json("file-img_1"));
  EXPECT_EQ(list["data"][1]["object"], Json("file"));
  EXPECT_EQ(list["data"][1]["purpose"], Json("assistants_output"));
  EXPECT_EQ(body_of(ask(bench, "/v1/files", {{"purpose", "batch"}}))["data"].as_array().size(), 0u);
  const Json next = body_of(ask(bench, "/v1/files", {{"after", "file-img_2"}}));
  EXPECT_EQ(next["data"][0]["id"], Json("file-img_1"));
  EXPECT_EQ(ask(bench, "/v1/files/file-img_1/content").body, small_png(8, 8));
  EXPECT_EQ(
      body_of(bench.send(Call{.method = "DELETE", .path = "/v1/files/file-img_1"}))["deleted"],
      Json(true));
  EXPECT_EQ(ask(bench, "/v1/files/file-img_1").status, 404);
  EXPECT_EQ(bench.post("/v1/files", "").status, 400);
}

TEST_F(Gallery, StateTellsQueueModelsAndMemory) {
  bench.pictures.queue.held = true;
  draw(bench, "key_a", R"({"picture":{"prompt":"a"}})");
  bench.pictures.queue.start_next();
  draw(bench, "key_b", R"({"picture":{"prompt":"b"}})");
  const Json state = body_of(ask(bench, "/api/v1/state", {}, "key_b"));
  EXPECT_EQ(state["queue"]["queued"], Json(1));
  EXPECT_TRUE(state["queue"]["running"][0]["job"].is_null()) << "somebody else's";
  EXPECT_EQ(body_of(ask(bench, "/api/v1/state", {}, "key_a"))["queue"]["running"][0]["job"],
            Json("job_3"));
  EXPECT_GT(state["memory"]["resident_bytes"].as_int(), 0);
}

}  // namespace
}  // namespace diptych::testing
