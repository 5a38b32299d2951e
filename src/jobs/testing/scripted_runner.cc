#include "jobs/testing/scripted_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/json.h"
#include "formats/picture.h"

namespace diptych::testing {
namespace {

constexpr int kSide = 8;  // pixels

// Like a picture job's: {"request": {"prompt": …, "seed": …}}; anything else has neither.
Json metadata_of(const Job& job, int index) {
  const auto request = parse_json(job.spec.request);
  const Json inner = request ? (*request)["request"] : Json();
  const std::string prompt = inner["prompt"].is_string() ? inner["prompt"].as_string() : "";
  const std::int64_t seed = (inner["seed"].is_int() ? inner["seed"].as_int() : 0) + index;
  return Json::object({{"prompt", prompt},
                       {"seed", seed},
                       {"width", kSide},
                       {"height", kSide},
                       {"infotext", fmt::format("{}\nSeed: {}", prompt, seed)}});
}

int first_step(std::string_view checkpoint) {
  int done = 0;
  std::from_chars(checkpoint.data(), checkpoint.data() + checkpoint.size(), done);
  return done + 1;
}

}  // namespace

void Gate::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
}

void Gate::open() {
  {
    const MutexLock lock(mutex_);
    closed_ = false;
  }
  changed_.notify_all();
}

void Gate::let_one_pass() {
  {
    const MutexLock lock(mutex_);
    ++passes_;
  }
  changed_.notify_all();
}

void Gate::wait_until_held(int count) {
  const MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return held_ >= count && passes_ == 0; });
}

void Gate::pass(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  ++held_;
  changed_.notify_all();
  changed_.wait(mutex_, stop, [&]() REQUIRES(mutex_) { return !closed_ || passes_ > 0; });
  --held_;
  if (passes_ > 0) --passes_;
  changed_.notify_all();
}

void RunnerLog::add(std::string id) {
  const MutexLock lock(mutex_);
  started_.push_back(std::move(id));
}

std::vector<std::string> RunnerLog::started() const {
  const MutexLock lock(mutex_);
  return started_;
}

std::string scripted_picture(std::string_view request, int index) {
  const Sha256 hash = sha256(fmt::format("{}#{}", request, index));
  Picture picture(kSide, kSide, 3, 0);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = hash[i % hash.size()];
  const auto file = encode_picture(picture, {});
  CHECK(file);
  return file->bytes;
}

Status ScriptedRunner::step(const Job& job, JobContext& context, int step) {
  if (gate_ != nullptr) gate_->pass(context.stop());
  if (script_.step_time > Duration::zero()) {
    Mutex mutex;
    const MutexLock lock(mutex);
    CondVar().wait_for(mutex, context.stop(), script_.step_time, [] { return false; });
  }
  if (context.stop().stop_requested()) return fail(ErrorCode::kCancelled, "stopped");
  context.progress({.phase = "drawing",
                    .step = step,
                    .step_count = script_.steps,
                    .fraction = static_cast<double>(step) / script_.steps});
  if (script_.previews && context.preview_wanted())
    context.preview({.bytes = std::make_shared<const std::string>(
                         scripted_picture(job.spec.request, 1000 + step)),
                     .content_type = "image/png",
                     .step = step});
  if (script_.checkpoint_every > 0 && step % script_.checkpoint_every == 0)
    TRY_STATUS(context.save_checkpoint(std::to_string(step)));
  return {};
}

Result<JobOutput> ScriptedRunner::make_output(const Job& job, JobContext& context,
                                              int index) const {
  JobOutput output;
  const std::string bytes = scripted_picture(job.spec.request, index);
  TRY(output.blob, context.put_blob(bytes));
  output.content_type = "image/png";
  output.size_bytes = bytes.size();
  output.metadata = dump_json(metadata_of(job, index));
  return output;
}

Result<JobResult> ScriptedRunner::run(const Job& job, JobContext& context) {
  if (log_ != nullptr) log_->add(job.id);
  for (int step = first_step(context.checkpoint()); step <= script_.steps; ++step) {
    TRY_STATUS(this->step(job, context, step));
    if (script_.throws) throw std::runtime_error("scripted exception");
    if (script_.fault) return fail(*script_.fault);
  }
  JobResult result;
  for (int i = 0; i < script_.pictures; ++i) {
    TRY(JobOutput output, make_output(job, context, i));
    result.outputs.push_back(std::move(output));
  }
  result.bill.images = script_.pictures;
  result.bill.pixel_steps =
      job.spec.cost > 0 ? job.spec.cost : std::int64_t{kSide} * kSide * script_.steps;
  return result;
}

}  // namespace diptych::testing
