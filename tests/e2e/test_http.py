"""What the server does with bytes that are not a good request."""

import contextlib
import re
import socket
import time

import pytest

import serving


def send_raw(server, data, wait=5):
    """The bytes that come back until the server closes or `wait` seconds have passed."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", server.port), timeout=wait)) as connection:
        connection.sendall(data)
        got = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while piece := connection.recv(65536):
                got += piece
                if b"\r\n\r\n" in got and b"Content-Length: 0" in got:
                    break
        return got


def head(*lines):
    return "\r\n".join((*lines, "", "")).encode()


@pytest.mark.parametrize("data", [
    b"GARBAGE\r\n\r\n", head("GET / HTTP/9.9"), head("GET /v1/models HTTP/1.1", "Host: a", "Bad Header"),
    head("POST /v1/chat/completions HTTP/1.1", "Host: a", "Content-Length: -5", "Connection: close"),
    head("POST /v1/chat/completions HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 6", "Connection: close"),
    head("GET /v1/models HTTP/1.1", "Host: a", "X: " + "y" * 70_000)])
def test_malformed_heads_are_refused_and_closed(server, data):
    answer = send_raw(server, data)
    status = int(answer.split()[1]) if answer else 400
    assert 400 <= status < 500 or status == 505
    assert server.ask("GET", "/health").status == 200


@pytest.mark.parametrize("path", ["/v1/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/../../etc/passwd", "/v1/models/%00", "/v1/models/%zz", "/" + "a" * 5000])
def test_odd_paths_are_not_found_or_bad(server, path):
    assert server.ask("GET", path).status in (400, 404, 414, 431)


def test_head_that_never_ends_is_cut_off():
    with serving.Diptych("--header-timeout", "500ms") as server:
        begin = time.monotonic()
        send_raw(server, b"GET /v1/models HTTP/1.1\r\nHost: a\r\n", wait=10)
        assert 0.3 < time.monotonic() - begin < 6


def test_body_that_never_comes_is_408():
    with serving.Diptych("--body-timeout", "500ms") as server:
        answer = send_raw(server, head("POST /v1/chat/completions HTTP/1.1", "Host: a", "Content-Type: application/json",
                                       "Content-Length: 500") + b"{", wait=10)
        assert answer.split()[1] == b"408"


def test_connections_are_bounded():
    with serving.Diptych("--max-connections", "8") as server:
        held = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(8)]
        time.sleep(0.3)
        try:
            refused = send_raw(server, head("GET /health HTTP/1.1", "Host: a", "Connection: close"))
            assert refused == b"" or refused.split()[1] in (b"429", b"503")
        finally:
            for connection in held:
                connection.close()
        serving.wait_until(lambda: b" 200 " in send_raw(server, head("GET /health HTTP/1.1", "Host: a", "Connection: close")), 5,
                           "it serves again")


def test_pipelined_and_chunked_requests_are_answered_in_order(server):
    body = b'{"model":"nope","messages":[{"role":"user","content":"Hi"}]}'
    chunked = head("POST /v1/chat/completions HTTP/1.1", "Host: a", "Content-Type: application/json", "Transfer-Encoding: chunked")
    chunked += b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    answer = send_raw(server, chunked + head("GET /health HTTP/1.1", "Host: a", "Connection: close"))
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"404", b"200"]


def test_expect_100_continue(server):
    request = head("POST /v1/chat/completions HTTP/1.1", "Host: a", "Content-Type: application/json", "Content-Length: 2",
                   "Expect: 100-continue", "Connection: close")
    with contextlib.closing(socket.create_connection(("127.0.0.1", server.port), timeout=5)) as connection:
        connection.sendall(request)
        first = connection.recv(65536)
        assert first.split()[1] == b"100"
        connection.sendall(b"{}")
        assert b" 400 " in connection.recv(65536)


def test_head_request_has_no_body(server):
    answer = server.ask("HEAD", "/health")
    assert answer.status == 200 and answer.body == b""


def test_openapi_document_names_every_route_and_field(server):
    document = server.ask("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.")
    for path in ("/v1/models", "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses",
                 "/v1/responses/{response_id}/cancel", "/health", "/metrics"):
        assert path in document["paths"], path
    assert "frequency_penalty" in str(document)


def test_metrics_are_prometheus_text(server):
    answer = server.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "diptych_text_tokens_total" in answer.body.decode() or server.chat().status == 200
