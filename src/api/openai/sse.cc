#include "api/openai/sse.h"

#include "api/error_status.h"
#include "api/openai/answer_notes.h"

namespace diptych::openai {

void append_sse_data(std::string& out, std::string_view json) {
  out += "data: ";
  out += json;
  out += "\n\n";
}

void append_sse_event(std::string& out, std::string_view type, std::string_view json) {
  out += "event: ";
  out += type;
  out += '\n';
  append_sse_data(out, json);
}

void append_sse_done(std::string& out) { out += "data: [DONE]\n\n"; }

void append_sse_error(std::string& out, const Error& error) {
  append_sse_data(out, openai_error_json(error));
}

Answer sse_head(const Warnings& warnings) {
  Answer head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.headers.emplace_back("cache-control", "no-cache");
  add_warning_header(head, warnings);
  return head;
}

}  // namespace diptych::openai
