"""Plans for the load generator, and what it reports. The format is described in bench/words/plan.h."""

import dataclasses
import json
import math
import subprocess


def percentile(values, share):
    """Nearest rank; nan without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))] if ordered else math.nan


def median(values):
    return percentile(values, 0.5)


def chat(prompt, max_tokens, stream=True, **fields):
    """The body of a chat request that generates exactly max_tokens tokens greedily."""
    body = {"model": "smollm2-135m-instruct", "messages": [{"role": "user", "content": prompt}],
            "max_tokens": max_tokens, "temperature": 0, "ignore_eos": True, **fields}
    return body | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {})


@dataclasses.dataclass
class Record:
    """One request's times (ms since the plan's start, -1: never happened) and answer."""
    name: str
    start_ms: float
    sent_ms: float
    head_ms: float
    end_ms: float
    token_ms: list
    status: int
    outcome: str
    error: str
    retry_after: str
    usage: dict | None
    timings: dict | None
    x_diptych: dict | None

    @property
    def latency_ms(self):
        return self.end_ms - self.start_ms

    @property
    def ttft_ms(self):
        return self.token_ms[0] - self.start_ms if self.token_ms else math.nan

    @property
    def prompt_tokens(self):
        return (self.usage or {}).get("prompt_tokens", 0)

    @property
    def completion_tokens(self):
        """As the server counts; of an answer cut short, the pieces that arrived."""
        return (self.usage or {}).get("completion_tokens", len(self.token_ms))

    @property
    def decode_rate(self):
        """Tokens a second after the first."""
        if len(self.token_ms) < 2:
            return math.nan
        return (self.completion_tokens - 1) / (self.token_ms[-1] - self.token_ms[0]) * 1000

    def gaps(self, begin_ms=-math.inf, end_ms=math.inf):
        """Gaps between pieces that overlap the window."""
        return [b - a for a, b in zip(self.token_ms, self.token_ms[1:]) if b > begin_ms and a < end_ms]


@dataclasses.dataclass
class Report:
    wall_ms: float
    stale_connections: int
    records: list

    def find(self, name):
        """The record of that request, or None if it never started."""
        return next((record for record in self.records if record.name == name), None)

    def starting(self, prefix):
        return [record for record in self.records if record.name.startswith(prefix)]


class Plan:
    """Collects requests; see plan.h for what each field means."""

    def __init__(self, server, deadline_s=60):
        self._document = {"host": "127.0.0.1", "port": server.port, "deadline_ms": deadline_s * 1000, "requests": []}
        self._headers = server.headers

    def add(self, name, body=None, path="/v1/chat/completions", headers=None, **fields):
        self._document["requests"].append(
            {"name": name, "path": path, "body": body, "headers": self._headers | (headers or {}), **fields})
        return name

    def chain(self, prefix, bodies, path="/v1/chat/completions", delay_ms=0, **fields):
        """Requests one after the other on one kept-alive connection."""
        previous = None
        for index, body in enumerate(bodies):
            after = {"after": {"request": previous}, "delay_ms": delay_ms} if previous else {}
            previous = self.add(f"{prefix}{index}", body, path, connection=prefix, **after, **fields)

    def start(self, program):
        process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write(json.dumps(self._document) + "\n")
        process.stdin.flush()
        return process

    def run(self, program):
        return finish(self.start(program))


def finish(process):
    """Reads the report of a started plan. Waits for its requests; background requests alone are ended by this call."""
    with process:
        process.stdin.close()
        text = process.stdout.read()
    if process.returncode != 0:
        raise RuntimeError(f"words-load ended with status {process.returncode}")
    document = json.loads(text)
    return Report(document["wall_ms"], document["stale_connections"], [Record(**r) for r in document["requests"]])
