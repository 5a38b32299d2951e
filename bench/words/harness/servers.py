"""The servers under test: how each is started, what it is asked, how much memory it takes."""

import dataclasses
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

READY_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclasses.dataclass(frozen=True)
class Shape:
    """How a server is set up for a measurement. slots None: the server's own default (llama-server: see below)."""
    slots: int | None = None
    keys: int = 0


class Server:
    """A process that answers the OpenAI API on a port of this machine."""

    def __init__(self, shape):
        self.port = free_port()
        self.shape = shape
        self.headers = {}
        self._folder = tempfile.TemporaryDirectory(prefix="bench-words-")
        self.folder = pathlib.Path(self._folder.name)
        self.keys = self.make_keys(shape.keys)
        if self.keys:
            self.headers = {"Authorization": f"Bearer {self.keys[0]}"}
        self.log = open(self.folder / "log", "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=subprocess.STDOUT)

    def command(self):
        raise NotImplementedError

    def make_keys(self, count):
        raise NotImplementedError

    def engine_ms(self, record):
        """Milliseconds inside the engine as the answer states them, or None."""
        raise NotImplementedError

    @property
    def pid(self):
        return self.process.pid

    def request(self, method, path, body=None, timeout=60):
        """(status, decoded JSON or None) of one plain request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            headers = self.headers | {"Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, None

    def wait_ready(self):
        """Until it generates: the model is loaded and warm."""
        body = {"model": "smollm2-135m-instruct", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
        answer = None
        while time.monotonic() < self.started + READY_SECONDS:
            if self.process.poll() is not None:
                break
            try:
                answer = self.request("POST", "/v1/chat/completions", body)
                if answer[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} is not ready (last answer: {answer}); its log:\n{self.tail_of_log()}")

    def tail_of_log(self):
        return (self.folder / "log").read_text(errors="replace")[-3000:]

    def rss_mib(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def warm_up(self):
        """A second of small requests, so that what the server knows of the machine is not from before its pause."""
        body = {"model": "smollm2-135m-instruct", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16,
                "ignore_eos": True}
        end = time.monotonic() + 1
        while time.monotonic() < end:
            self.request("POST", "/v1/chat/completions", body)
            time.sleep(0.05)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """Seconds from SIGTERM to exit."""
        begin = time.monotonic()
        if self.process.poll() is None:
            self.resume()
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        self._folder.cleanup()
        return time.monotonic() - begin


class Diptych(Server):
    name = "diptych"
    binary = None  # set by run

    def command(self):
        slots = ["--max-slots", str(self.shape.slots)] if self.shape.slots else []
        return [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.folder / "data"), *slots]

    def make_keys(self, count):
        return [self._make_key(index) for index in range(count)]

    def _make_key(self, index):
        answer = subprocess.run([self.binary, "keys", "add", f"bench-{index}", "--data-dir", str(self.folder / "data"), "--json"],
                                check=True, capture_output=True, text=True).stdout
        return json.loads(answer)["secret"]

    def engine_ms(self, record):
        times = record.x_diptych or {}
        return times["prefill_ms"] + times["decode_ms"] if "prefill_ms" in times else None

    @classmethod
    def version(cls):
        return subprocess.run([cls.binary, "version"], capture_output=True, text=True).stdout.strip().splitlines()[0]


class LlamaServer(Server):
    name = "llama-server"
    binary = None
    model = None

    def command(self):
        # One slot takes the model's whole context; many share 2,048 positions each.
        slots = self.shape.slots or 16
        context = 8192 if slots == 1 else 2048 * slots
        keys = ["--api-key", ",".join(self.keys)] if self.keys else []
        return [self.binary, "-m", self.model, "-t", str(os.cpu_count()), "--jinja", "-np", str(slots), "-c", str(context),
                "--host", "127.0.0.1", "--port", str(self.port), *keys]

    def make_keys(self, count):
        return [f"sk-bench-{index}" for index in range(count)]

    def engine_ms(self, record):
        timings = record.timings or {}
        return timings["prompt_ms"] + timings["predicted_ms"] if "prompt_ms" in timings else None

    @classmethod
    def version(cls):
        text = subprocess.run([cls.binary, "--version"], capture_output=True, text=True)
        return next((line for line in (text.stdout + text.stderr).splitlines() if line.startswith("version")), "unknown")


SERVERS = {server.name: server for server in (LlamaServer, Diptych)}


class Arena:
    """Servers of one shape, started together; the one being measured runs, the others are paused."""

    def __init__(self, names, shape):
        self.servers = []
        try:
            for name in names:
                self.servers.append(SERVERS[name](shape))
            for server in self.servers:
                server.wait_ready()
                server.pause()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for server in self.servers:
            server.stop()

    def turns(self, rounds):
        """Yields (round, server), alternating; only that server runs meanwhile."""
        for index in range(rounds):
            for server in self.servers:
                server.resume()
                server.warm_up()
                try:
                    yield index, server
                finally:
                    server.pause()
