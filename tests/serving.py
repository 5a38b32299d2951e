"""A Diptych process for tests: start, ask, read its metrics, end. Standard library only."""

import contextlib
import http.client
import json
import os
import pathlib
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = "smollm2-135m-instruct"
READY_SECONDS = 60


def binary():
    return os.environ.get("DIPTYCH_BINARY") or str(ROOT / "build/bin/diptych")


def bootstrap_paths():
    text = subprocess.run([ROOT / "tools/bootstrap", "paths"], check=True, capture_output=True, text=True).stdout
    return dict(shlex.split(line)[0].split("=", 1) for line in text.splitlines())


def missing():
    """Why tests that need the program and its default model cannot run, or None."""
    if not os.access(binary(), os.X_OK):
        return f"{binary()} is missing (make build)"
    model = bootstrap_paths()["DIPTYCH_CHAT_MODEL"]
    return None if os.path.exists(model) else f"{model} is missing (tools/bootstrap model)"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    """Status, headers (lower case) and body of one plain HTTP request."""

    def __init__(self, answer):
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.body = answer.read()

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json()["error"]


class Diptych:
    """`diptych serve` on a free port with a data folder of its own, ready when constructed."""

    def __init__(self, *flags, data_dir=None, scheme="http", host="127.0.0.1"):
        self._folder = tempfile.TemporaryDirectory(prefix="diptych-test-")
        self.folder = pathlib.Path(self._folder.name)
        self.data_dir = pathlib.Path(data_dir) if data_dir else self.folder / "data"
        self.port, self.scheme, self.host = free_port(), scheme, host
        self.log_path = self.folder / "log"
        self._killed = False
        self.started = time.monotonic()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [binary(), "serve", "--listen", f"{host}:{self.port}", "--data-dir", str(self.data_dir), *flags],
                stdout=log, stderr=subprocess.STDOUT)
        self.ready_seconds = self._wait_ready()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def base_url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/v1"

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def _wait_ready(self):
        while time.monotonic() < self.started + READY_SECONDS:
            if self.process.poll() is not None:
                raise RuntimeError(f"diptych ended with status {self.process.returncode}:\n{self.log}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/health").status == 200:
                    return time.monotonic() - self.started
            time.sleep(0.01)
        self.process.kill()
        raise RuntimeError(f"diptych is not ready after {READY_SECONDS} s:\n{self.log}")

    def connect(self, timeout=60):
        if self.scheme == "https":
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=ssl._create_unverified_context())
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """body: bytes as they are, anything else as JSON."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        raw = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
        with contextlib.closing(self.connect(timeout)) as connection:
            connection.request(method, path, raw, sent | (headers or {}))
            return Answer(connection.getresponse())

    def chat(self, content="Say hello.", headers=None, **fields):
        body = {"model": MODEL, "messages": [{"role": "user", "content": content}], "max_tokens": 8, **fields}
        return self.ask("POST", "/v1/chat/completions", body, headers)

    def open_chat(self, content="Tell me a story.", connection=None, headers=None, **fields):
        """A connection with a chat request on its way; the answer is not read."""
        body = {"model": MODEL, "messages": [{"role": "user", "content": content}], "max_tokens": 400,
                "ignore_eos": True, "temperature": 0, "stream": True, **fields}
        connection = connection or self.connect()
        connection.request("POST", "/v1/chat/completions", json.dumps(body),
                           {"Content-Type": "application/json"} | (headers or {}))
        return connection

    def metrics(self):
        """{'name{labels}': value}"""
        found = {}
        for line in self.ask("GET", "/metrics").body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found

    def rss_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self._killed = True
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=30):
        """SIGTERM, then SIGKILL. The exit status. Says so when the process had died by itself."""
        if self.process.poll() is not None and self.process.returncode < 0 and not self._killed:
            print(f"diptych died of signal {-self.process.returncode}; its last words:\n{self.log[-3000:]}", file=sys.stderr)
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._folder:
            self._folder.cleanup()
        return self.process.returncode


def events_of(answer):
    """The JSON events of a streamed http.client answer, one by one, until [DONE] or the end."""
    while line := answer.readline():
        if line.startswith(b"data: "):
            if line.strip() == b"data: [DONE]":
                return
            yield json.loads(line[6:])


def run_cli(*arguments, timeout=60, stdin=None):
    """The finished process of one command; its output is text."""
    return subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=timeout, input=stdin)


def wait_until(condition, seconds, what):
    """Polls until condition() is true; fails with `what` otherwise. Returns the seconds it took."""
    begin = time.monotonic()
    while time.monotonic() < begin + seconds:
        if condition():
            return time.monotonic() - begin
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")
