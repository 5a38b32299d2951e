#pragma once
#include <optional>
#include <string>

#include "app/commands/serve.h"
#include "app/config.h"

namespace diptych {

struct ChatOptions {
  std::string model;   // "": the default one
  std::string server;  // "": in this process; else the address of one, http://HOST:PORT
  std::string key;     // for the server
  std::string system;
  std::string prompt;        // "": from the terminal turn by turn, or all of a pipe as one message
  double temperature = 0.2;  // small models ramble above
  double top_p = 0.9;
  int answer_tokens_max = 1024;
  std::optional<std::uint64_t> seed;
};

// With kJson: one line {"content":…,"finish_reason":…,"usage":…} for each answer.
Status chat(const AppConfig& config, const ChatOptions& options, OutputStyle style);

}  // namespace diptych
