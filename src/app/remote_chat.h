#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "app/chat_partner.h"
#include "app/http_client.h"

namespace diptych {

struct RemoteServer {
  ServerUrl url;
  std::string key;
  std::string model;  // "": the first that the server lists
};

// A conversation over /v1/chat/completions. Asks the server for its models when none is named.
Result<std::unique_ptr<ChatPartner>> make_remote_chat(RemoteServer server, ChatSettings settings);

// The text of one "data:" event of a streamed answer; usage and reason go to `end`. An error event
// is that error.
Result<std::string> read_event(std::string_view data, TurnEnd& end);

}  // namespace diptych
