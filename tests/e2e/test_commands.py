"""Every command, its --json, and what it says when something is wrong."""

import json
import subprocess

import pytest

import serving


def run_json(*arguments, **options):
    result = serving.run_cli(*arguments, "--json", **options)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_version():
    assert run_json("version")["version"]
    assert serving.run_cli("version").stdout.strip()


def test_doctor(tmp_path):
    report = run_json("doctor", "--data-dir", str(tmp_path))
    assert report


def test_models_list_and_info(tmp_path):
    listed = run_json("models", "list", "--data-dir", str(tmp_path))["models"]
    row = next(row for row in listed if row["id"] == serving.MODEL)
    assert row["size_bytes"] == 98_362_432
    facts = run_json("models", "info", serving.MODEL, "--data-dir", str(tmp_path))["facts"]
    assert facts["architecture"] == "llama" and facts["context_length"] == 8192 and facts["has_chat_template"] is True


def test_models_add_and_remove(tmp_path):
    file = serving.bootstrap_paths()["DIPTYCH_CHAT_MODEL"]
    added = run_json("models", "add", file, "--id", "copy", "--data-dir", str(tmp_path))
    assert added["id"] == "copy"
    assert "copy" in [row["id"] for row in run_json("models", "list", "--data-dir", str(tmp_path))["models"]]
    run_json("models", "remove", "copy", "--data-dir", str(tmp_path))
    assert "copy" not in [row["id"] for row in run_json("models", "list", "--data-dir", str(tmp_path))["models"]]


def test_a_model_added_beside_a_running_server_is_listed_at_once(server):
    file = serving.bootstrap_paths()["DIPTYCH_CHAT_MODEL"]
    ids = lambda: [row["id"] for row in server.ask("GET", "/v1/models").json()["data"]]  # noqa: E731
    assert "fresh" not in ids()
    run_json("models", "add", file, "--id", "fresh", "--data-dir", str(server.data_dir))
    assert "fresh" in ids()
    run_json("models", "remove", "fresh", "--data-dir", str(server.data_dir))
    assert "fresh" not in ids()


def test_models_add_refuses_what_is_no_model(tmp_path):
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + b"\xff" * 200)
    result = serving.run_cli("models", "add", str(bad), "--data-dir", str(tmp_path / "data"), "--json")
    assert result.returncode != 0
    assert "bad.gguf" in result.stderr + result.stdout


def test_keys_add_list_revoke(tmp_path):
    made = run_json("keys", "add", "laptop", "--data-dir", str(tmp_path))
    assert made["secret"].startswith("sk-") and made["id"].startswith("key_")
    (row,) = run_json("keys", "list", "--data-dir", str(tmp_path))["keys"]
    assert row["id"] == made["id"] and row["name"] == "laptop" and row["revoked"] is None
    assert made["secret"] not in json.dumps(row)
    run_json("keys", "revoke", made["id"], "--data-dir", str(tmp_path))
    assert run_json("keys", "list", "--data-dir", str(tmp_path))["keys"][0]["revoked"] is not None
    again = serving.run_cli("keys", "revoke", "key_nope", "--data-dir", str(tmp_path))
    assert again.returncode != 0 and "key_nope" in again.stderr


def test_chat_answers_one_prompt(tmp_path):
    answer = run_json("chat", "What is the capital of France? Answer in one sentence.", "--temperature", "0",
                      "--data-dir", str(tmp_path))
    assert "Paris" in json.dumps(answer)


def test_chat_reads_standard_input(tmp_path):
    result = serving.run_cli("chat", "--temperature", "0", "--data-dir", str(tmp_path),
                             stdin="What is the capital of France? Answer in one sentence.\n")
    assert result.returncode == 0, result.stderr
    assert "Paris" in result.stdout


def test_chat_uses_a_running_server(server):
    result = serving.run_cli("chat", "What is the capital of France? Answer in one sentence.", "--temperature", "0",
                             "--server", server.base_url)
    assert result.returncode == 0, result.stderr
    assert "Paris" in result.stdout


def test_bench_measures(tmp_path):
    report = run_json("bench", "speed", "--prompt-tokens", "64", "--generate-tokens", "8", "--data-dir", str(tmp_path), timeout=120)
    assert report


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["chat", "--help"], ["models", "--help"], ["keys", "--help"],
                                       ["bench", "--help"], ["doctor", "--help"], ["version", "--help"]])
def test_help_exists_for_every_command(arguments):
    result = serving.run_cli(*arguments)
    assert result.returncode == 0
    assert len(result.stdout) > 80


def test_help_lists_every_option_of_the_table():
    text = serving.run_cli("serve", "--help").stdout
    for flag in ("--listen", "--data-dir", "--max-slots", "--tls-certificate", "--cors-origin", "--require-key", "--threads"):
        assert flag in text


def test_environment_file_and_flag_override_in_that_order(tmp_path):
    import os
    config = tmp_path / "diptych.toml"
    config.write_text("[text]\nslots_max = 3\n")

    def slots(*flags, **environment):
        process = subprocess.run([serving.binary(), "doctor", "--json", "--config", str(config), "--data-dir", str(tmp_path), *flags],
                                 capture_output=True, text=True, timeout=60, env=os.environ | environment)
        assert process.returncode == 0, process.stderr
        return process.stdout
    assert slots() != slots(DIPTYCH_MAX_SLOTS="5") != slots("--max-slots", "7", DIPTYCH_MAX_SLOTS="5")


@pytest.mark.parametrize("arguments, word", [(["frobnicate"], "frobnicate"), (["models", "info", "nope"], "nope"), ([], "")])
def test_wrong_commands_say_what_to_do(arguments, word):
    result = serving.run_cli(*arguments)
    assert word in result.stdout + result.stderr
    assert result.returncode != 0 or not arguments
