"""Work stops when nobody wants it: queued, in prefill, decoding, non-streaming; alone and while others stream."""

import contextlib
import json
import socket
import struct
import time

import pytest

import serving

LONG_PROMPT = " ".join(f"word{i}" for i in range(1600))


@pytest.fixture(scope="module")
def one_slot():
    with serving.Diptych("--max-slots", "1") as running:
        running.chat()
        yield running


@pytest.fixture(scope="module")
def three_slots():
    with serving.Diptych("--max-slots", "3") as running:
        running.chat()
        yield running


def active(server):
    return server.metrics()["diptych_text_active"]


def queued(server):
    return server.metrics()["diptych_text_queued"]


def cancelled(server, phase):
    return server.metrics().get(f'diptych_text_cancelled_total{{phase="{phase}"}}', 0)


def generated(server):
    return server.metrics()['diptych_text_tokens_total{kind="generated"}']


def hang_up(connection, reset=False):
    if reset:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sock.close()
    connection.close()


@pytest.mark.parametrize("reset", [False, True])
def test_closing_a_stream_stops_decoding(one_slot, reset):
    before = cancelled(one_slot, "decode")
    connection = one_slot.open_chat(max_tokens=4000)
    events = serving.events_of(connection.getresponse())
    for _ in range(5):
        next(events)
    hang_up(connection, reset)
    serving.wait_until(lambda: active(one_slot) == 0, 2, "the slot is free")
    assert cancelled(one_slot, "decode") == before + 1
    tokens = generated(one_slot)
    time.sleep(0.3)
    assert generated(one_slot) == tokens


def test_leaving_during_prefill_stops_it(one_slot):
    before, computed = cancelled(one_slot, "prefill"), one_slot.metrics()['diptych_text_tokens_total{kind="prompt"}']
    connection = one_slot.open_chat(LONG_PROMPT + " first", max_tokens=8)
    serving.wait_until(lambda: active(one_slot) == 1, 5, "the prefill begins")
    hang_up(connection)
    serving.wait_until(lambda: active(one_slot) == 0, 5, "the slot is free")
    assert cancelled(one_slot, "prefill") == before + 1
    assert one_slot.metrics()['diptych_text_tokens_total{kind="prompt"}'] - computed < 5000


def test_leaving_a_plain_request_stops_it(one_slot):
    before = cancelled(one_slot, "decode") + cancelled(one_slot, "prefill")
    connection = one_slot.open_chat(max_tokens=4000, stream=False)
    serving.wait_until(lambda: active(one_slot) == 1, 5, "the request runs")
    hang_up(connection)
    serving.wait_until(lambda: active(one_slot) == 0, 2, "the slot is free")
    assert cancelled(one_slot, "decode") + cancelled(one_slot, "prefill") == before + 1


@pytest.mark.parametrize("stream", [False, True])
def test_leaving_the_queue_costs_nothing(one_slot, stream):
    before = cancelled(one_slot, "queued")
    holder = one_slot.open_chat(max_tokens=4000)
    next(serving.events_of(holder.getresponse()))
    prompt_tokens = one_slot.metrics()['diptych_text_tokens_total{kind="prompt"}']
    waiting = one_slot.open_chat(LONG_PROMPT + " queued", stream=stream)
    serving.wait_until(lambda: queued(one_slot) == 1, 5, "it is queued")
    hang_up(waiting)
    serving.wait_until(lambda: queued(one_slot) == 0, 2, "the queue is empty")
    assert cancelled(one_slot, "queued") == before + 1
    assert one_slot.metrics()['diptych_text_tokens_total{kind="prompt"}'] == prompt_tokens
    assert active(one_slot) == 1
    hang_up(holder)
    serving.wait_until(lambda: active(one_slot) == 0, 2, "the slot is free")


@pytest.mark.parametrize("stream", [False, True])
def test_it_is_noticed_while_others_stream(three_slots, stream):
    others = [three_slots.open_chat(f"Story number {i}.", max_tokens=4000) for i in range(2)]
    readers = [serving.events_of(other.getresponse()) for other in others]
    for reader in readers:
        next(reader)
    victim = three_slots.open_chat("Another story.", max_tokens=4000, stream=stream)
    serving.wait_until(lambda: active(three_slots) == 3, 5, "three run")
    hang_up(victim)
    serving.wait_until(lambda: active(three_slots) == 2, 2, "two are left")
    for reader in readers:
        assert next(reader)
    for other in others:
        hang_up(other)
    serving.wait_until(lambda: active(three_slots) == 0, 2, "all slots are free")


def test_a_foreground_response_ends_with_its_connection(one_slot):
    connection = one_slot.connect()
    body = {"model": serving.MODEL, "input": "Tell me a story.", "max_output_tokens": 4000, "ignore_eos": True, "stream": True}
    connection.request("POST", "/v1/responses", json.dumps(body), {"Content-Type": "application/json"})
    next(serving.events_of(connection.getresponse()))
    serving.wait_until(lambda: active(one_slot) == 1, 5, "it runs")
    hang_up(connection)
    serving.wait_until(lambda: active(one_slot) == 0, 2, "the slot is free")


def test_slow_reader_does_not_slow_others(three_slots):
    slow = three_slots.open_chat("A very long story.", max_tokens=3000)
    slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # and never read
    rss = three_slots.rss_mib()
    with contextlib.closing(three_slots.open_chat("Count to ten.", max_tokens=60)) as other:
        assert sum(1 for _ in serving.events_of(other.getresponse())) > 20
    assert three_slots.ask("GET", "/health", timeout=5).status == 200
    assert three_slots.rss_mib() - rss < 80
    hang_up(slow)
    serving.wait_until(lambda: active(three_slots) == 0, 3, "the slow reader's slot is free")


def test_embeddings_stop_when_their_caller_leaves():
    """One handler thread, minutes of inputs: the next request is served only if the first one stops."""
    with serving.Diptych("--handler-threads", "1") as server:
        server.chat()
        body = {"model": serving.MODEL, "input": [f"{i} {LONG_PROMPT}"[:6000] for i in range(300)]}
        connection = server.connect()
        connection.request("POST", "/v1/embeddings", json.dumps(body), {"Content-Type": "application/json"})
        time.sleep(1)
        hang_up(connection)
        begin = time.monotonic()
        assert server.chat().status == 200
        assert time.monotonic() - begin < 10
