"""Start, drain, stop, crash."""

import contextlib
import http.client
import json
import signal
import socket
import time

import pytest

import serving


def test_models_are_listed_before_any_is_loaded():
    with serving.Diptych() as server:
        rows = server.ask("GET", "/v1/models").json()["data"]
        row = next(row for row in rows if row["id"] == serving.MODEL)
        assert row["x_diptych"]["loaded"] is False
        assert server.rss_mib() < 90
        assert server.chat().status == 200
        rows = server.ask("GET", "/v1/models").json()["data"]
        assert next(row for row in rows if row["id"] == serving.MODEL)["x_diptych"]["loaded"] is True


def test_idle_server_ends_at_once_with_status_0():
    server = serving.Diptych()
    server.chat()
    begin = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_drains_what_runs_and_refuses_what_comes(number):
    with serving.Diptych() as server:
        server.chat()
        running = server.open_chat(max_tokens=150)
        answer = running.getresponse()
        events = serving.events_of(answer)
        next(events)
        server.signal(number)
        rest = list(events)
        assert rest[-1]["choices"][0]["finish_reason"] == "length"
        running.close()
        server.process.wait(20)
        assert server.process.returncode == 0
        with pytest.raises(OSError):
            server.ask("GET", "/health")


def test_no_new_connection_while_draining():
    with serving.Diptych() as server:
        server.chat()
        running = server.open_chat(max_tokens=600)
        events = serving.events_of(running.getresponse())
        next(events)
        server.signal(signal.SIGTERM)
        serving.wait_until(lambda: not accepts(server), 5, "the listener closes")
        assert server.process.poll() is None
        server.signal(signal.SIGTERM)
        server.process.wait(10)
        running.close()


def accepts(server):
    """Whether a new connection gets an answer other than 503."""
    try:
        return server.ask("GET", "/health", timeout=2).status == 200
    except (OSError, http.client.HTTPException):
        return False


def test_second_signal_stops_at_once():
    server = serving.Diptych()
    server.chat()
    running = server.open_chat(max_tokens=4000)
    next(serving.events_of(running.getresponse()))
    server.signal(signal.SIGTERM)
    time.sleep(0.3)
    assert server.process.poll() is None
    begin = time.monotonic()
    server.signal(signal.SIGTERM)
    server.process.wait(10)
    assert time.monotonic() - begin < 5
    running.close()
    server.stop()


def test_drain_has_a_time_limit():
    server = serving.Diptych("--drain-timeout", "1s")
    server.chat()
    running = server.open_chat(max_tokens=6000)
    next(serving.events_of(running.getresponse()))
    begin = time.monotonic()
    server.signal(signal.SIGTERM)
    server.process.wait(15)
    assert 0.5 < time.monotonic() - begin < 8
    running.close()
    server.stop()


def test_stored_responses_survive_kill_and_unfinished_ones_end(tmp_path):
    body = {"model": serving.MODEL, "input": "Say hello.", "max_output_tokens": 16, "temperature": 0}
    with serving.Diptych(data_dir=tmp_path) as server:
        done = server.ask("POST", "/v1/responses", body).json()
        chat = server.chat(store=True).json()
        running = server.ask("POST", "/v1/responses", body | {
            "input": "Tell me a long story.", "background": True, "max_output_tokens": 6000, "ignore_eos": True}).json()
        assert running["status"] in ("queued", "in_progress")
        server.kill()
    with serving.Diptych(data_dir=tmp_path) as server:
        assert server.ask("GET", f"/v1/responses/{done['id']}").json() == done
        assert server.ask("GET", f"/v1/chat/completions/{chat['id']}").json()["choices"] == chat["choices"]
        ended = server.ask("GET", f"/v1/responses/{running['id']}").json()
        assert ended["status"] in ("failed", "cancelled", "incomplete"), "nobody computes it any more"
        follow = server.ask("POST", "/v1/responses", body | {"previous_response_id": done["id"]})
        assert follow.status == 200


def test_port_in_use_is_an_error_that_says_so(server):
    result = serving.run_cli("serve", "--listen", f"127.0.0.1:{server.port}", "--data-dir", str(server.folder / "other"))
    assert result.returncode != 0
    assert str(server.port) in result.stderr


def test_a_second_server_on_the_same_data_is_refused_and_a_killed_one_leaves_it_free(tmp_path):
    with serving.Diptych(data_dir=tmp_path) as first:
        second = serving.run_cli("serve", "--listen", "127.0.0.1:0", "--data-dir", str(tmp_path))
        assert second.returncode != 0
        assert str(tmp_path) in second.stderr and f"process {first.process.pid}" in second.stderr
        made = serving.run_cli("keys", "add", "laptop", "--data-dir", str(tmp_path))
        assert made.returncode == 0, "keys are made beside a running server"
        first.kill()
        with serving.Diptych(data_dir=tmp_path) as third:
            assert third.chat().status == 200


@pytest.mark.parametrize("flags, word", [
    (["--max-slots", "0"], "max-slots"), (["--max-slots", "many"], "max-slots"), (["--frobnicate"], "frobnicate"),
    (["--listen", "nowhere"], "listen"), (["--tls-certificate", "/nope.pem"], "tls")])
def test_bad_flags_are_refused_by_name(flags, word, tmp_path):
    result = serving.run_cli("serve", "--data-dir", str(tmp_path), *flags, timeout=20)
    assert result.returncode != 0
    assert word in (result.stderr + result.stdout).lower().replace("_", "-")


def test_json_mode_announces_the_address(tmp_path):
    import subprocess
    process = subprocess.Popen([serving.binary(), "serve", "--json", "--listen", "127.0.0.1:0", "--data-dir", str(tmp_path)],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        event = json.loads(process.stdout.readline())
        assert event["event"] == "listening"
        port = int(event.get("port") or str(event["address"]).rpartition(":")[2].strip("/"))
        with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=5)):
            pass
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
