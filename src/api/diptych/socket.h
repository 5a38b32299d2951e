#pragma once
// GET /api/v1/ws: the live feed over a WebSocket. Messages are JSON objects.
//
//   to the server: {"op": "subscribe", "job": id or absent for all, "since": sequence},
//                  {"op": "unsubscribe", "job"}, {"op": "ping"}
//   to the caller: {"type": "subscribed", "job": the job or null}, {"type": "unsubscribed"},
//                  {"type": "event", "event": as /api/v1/events tells it}, {"type": "pong"},
//                  {"type": "error", "error", "job"}

#include "api/route.h"

namespace diptych {

Result<Reply> open_socket(const Call& call, Services& services);

}  // namespace diptych
