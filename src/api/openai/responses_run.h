#pragma once
// One response being made: reads its generation, writes its items and events, and ends it. Who
// drives it decides what becomes of the events: a stream, the store, or nobody.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/openai/choice_reader.h"
#include "api/openai/responses_events.h"
#include "api/openai/responses_images.h"
#include "api/openai/responses_output.h"
#include "base/clock.h"
#include "base/json.h"
#include "jobs/stores.h"
#include "text/model.h"
#include "text/stream.h"

namespace diptych::openai {

struct ResponseJob {  // everything that is decided before the first token
  std::shared_ptr<TextModel> model;
  ChatPrompt prompt;
  std::unique_ptr<Stream> stream;
  Json object;       // new_response_object()
  Json input_items;  // this turn's own, for the store
  std::string owner;
  std::optional<ImagePlan> images;  // the tool image_generation; with a forced prompt: no stream
  bool parallel_calls = true, logprobs = false, store = true, background = false;
};

class ResponseRun {  // one thread at a time; destroying it cancels the generation
 public:
  ResponseRun(ResponseJob job, const Clock& clock);

  void on_ready(std::function<void()> wake);
  // Reads what there is. True: the generation has ended, well or not, and object() is final. The
  // event that tells the end is added by end(), so that the object can be kept before anybody hears
  // of it.
  bool poll();
  void end();
  void cancel();                       // instead of poll(): ends as cancelled
  void fail_with(const Error& error);  // instead of poll(): ends as failed

  bool ended() const { return ended_; }
  const std::optional<Error>& error() const { return error_; }  // why it failed
  std::vector<EventRow> take_events() { return log_.take(); }
  std::string status() const { return job_.object["status"].as_string(); }
  Json& object() { return job_.object; }
  bool stored() const { return job_.store; }
  ResponseRow row() const;  // as it stands now

 private:
  void started();
  void read(Delta delta);
  void take_image_calls(ChoicePiece& piece);
  void ask_for_images();
  void finish(FinishReason reason);
  void complete();

  ResponseJob job_;
  const Clock& clock_;
  EventLog log_;
  ChoiceReader reader_;
  OutputWriter output_;
  std::unique_ptr<ImageCalls> images_;
  std::set<int> image_calls_;  // indices of the model's calls that ask for pictures
  bool drawing_ = false;       // the words are all there, pictures are still to come
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace diptych::openai
