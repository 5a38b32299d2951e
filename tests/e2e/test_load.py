"""Floods, determinism beside others, keep-alive."""

import concurrent.futures
import contextlib
import time

import pytest

import serving


def text_of(answer):
    assert answer.status == 200, answer.body
    return answer.json()["choices"][0]["message"]["content"]


@pytest.fixture(scope="module")
def tight():
    with serving.Diptych("--max-slots", "2", "--max-queue", "4") as running:
        running.chat()
        yield running


def test_flood_is_answered_or_refused_with_retry_after_and_health_lives(tight):
    rss = tight.rss_mib()
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        flood = [pool.submit(tight.chat, f"Number {i}.", max_tokens=6, stream=False, ignore_eos=True) for i in range(200)]
        slowest = 0
        while not all(future.done() for future in flood):
            begin = time.monotonic()
            assert tight.ask("GET", "/health", timeout=5).status == 200
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.05)
    answers = [future.result() for future in flood]
    assert {answer.status for answer in answers} == {200, 429}
    for answer in answers:
        if answer.status == 429:
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.error["code"] == "rate_limit_exceeded" and answer.error["type"] == "requests"
    assert slowest < 2
    assert tight.rss_mib() - rss < 60
    serving.wait_until(lambda: tight.metrics()["diptych_text_active"] == 0, 5, "all slots are free")


def test_refusals_are_counted(tight):
    counted = sum(value for name, value in tight.metrics().items()
                  if name.startswith(("diptych_text_refused_total", "diptych_http_refused_total")))
    assert counted > 0


@pytest.mark.parametrize("fields", [{"temperature": 0}, {"temperature": 1, "seed": 7}, {"temperature": 1, "seed": 7, "top_p": 0.9, "top_k": 40}])
def test_text_is_the_same_alone_and_beside_fifteen_others(server, fields):
    def one(number):
        return text_of(server.chat(f"Write about the number {number}.", max_tokens=48, ignore_eos=True, **fields))
    alone = one(3)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        beside = list(pool.map(one, range(16)))
    assert beside[3] == alone


def test_text_is_the_same_while_a_long_prompt_arrives(server):
    long_prompt = " ".join(f"word{i}" for i in range(700))
    fields = {"max_tokens": 60, "ignore_eos": True, "temperature": 0}
    alone = text_of(server.chat("Write about rivers.", **fields))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(server.chat, "Write about rivers.", **fields)
        time.sleep(0.1)
        pool.submit(server.chat, long_prompt, max_tokens=2)
        assert text_of(first.result()) == alone


def test_many_requests_on_one_connection_streamed_and_not(server):
    with contextlib.closing(server.connect()) as connection:
        ports = set()
        for number in range(12):
            server.open_chat("Hi", connection=connection, max_tokens=2, stream=number % 2 == 0)
            ports.add(connection.sock.getsockname()[1])
            answer = connection.getresponse()
            assert answer.status == 200 and answer.read()
        assert len(ports) == 1


def test_bad_request_leaves_the_connection_usable(server):
    with contextlib.closing(server.connect()) as connection:
        connection.request("POST", "/v1/chat/completions", b"{", {"Content-Type": "application/json"})
        first = connection.getresponse()
        assert first.status == 400 and first.read()
        port = connection.sock.getsockname()[1] if connection.sock else None
        server.open_chat("Hi", connection=connection, max_tokens=1)
        second = connection.getresponse()
        assert second.status == 200 and second.read()
        assert port is None or connection.sock.getsockname()[1] == port


def test_descriptors_and_slots_return_to_where_they_were(server):
    serving.wait_until(lambda: server.metrics()["diptych_text_active"] == 0, 10, "the server is idle")
    before = server.descriptor_count()
    connections = [server.open_chat(f"Story {i}", max_tokens=300) for i in range(20)]
    for connection in connections:
        connection.sock.close()
        connection.close()
    serving.wait_until(lambda: server.metrics()["diptych_text_active"] + server.metrics()["diptych_text_queued"] == 0, 10, "all are gone")
    serving.wait_until(lambda: server.descriptor_count() <= before + 1, 5, "their descriptors are closed")
