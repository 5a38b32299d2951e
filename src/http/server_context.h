#pragma once
// What every connection of one server shares. I/O thread only, except where a member says
// otherwise.

#include <cstddef>

#include "api/services.h"
#include "http/auth.h"
#include "http/front_door.h"
#include "http/handler_pool.h"
#include "http/http_metrics.h"
#include "http/io_loop.h"
#include "http/request_rate.h"
#include "http/server.h"
#include "http/transport.h"

namespace diptych {

class Connection;

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void connection_closed(
      Connection& connection) = 0;  // destroys it in a later turn of the loop
};

struct ServerContext {
  const ServerOptions& options;
  Services& services;  // safe from any thread
  IoLoop& loop;
  Authenticator& authenticator;  // safe from any thread
  FrontDoor& front_door;
  HandlerPool& handlers;  // safe from any thread
  RequestRate& rate;
  HttpMetrics& metrics;
  ConnectionOwner& owner;
  ReadScratch scratch;
  std::size_t held_body_bytes = 0;
  bool draining = false;
};

}  // namespace diptych
