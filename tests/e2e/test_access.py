"""Keys, TLS, CORS."""

import json
import ssl
import subprocess

import pytest

import serving


def add_key(folder, name, *scopes):
    flags = [flag for scope in scopes for flag in ("--scope", scope)]
    result = serving.run_cli("keys", "add", name, *flags, "--data-dir", str(folder), "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keyed")
    keys = {"user": add_key(folder, "user", "inference"), "admin": add_key(folder, "admin", "admin"),
            "gone": add_key(folder, "gone", "inference"), "scraper": add_key(folder, "scraper", "metrics")}
    revoked = serving.run_cli("keys", "revoke", keys["gone"]["id"], "--data-dir", str(folder), "--json")
    assert revoked.returncode == 0, revoked.stderr
    with serving.Diptych("--require-key", data_dir=folder) as running:
        running.test_keys = keys
        yield running


def bearer(server, name):
    return {"Authorization": f"Bearer {server.test_keys[name]['secret']}"}


def test_good_key_is_served(keyed):
    assert keyed.ask("GET", "/v1/models", headers=bearer(keyed, "user")).status == 200
    assert keyed.chat(headers=bearer(keyed, "user")).status == 200


@pytest.mark.parametrize("headers", [
    {}, {"Authorization": "Bearer "}, {"Authorization": "Bearer sk-wrong"}, {"Authorization": "Basic dTpw"}])
def test_no_key_or_a_wrong_one_is_401(keyed, headers):
    answer = keyed.chat(headers=headers)
    assert answer.status == 401
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["code"] == ("invalid_api_key" if "sk-wrong" in str(headers) or "Basic" in str(headers) else None)
    assert answer.headers["x-request-id"]


def test_revoked_key_is_401_and_a_refusal_never_shows_the_key(keyed):
    answer = keyed.chat(headers=bearer(keyed, "gone"))
    assert answer.status == 401
    assert keyed.test_keys["gone"]["secret"] not in answer.body.decode()


def test_an_admin_key_may_do_everything(keyed):
    assert keyed.chat(headers=bearer(keyed, "admin")).status == 200
    assert keyed.ask("GET", "/metrics", headers=bearer(keyed, "admin")).status == 200


def test_a_key_without_the_scope_is_403(keyed):
    assert keyed.ask("GET", "/metrics", headers=bearer(keyed, "scraper")).status == 200
    for answer, scope in ((keyed.chat(headers=bearer(keyed, "scraper")), "inference"),
                          (keyed.ask("GET", "/metrics", headers=bearer(keyed, "user")), "metrics")):
        assert answer.status == 403
        assert answer.error["code"] == "insufficient_permissions"
        assert f"'{scope}'" in answer.error["message"]
    assert keyed.ask("GET", "/metrics").status == 401


def test_official_client_raises_permission_denied(keyed):
    import openai
    client = openai.OpenAI(base_url=keyed.base_url, api_key=keyed.test_keys["scraper"]["secret"], max_retries=0)
    with pytest.raises(openai.PermissionDeniedError):
        client.models.list()


def test_health_needs_no_key(keyed):
    assert keyed.ask("GET", "/health").status == 200


def test_official_client_raises_authentication_error(keyed):
    import openai
    wrong = openai.OpenAI(base_url=keyed.base_url, api_key="sk-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        wrong.models.list()
    assert caught.value.code == "invalid_api_key"


def test_stored_objects_belong_to_their_key(keyed, tmp_path):
    other = add_key(keyed.data_dir, "other", "inference")
    body = {"model": serving.MODEL, "input": "Hi", "max_output_tokens": 16}
    made = keyed.ask("POST", "/v1/responses", body, headers=bearer(keyed, "user")).json()
    stranger = {"Authorization": f"Bearer {other['secret']}"}
    assert keyed.ask("GET", f"/v1/responses/{made['id']}", headers=stranger).status == 404
    assert keyed.ask("GET", f"/v1/responses/{made['id']}", headers=bearer(keyed, "user")).status == 200


def test_secrets_are_not_kept_in_clear(keyed):
    secret = keyed.test_keys["user"]["secret"].encode()
    for path in keyed.data_dir.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes()
    assert secret.decode() not in keyed.log


def test_other_addresses_need_a_key(tmp_path):
    refused = serving.run_cli("serve", "--listen", "0.0.0.0:0", "--data-dir", str(tmp_path))
    assert refused.returncode != 0 and "keys create" in refused.stderr
    add_key(tmp_path, "first", "inference")
    with serving.Diptych(host="0.0.0.0", data_dir=tmp_path) as server:
        assert server.ask("GET", "/v1/models").status == 401


def test_cors_is_closed_unless_configured(server):
    answer = server.ask("GET", "/v1/models", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    with serving.Diptych("--cors-origin", "https://app.example") as opened:
        allowed = opened.ask("OPTIONS", "/v1/chat/completions", headers={
            "Origin": "https://app.example", "Access-Control-Request-Method": "POST"})
        assert allowed.status in (200, 204)
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        other = opened.ask("GET", "/v1/models", headers={"Origin": "https://evil.example"})
        assert other.headers.get("access-control-allow-origin") != "https://evil.example"


def test_tls_serves_the_official_client(tmp_path):
    import openai
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
                   check=True, capture_output=True)
    with serving.Diptych("--tls-certificate", str(certificate), "--tls-key", str(key), scheme="https") as server:
        http = openai.DefaultHttpxClient(verify=ssl.create_default_context(cafile=str(certificate)))
        client = openai.OpenAI(base_url=server.base_url, api_key="x", max_retries=0, http_client=http)
        stream = client.chat.completions.create(
            model=serving.MODEL, messages=[{"role": "user", "content": "Say hello."}], stream=True, max_tokens=5)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        plain = serving.Diptych.connect(server)
        plain.close()
