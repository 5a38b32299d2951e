#include "api/sdapi/draw.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "api/job_answer.h"
#include "api/sdapi/draw_answer.h"
#include "api/sdapi/drawing_order.h"
#include "api/sdapi/get_desk.h"
#include "base/log.h"
#include "jobs/job_queue.h"

namespace diptych::sdapi {
namespace {

bool is_strict(const Call& call) {
  const auto strict = call.query_value("strict");
  return strict && (*strict == "true" || *strict == "1");
}

// ?strict=true: what would be a warning is an error.
Status refuse_warnings(const Call& call, const Warnings& warnings) {
  if (!is_strict(call) || warnings.empty()) return {};
  const Warning& first = warnings.front();
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} (strict: {} in all)", first.message, warnings.size()),
              first.param.empty() ? "strict" : first.param, "invalid_value");
}

// What is known before the body becomes a job.
DrawingAccount open_account(const DrawingBody& body) {
  return {.echo = echo_of(body),
          .wishes = body.answer,
          .model = {},
          .styles = body.styles,
          .return_grid = body.answer.return_grid.value_or(body.options.return_grid),
          .warnings = {}};
}

void complete_account(const DrawingOrder& made, DrawingAccount& account) {
  account.model = made.order.model;
  account.subseed = made.subseed;
  account.subseed_strength = made.subseed_strength;
  account.warnings = made.order.warnings;
}

// Nothing shall be left of a drawing: its record, its files.
void forget(const Job& job, PictureServices& pictures) {
  const Status erased = pictures.queue.erase(job.id, std::nullopt);
  if (!erased) log_error("Job {} is not erased: {}", job.id, erased.error().message);
}

Result<Reply> draw(DrawingKind kind, const Call& call, Services& services) {
  TRY(Desk * desk, get_desk(services));
  TRY(PictureServices * pictures, get_pictures(services));
  OptionValues options;
  Warnings stored;  // what was set once was answered then
  TRY_STATUS(apply_options(desk->options_of(call.caller.key_id), "options", options, stored));
  TRY(DrawingBody body, parse_drawing(kind, call.body, options));
  const auto account = std::make_shared<DrawingAccount>(open_account(body));
  TRY(const DrawingOrder made, make_drawing_order(std::move(body), *desk, services));
  TRY_STATUS(refuse_warnings(call, made.order.warnings));
  complete_account(made, *account);
  TRY(const Submitted submitted, submit_picture_order(made.order, {}, call, services));
  const std::string& job = submitted.job.id;
  const AnswerFields& wishes = account->wishes;
  if (!wishes.task_id.empty()) desk->name_task(call.caller.key_id, wishes.task_id, job);
  const auto format = [account, pictures](const Job& ended) -> Result<Answer> {
    TRY(Answer answer, format_drawing(ended, *account, *pictures));
    if (account->wishes.do_not_save_samples && !account->wishes.save_images)
      forget(ended, *pictures);
    return answer;
  };
  const CallerLeaves leaves = wishes.detach ? CallerLeaves::kLeavesJob : CallerLeaves::kCancelsJob;
  TRY(auto pending, answer_job(job, call.caller, leaves, format, services));
  return Reply(std::move(pending));
}

}  // namespace

Result<Reply> text_to_image(const Call& call, Services& services) {
  return draw(DrawingKind::kText, call, services);
}

Result<Reply> image_to_image(const Call& call, Services& services) {
  return draw(DrawingKind::kImage, call, services);
}

}  // namespace diptych::sdapi
