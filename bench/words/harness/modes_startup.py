"""From exec to the first answers, with the program and the model in the page cache."""

import http.client
import json
import time

from . import servers
from .load import chat, median, percentile

DEADLINE_S = 30


def startup(context):
    """exec to the first 200 of GET /v1/models, and to the first token of a chat, servers in turn."""
    times = {name: {"models": [], "token": [], "exit": []} for name in context.server_names}
    for _ in range(context.pick(3, 6)):
        for name in context.server_names:
            server = servers.SERVERS[name](servers.Shape(slots=1))
            try:
                times[name]["models"].append(_until(server, lambda s=server: s.request("GET", "/v1/models")[0] == 200))
                times[name]["token"].append(_until(server, lambda s=server: _first_token(s)))
            finally:
                times[name]["exit"].append(server.stop())
    for name, found in times.items():
        server = servers.SERVERS[name]
        context.put("startup_models_s", server, median(found["models"]))
        context.put("startup_token_s", server, median(found["token"]))
        context.put("shutdown_s", server, percentile(found["exit"], 1))


def _until(server, succeeds):
    """Seconds from exec until `succeeds` does; asked again every millisecond while it does not."""
    while time.monotonic() < server.started + DEADLINE_S:
        try:
            if succeeds():
                return time.monotonic() - server.started
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.001)
    raise RuntimeError(f"{server.name} did not come up; its log:\n{server.tail_of_log()}")


def _first_token(server):
    """Whether a streamed chat brought text; returns with its first piece."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(chat("Hello", 4)), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        while answer.status == 200 and (line := answer.readline()):
            if line.startswith(b'data: {') and any(choice["delta"].get("content") for choice in json.loads(line[6:])["choices"]):
                return True
    finally:
        connection.close()
    return False
