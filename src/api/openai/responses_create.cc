#include "api/openai/responses_create.h"

#include <utility>

#include "api/openai/answer_notes.h"
#include "api/openai/responses_background.h"
#include "api/openai/responses_follow.h"
#include "api/openai/responses_foreground.h"
#include "api/openai/responses_object.h"
#include "api/openai/responses_prompt.h"
#include "api/openai/responses_request.h"
#include "api/openai/responses_run.h"
#include "api/openai/sse.h"
#include "api/picture_order.h"

namespace diptych::openai {
namespace {

// What the tool image_generation may do in this response.
Result<std::optional<ImagePlan>> plan_images(const ResponseRequest& request,
                                             const PreparedResponse& prepared, const Call& call,
                                             Services& services) {
  if (!request.image_tool || prepared.options.tool_choice == ToolChoice::kNone)
    return std::optional<ImagePlan>();
  TRY(PictureServices * pictures, get_pictures(services));
  TRY_STATUS(find_picture_model(request.image_tool->body.picture.model, *pictures));
  ImagePlan plan{.tool = *request.image_tool,
                 .caller = call.caller,
                 .services = &services,
                 .forced_prompt = {}};
  if (!request.force_image) return std::optional<ImagePlan>(std::move(plan));
  if (prepared.user_text.empty())
    return invalid_value("input", "Invalid 'input': there is no text of a user to draw.");
  plan.forced_prompt = prepared.user_text;
  return std::optional<ImagePlan>(std::move(plan));
}

Result<std::unique_ptr<ResponseRun>> start_run(const ResponseRequest& request, const Call& call,
                                               Services& services, Warnings& warnings) {
  TRY(auto prepared, prepare_response(request, call, services, warnings));
  TRY(auto images, plan_images(request, prepared, call, services));
  std::unique_ptr<Stream> stream;  // none when only a picture is wanted
  if (!request.force_image) {
    TRY(stream, prepared.model->scheduler().submit(std::move(prepared.generation)));
  }
  ResponseJob job{
      .model = prepared.model,
      .prompt = std::move(prepared.prompt),
      .stream = std::move(stream),
      .object = new_response_object(request, *prepared.model, services.clock.unix_seconds()),
      .input_items = std::move(prepared.input_items),
      .owner = call.caller.key_id,
      .images = std::move(images),
      .parallel_calls = prepared.options.parallel_tool_calls,
      .logprobs = request.include_logprobs,
      .store = request.store,
      .background = request.background};
  add_warnings(job.object, warnings);
  return std::make_unique<ResponseRun>(std::move(job), services.clock);
}

Result<Reply> reply_from_background(std::unique_ptr<ResponseRun> run, const Call& call,
                                    Services& services, Answer head) {
  const std::string id = run->object()["id"].as_string();
  const bool stream = head.content_type != Answer().content_type;
  head.body = dump_json(run->object());  // as queued, whatever has happened since
  TRY_STATUS(start_background_response(std::move(run), services));
  if (!stream) return Reply(std::move(head));
  head.body.clear();
  return Reply(
      StreamedAnswer{std::move(head), follow_response(id, call.caller.key_id, -1, services)});
}

}  // namespace

Result<Reply> create_response(const Call& call, Services& services) {
  ResponseRequest request;
  Warnings warnings;
  TRY_STATUS(parse_response_request(call.body, request, warnings));
  TRY(auto run, start_run(request, call, services, warnings));
  Answer head = request.stream ? sse_head() : Answer();
  add_warning_header(head, warnings);
  if (request.background)
    return reply_from_background(std::move(run), call, services, std::move(head));
  if (request.stream)
    return Reply(StreamedAnswer{std::move(head), stream_response(std::move(run), services)});
  return Reply(answer_response(std::move(run), services));
}

Result<Reply> count_input_tokens(const Call& call, Services& services) {
  ResponseRequest request;
  Warnings warnings;
  TRY_STATUS(parse_response_request(call.body, request, warnings));
  TRY(const auto prepared, prepare_response(request, call, services, warnings));
  Answer answer;
  answer.body = dump_json(Json::object(
      {{"object", "response.input_tokens"},
       {"input_tokens", static_cast<std::int64_t>(prepared.generation.prompt.size())}}));
  add_warning_header(answer, warnings);
  return Reply(std::move(answer));
}

}  // namespace diptych::openai
