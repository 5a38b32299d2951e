#pragma once
// A loaded language model: everything api/ needs to turn a request into text.

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "text/answer_grammar.h"
#include "text/chat/chat_format.h"
#include "text/scheduler/scheduler.h"
#include "text/vocabulary.h"

namespace diptych {

struct ModelFacts {          // from the file; also available without loading the weights
  std::string architecture;  // "llama"
  std::string name;
  std::string quantization;  // "Q4_1"
  int context_length = 0;    // of training; the served limit is TextModel::context_length()
  int vocabulary_size = 0;
  int embedding_length = 0;
  std::uint64_t parameter_count = 0;
  std::uint64_t file_bytes = 0;
  bool has_chat_template = false;
  bool all_matrices_packed = false;  // every weight matrix has an exact layout of text/weights
};

struct Embedding {
  std::vector<float> values;  // L2-normalised, [embedding_length]
  int token_count = 0;
};

class TextModel {  // safe from any thread
 public:
  virtual ~TextModel() = default;
  virtual const std::string& id() const = 0;
  virtual const ModelFacts& facts() const = 0;
  virtual int context_length() const = 0;              // prompt + answer, tokens
  virtual const std::string& fingerprint() const = 0;  // "fp_…": file, layout, engine version
  virtual const Vocabulary& vocabulary() const = 0;
  virtual const ChatFormat& chat_format() const = 0;
  virtual AnswerGrammars& grammars() = 0;  // compiled for this vocabulary
  virtual Scheduler& scheduler() = 0;
  // Mean- or last-pooled as the model says; runs on its own context. Blocks: call it from a handler
  // thread only. kInvalidArgument: empty or longer than the context; kCancelled.
  virtual Result<Embedding> embed(const std::vector<TokenId>& tokens, std::stop_token stop) = 0;
};

}  // namespace diptych
