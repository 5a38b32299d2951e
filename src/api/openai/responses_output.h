#pragma once
// The output items of one response, and their events, from the pieces of its answer. At most one
// item is open: what comes next of another kind closes it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/openai/choice_reader.h"
#include "api/openai/responses_events.h"
#include "base/json.h"
#include "text/vocabulary.h"

namespace diptych::openai {

enum class ItemEnd { kCompleted, kIncomplete };

class OutputWriter {  // not thread-safe; log and vocabulary must outlive it
 public:
  OutputWriter(EventLog& log, const Vocabulary& vocabulary, bool logprobs)
      : log_(log), vocabulary_(vocabulary), logprobs_(logprobs) {}

  void add(const ChoicePiece& piece);
  // Ends the open item. An answer without a single item becomes an empty message: clients expect
  // one.
  void finish(ItemEnd end);
  void cut();          // ends the open item as incomplete, if there is one
  Json items() const;  // the finished ones

  // A picture, from its beginning to its end. `facts`: members of the item that tell of it.
  void begin_image(std::string prompt);
  void image_generating();
  void add_partial_image(int index, std::string_view base64, const Json& facts);
  void end_image(std::string base64, const Json& facts);

 private:
  enum class Kind { kReasoning, kMessage, kCall, kImage };
  struct Open {
    Kind kind = Kind::kMessage;
    std::string id, text;  // text: of the message, the reasoning or the arguments
    std::vector<TokenLogprob> tokens;
    AnswerDelta::Call call;  // index, id and name
    std::string picture;     // Base64, once it is there; text is the prompt
    Json facts = Json::object();
  };

  void add_reasoning(const std::string& text);
  void add_content(const std::string& text);
  void add_call(const AnswerDelta::Call& call);
  void open(Open item);
  void close(ItemEnd end);
  void close_text();
  Json image_item(std::string_view status) const;
  void tell_image(std::string_view type);
  bool is_open(Kind kind) const { return open_ && open_->kind == kind; }
  std::string place() const;       // "item_id":…,"output_index":…
  std::string text_place() const;  // … ,"content_index":0
  std::string logprob_text(const std::vector<TokenLogprob>& tokens) const;
  Json item(std::string_view status) const;  // the open one
  Json part() const;                         // its content

  EventLog& log_;
  const Vocabulary& vocabulary_;
  const bool logprobs_;
  Json::Array done_;
  std::optional<Open> open_;
  std::vector<TokenLogprob> tokens_;  // their text is still to come
};

}  // namespace diptych::openai
