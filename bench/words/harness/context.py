"""What every mode gets: the servers, the tools, a place for results."""

import dataclasses
import pathlib

from . import load, prompts, servers


@dataclasses.dataclass
class Context:
    server_names: list
    quick: bool
    load_program: pathlib.Path
    results: dict = dataclasses.field(default_factory=dict)  # metric key -> server name -> value
    notes: list = dataclasses.field(default_factory=list)
    _head_tokens: dict = dataclasses.field(default_factory=dict)

    def arena(self, **shape):
        return servers.Arena(self.server_names, servers.Shape(**shape))

    def pick(self, quick, full):
        return quick if self.quick else full

    def put(self, metric, server, value):
        self.results.setdefault(metric, {})[server.name] = value

    def note(self, text):
        self.notes.append(text)

    def run(self, plan):
        return plan.run(self.load_program)

    def prompts(self, server, seed):
        """A maker of prompts for this server; asks it once how many tokens the chat template adds."""
        if server.name not in self._head_tokens:
            words = 40
            body = load.chat(prompts.salad(words, seed), 1, stream=False)
            status, answer = server.request("POST", "/v1/chat/completions", body)
            if status != 200:
                raise RuntimeError(f"{server.name} answered {status} to the calibration request: {answer}")
            self._head_tokens[server.name] = answer["usage"]["prompt_tokens"] - words
        return prompts.PromptMaker(self._head_tokens[server.name], seed)

    def check_lengths(self, server, records, wanted):
        """Notes it when prompts do not have the length that the metric's name says."""
        wrong = [r.prompt_tokens for r in records if r.prompt_tokens and abs(r.prompt_tokens - wanted) > max(1, wanted // 100)]
        if wrong:
            self.note(f"{server.name}: prompts of {wrong[0]} tokens where {wanted} were meant")

    def must_succeed(self, server, records):
        for record in records:
            if record.status != 200 or record.outcome not in ("complete", "closed"):
                raise RuntimeError(f"{server.name}: {record.name}: {record.outcome}, status {record.status} {record.error}")
