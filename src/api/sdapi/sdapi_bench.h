#pragma once
// What sdapi's tests share: a server that draws at once, and what it was asked to draw.

#include <memory>
#include <string>
#include <utility>

#include "api/sdapi/desk.h"
#include "api/testing/api_bench.h"
#include "base/base64.h"
#include "base/check.h"
#include "formats/picture.h"

namespace diptych::sdapi {

struct SdapiBench {
  explicit SdapiBench(Path folder = {}) {
    auto opened = Desk::open(std::move(folder), api.clock.unix_ms());
    CHECK(opened);
    desk = std::move(*opened);
    api.services.sdapi = desk.get();
  }

  testing::ApiBench api;
  std::unique_ptr<Desk> desk;

  testing::FakeQueue& queue() { return api.pictures.queue; }

  Answer post(const std::string& path, std::string body, std::string key = {}) {
    return api.send(Call{.method = "POST",
                         .path = (path.starts_with("/") ? "" : "/sdapi/v1/") + path,
                         .body = std::move(body),
                         .caller = {.key_id = std::move(key), .scopes = {"inference"}}});
  }
  Answer get(const std::string& path, std::string key = {}) {
    return api.send(Call{.method = "GET",
                         .path = (path.starts_with("/") ? "" : "/sdapi/v1/") + path,
                         .caller = {.key_id = std::move(key), .scopes = {"inference"}}});
  }
  Json post_json(const std::string& path, std::string body) {
    return testing::body_of(post(path, std::move(body)));
  }
  Json get_json(const std::string& path) { return testing::body_of(get(path)); }

  // The job that the last request became, as it lies in the queue.
  Json job() {
    return queue().store().jobs.empty()
               ? Json()
               : parse_json(queue().newest().spec.request).value_or(Json());
  }
};

inline std::string png_text(int width = 8, int height = 8, int channels = 3) {
  return base64_encode(testing::small_png(width, height, channels));
}

// "request.init.blur" → that value; null when it is not there.
inline Json at_path(const Json& json, std::string_view path) {
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return json[path];
  return at_path(json[path.substr(0, dot)], path.substr(dot + 1));
}

inline std::string header_of(const Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return {};
}

}  // namespace diptych::sdapi
