#include "api/file_answer.h"

#include <fmt/format.h>

#include <utility>

#include "formats/picture.h"

namespace diptych {

Answer file_answer(const Call& call, std::string_view tag, std::string bytes,
                   std::string_view content_type) {
  const std::string quoted = fmt::format("\"{}\"", tag);
  Answer answer{.content_type = std::string(content_type)};
  answer.headers = {{"etag", quoted},
                    {"cache-control", "private, max-age=31536000, immutable"},
                    {"x-content-type-options", "nosniff"}};
  if (call.header("if-none-match") == quoted) {
    answer.status = 304;
  } else {
    answer.body = std::move(bytes);
  }
  return answer;
}

std::string_view content_type_of(std::string_view bytes) {
  const auto format = detect_picture_format(bytes);
  return format ? mime_type_of(*format) : "application/octet-stream";
}

void offer_as_download(Answer& answer, std::string_view file_name) {
  answer.headers.emplace_back("content-disposition",
                              fmt::format("attachment; filename=\"{}\"", file_name));
}

}  // namespace diptych
