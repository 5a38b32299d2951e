"""The native API over the running program: jobs, long polls, events, WebSocket, gallery, state."""

import base64
import hashlib
import json
import os
import socket
import struct
import time

import pytest

import serving

MODEL = serving.ROOT / "models/diptych-emoji"
pytestmark = pytest.mark.skipif(not MODEL.exists(), reason=f"{MODEL} is missing")

PICTURE = {"prompt": "a red apple", "width": 64, "height": 64, "steps": 3, "seed": 7}


def submit(server, **picture):
    answer = server.ask("POST", "/api/v1/jobs", {"picture": PICTURE | picture})
    assert answer.status == 202, answer.body
    return answer.json()["id"]


def finished(server, job, seconds=60):
    end, since = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        state = server.ask("GET", f"/api/v1/jobs/{job}?wait_ms=5000&since={since}").json()
        if state["state"] not in ("queued", "running"):
            return state
        since = state["sequence"]
    raise AssertionError(f"{job} has not ended after {seconds} s")


class WebSocket:
    """RFC 6455 over a plain socket: what a browser does, without a browser."""

    def __init__(self, server, headers=()):
        self.socket = socket.create_connection((server.host, server.port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET /api/v1/ws HTTP/1.1", f"Host: {server.host}:{server.port}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *headers]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert b"sec-websocket-accept: " + accept in head

    def _fill(self):
        data = self.socket.recv(65536)
        assert data, "the server closed"
        self.buffer += data

    def _take(self, count):
        while len(self.buffer) < count:
            self._fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def send(self, message):
        data, mask = json.dumps(message).encode(), os.urandom(4)
        assert len(data) < 126
        self.socket.sendall(bytes([0x81, 0x80 | len(data)]) + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(data)))

    def receive(self):
        first, length = self._take(2)
        if length == 126:
            (length,) = struct.unpack(">H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._take(8))
        assert first == 0x81, first
        return json.loads(self._take(length))


def test_a_job_is_drawn_and_kept(server):
    job = finished(server, submit(server))
    assert job["state"] == "succeeded" and len(job["outputs"]) == 1
    (output,) = job["outputs"]
    assert output["metadata"]["seed"] == 7
    file = server.ask("GET", output["path"])
    assert file.status == 200 and file.headers["content-type"] == "image/png"
    assert hashlib.sha256(file.body).hexdigest() == output["blob"]
    picture = server.ask("GET", "/api/v1/gallery?limit=1&seed=7").json()["data"][0]
    assert picture["job"] == job["id"] and picture["prompt"] == "a red apple"
    thumbnail = server.ask("GET", picture["thumbnail"] + "?size=32")
    assert thumbnail.status == 200 and thumbnail.headers["content-type"] == "image/jpeg"
    assert server.ask("DELETE", f"/api/v1/gallery/{picture['id']}").status == 200
    assert server.ask("GET", f"/api/v1/gallery/{picture['id']}").status == 404


def test_events_tell_a_jobs_life(server):
    job = submit(server, steps=8)
    body = server.ask("GET", f"/api/v1/jobs/{job}/events").body.decode()
    events = [json.loads(line[len("data: "):]) for line in body.splitlines() if line.startswith("data: ")]
    assert events[-1]["type"] == "succeeded" and {event["job"] for event in events} == {job}
    sequences = [event["sequence"] for event in events]
    assert sequences == sorted(set(sequences))


def test_a_websocket_hears_jobs_to_their_end(server):
    talk = WebSocket(server)
    talk.send({"op": "subscribe"})
    assert talk.receive() == {"type": "subscribed", "job": None}
    jobs = {submit(server), submit(server)}
    ended = set()
    while ended != jobs:
        message = talk.receive()
        assert message["type"] == "event"
        if message["event"]["state"] == "succeeded" and message["event"]["job"] in jobs:
            ended.add(message["event"]["job"])
    talk.send({"op": "subscribe", "job": "job_missing"})
    error = talk.receive()
    assert error["type"] == "error" and error["job"] == "job_missing"


def test_a_running_job_can_be_cancelled(server):
    job = submit(server, steps=500, width=256, height=256)
    while server.ask("GET", f"/api/v1/jobs/{job}").json()["state"] == "queued":
        time.sleep(0.05)
    assert server.ask("POST", f"/api/v1/jobs/{job}/cancel").status == 200
    assert finished(server, job)["state"] == "cancelled"
    assert server.ask("DELETE", f"/api/v1/jobs/{job}").status == 200


def test_the_state_shows_what_runs(server):
    job = submit(server, steps=500, width=256, height=256)
    while server.ask("GET", f"/api/v1/jobs/{job}").json()["state"] == "queued":
        time.sleep(0.05)
    state = server.ask("GET", "/api/v1/state").json()
    assert [each["job"] for each in state["queue"]["running"]] == [job]
    assert state["memory"]["resident_bytes"] > 0
    server.ask("POST", f"/api/v1/jobs/{job}/cancel")
    finished(server, job)


def test_what_cannot_be_drawn_is_refused_at_once(server):
    answer = server.ask("POST", "/api/v1/jobs", {"picture": PICTURE | {"width": 63}})
    assert answer.status == 400 and answer.error["param"] == "picture.width"
    answer = server.ask("POST", "/api/v1/jobs", {"picture": PICTURE | {"sampler": "Sketch"}})
    assert answer.status == 400 and answer.error["param"] == "picture.sampler"


def test_a_client_who_leaves_cancels_its_picture(server):
    connection = server.connect()
    body = {"prompt": "left alone", "size": "256x256", "steps": 500}
    connection.request("POST", "/v1/images/generations", json.dumps(body), {"Content-Type": "application/json"})
    running = lambda: server.ask("GET", "/api/v1/jobs?state=running").json()["data"]  # noqa: E731
    while not running():
        time.sleep(0.05)
    (job,) = running()
    connection.close()
    assert finished(server, job["id"])["state"] == "cancelled"


def test_a_keyed_servers_feed_is_private(tmp_path):
    def new_key(name):
        made = serving.run_cli("keys", "add", name, "--scope", "inference", "--data-dir", str(tmp_path), "--json")
        assert made.returncode == 0, made.stderr
        return json.loads(made.stdout)["secret"]
    mine, theirs = new_key("mine"), new_key("theirs")
    with serving.Diptych("--require-key", data_dir=tmp_path) as keyed:
        bearer = lambda key: {"Authorization": f"Bearer {key}"}  # noqa: E731
        with pytest.raises(AssertionError, match="401"):
            WebSocket(keyed)
        talk = WebSocket(keyed, [f"Sec-WebSocket-Protocol: diptych, diptych.key.{theirs}"])
        talk.send({"op": "subscribe"})
        assert talk.receive()["type"] == "subscribed"
        job = keyed.ask("POST", "/api/v1/jobs", {"picture": PICTURE}, headers=bearer(mine)).json()["id"]
        assert keyed.ask("GET", f"/api/v1/jobs/{job}", headers=bearer(theirs)).status == 404
        assert keyed.ask("GET", f"/api/v1/jobs/{job}?wait_ms=10000", headers=bearer(mine)).json()["id"] == job
        own = keyed.ask("POST", "/api/v1/jobs", {"picture": PICTURE}, headers=bearer(theirs)).json()["id"]
        assert talk.receive()["event"]["job"] == own, "the first event is not of the other key's job"
