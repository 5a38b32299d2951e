#!/usr/bin/env python3
"""Mixed traffic with random disconnects for a while, then: is everything back where it was?

Checks that no slot, queue entry, connection or descriptor is left over, that memory has stopped growing, and that no
answer was a 5xx. Not part of make test. Usage: tests/e2e/soak.py [--seconds 600] [--clients 12] [--seed 1]
"""

import argparse
import collections
import contextlib
import http.client
import json
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import serving  # noqa: E402

RSS_GROWTH_MAX_MIB = 60


def words(source, count):
    return " ".join(f"w{source.randrange(10_000)}" for _ in range(count))


def random_request(source):
    """(path, body) of one call of any kind."""
    prompt = words(source, source.choice((3, 10, 40, 120, 400)))
    sampling = {"temperature": source.choice((0, 0.7, 1.3)), "seed": source.randrange(1000)}
    limit = source.choice((1, 8, 32, 100))
    chat = {"model": serving.MODEL, "messages": [{"role": "user", "content": prompt}], "max_tokens": limit,
            "stream": source.random() < 0.6, "n": source.choice((1, 1, 1, 3)), **sampling}
    return source.choice([
        ("/v1/chat/completions", chat),
        ("/v1/chat/completions", chat | {"logprobs": True, "top_logprobs": 3, "stop": [" the", "."]}),
        ("/v1/chat/completions", chat | {"store": True, "metadata": {"soak": "yes"}}),
        ("/v1/completions", {"model": serving.MODEL, "prompt": [prompt, "One,"], "max_tokens": limit, "stream": source.random() < 0.5}),
        ("/v1/embeddings", {"model": serving.MODEL, "input": [prompt, "short"]}),
        ("/v1/responses", {"model": serving.MODEL, "input": prompt, "max_output_tokens": 16 + limit, "stream": source.random() < 0.5}),
        ("/v1/responses", {"model": serving.MODEL, "input": prompt, "max_output_tokens": 16 + limit, "background": True}),
        ("/v1/chat/completions", chat | {"temperature": 9}),
        ("/v1/chat/completions", "{"),
    ])


def read_or_leave(source, connection, answer):
    """Reads all of an answer, or some of it; whether the connection can be used again."""
    if source.random() < 0.7:
        answer.read()
        return True
    for _ in range(source.randrange(1, 6)):
        answer.read1(200)
    return answer.isclosed()


def client(server, seed, end, outcomes):
    source = random.Random(seed)
    connection = server.connect(timeout=120)
    while time.monotonic() < end:
        path, body = random_request(source)
        try:
            connection.request("POST", path, body if isinstance(body, str) else json.dumps(body), {"Content-Type": "application/json"})
            if source.random() < 0.15:  # leave before the answer: queued, in prefill, or not streamed
                time.sleep(source.random() * 0.3)
                outcomes["left before the answer"] += 1
                connection.close()
                continue
            answer = connection.getresponse()
            outcomes[answer.status] += 1
            if not read_or_leave(source, connection, answer):
                outcomes["left in the middle"] += 1
                connection.close()
        except (http.client.HTTPException, OSError) as error:
            outcomes[type(error).__name__] += 1
            connection.close()
        if source.random() < 0.1:
            connection.close()
    connection.close()


def settle(server):
    """Waits until nothing runs; returns (RSS in MiB, descriptors)."""
    def idle():
        now = server.metrics()
        return now["diptych_text_active"] == 0 and now["diptych_text_queued"] == 0 and now["diptych_http_connections"] <= 1
    serving.wait_until(idle, 60, "every slot, queue entry and connection is free")
    return server.rss_mib(), server.descriptor_count()


def run_traffic(server, clients, seconds, seed, outcomes):
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=client, args=(server, seed * 1000 + i, end, outcomes)) for i in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        with contextlib.suppress(OSError):
            server.ask("GET", "/health", timeout=10)
    if server.process.poll() is not None:
        sys.exit(f"the server ended with status {server.process.returncode}:\n{server.log[-4000:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    outcomes = collections.Counter()
    with serving.Diptych("--max-slots", "6", "--max-queue", "8") as server:
        # The first part fills the caches that are meant to be kept; what grows after it is a leak.
        run_traffic(server, arguments.clients, arguments.seconds * 0.4, arguments.seed, outcomes)
        warm_rss, warm_descriptors = settle(server)
        print(f"after {arguments.seconds * 0.4:.0f} s: RSS {warm_rss:.0f} MiB, {warm_descriptors} descriptors", flush=True)
        run_traffic(server, arguments.clients, arguments.seconds * 0.6, arguments.seed + 1, outcomes)
        rss, descriptors = settle(server)
        print(f"after {arguments.seconds:.0f} s: RSS {rss:.0f} MiB, {descriptors} descriptors")
        status = server.stop()
    print(", ".join(f"{key}: {count}" for key, count in sorted(outcomes.items(), key=str)))
    problems = [f"{key}: {count}" for key, count in outcomes.items() if isinstance(key, int) and key >= 500]
    if rss - warm_rss > RSS_GROWTH_MAX_MIB:
        problems.append(f"RSS grew by {rss - warm_rss:.0f} MiB")
    if descriptors > warm_descriptors:
        problems.append(f"descriptors grew by {descriptors - warm_descriptors}")
    if status != 0:
        problems.append(f"exit status {status}")
    print("FAILED: " + "; ".join(problems) if problems else "passed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
