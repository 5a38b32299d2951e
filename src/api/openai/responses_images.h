#pragma once
// The pictures of one response: one job after the other, told as image_generation_call items.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/call.h"
#include "api/errand.h"
#include "api/job_answer.h"
#include "api/openai/image_answer.h"
#include "api/openai/responses_image_tool.h"
#include "api/openai/responses_output.h"
#include "api/services.h"

namespace diptych::openai {

struct ImagePlan {
  ImageTool tool;
  Caller caller;
  Services* services = nullptr;
  std::string forced_prompt;  // "": the text model decides
};

class ImageCalls {  // one thread at a time; destroying it cancels the job that runs
 public:
  ImageCalls(ImagePlan plan, OutputWriter& output);

  void ask(std::string prompt) { prompts_.push_back(std::move(prompt)); }
  bool has_work() const { return !prompts_.empty() || running_; }
  void on_ready(std::function<void()> wake);
  // Goes on with the pictures. True: all are there. An error ends the response.
  Result<bool> poll();

 private:
  struct Started {  // what the errand leaves
    std::unique_ptr<JobWait> wait;
    ImageShape shape;
  };
  struct Running {
    std::shared_ptr<Result<Started>> started;
    Errand errand;
    std::unique_ptr<JobWait> wait;
    ImageShape shape;
    PartialPicker partials;
    std::shared_ptr<std::string> picture;  // Base64, once `end` is done
    std::optional<EndedJob> end;
  };

  void start();
  Status draw();          // takes what the job tells
  Result<bool> finish();  // true: this picture is there
  Json facts() const;     // what an item says about its picture

  const ImagePlan plan_;
  OutputWriter& output_;
  std::function<void()> wake_;
  std::deque<std::string> prompts_;
  std::optional<Running> running_;
};

}  // namespace diptych::openai
