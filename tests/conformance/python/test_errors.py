"""Every 4xx by its class, with the field named, and never a 5xx for what a caller got wrong."""

import json

import openai
import pytest

HI = [{"role": "user", "content": "Hi"}]


def assistant_call(call_id="call_1"):
    return {"role": "assistant", "content": None,
            "tool_calls": [{"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}}]}


TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}

BAD_FIELDS = [
    ({"temperature": -1}, "temperature"), ({"temperature": 2.1}, "temperature"), ({"temperature": "hot"}, "temperature"),
    ({"top_p": 1.5}, "top_p"), ({"top_p": -0.1}, "top_p"),
    ({"n": 0}, "n"), ({"n": 129}, "n"), ({"n": 1.5}, "n"),
    ({"max_tokens": 0}, "max_tokens"), ({"max_completion_tokens": -5}, "max_completion_tokens"),
    ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens"), ({"max_completion_tokens": 100_000}, "max_completion_tokens"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop"), ({"stop": 7}, "stop"), ({"stop": [1]}, "stop"),
    ({"frequency_penalty": 99}, "frequency_penalty"), ({"presence_penalty": -2.5}, "presence_penalty"),
    ({"logit_bias": {"99999999": 1}}, "logit_bias"), ({"logit_bias": {"x": 1}}, "logit_bias"), ({"logit_bias": {"5": 101}}, "logit_bias"),
    ({"top_logprobs": 3}, "top_logprobs"), ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"), ({"logprobs": 3}, "logprobs"),
    ({"stream_options": {"include_usage": True}}, "stream_options"), ({"stream": "yes"}, "stream"),
    ({"response_format": {"type": "xml"}}, "response_format"), ({"response_format": {"type": "json_schema"}}, "response_format"),
    ({"tool_choice": "required"}, "tool_choice"), ({"tools": [TOOL], "tool_choice": "sometimes"}, "tool_choice"),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice"),
    ({"tools": [{"type": "function", "function": {"name": "bad name!"}}]}, "tools"), ({"tools": [{"type": "teapot"}]}, "tools"),
    ({"parallel_tool_calls": True}, "parallel_tool_calls"),
    ({"reasoning_effort": "banana"}, "reasoning_effort"), ({"reasoning_effort": "high"}, "reasoning_effort"),
    ({"service_tier": "gold"}, "service_tier"), ({"modalities": ["text", "audio"]}, "modalities"),
    ({"audio": {"voice": "alloy", "format": "wav"}}, "audio"), ({"web_search_options": {}}, "web_search_options"),
    ({"metadata": {"k" * 65: "v"}}, "metadata"), ({"metadata": {"k": "v" * 513}}, "metadata"),
    ({"metadata": {str(i): "v" for i in range(17)}}, "metadata"), ({"seed": "x"}, "seed"), ({"verbosity": "shouting"}, "verbosity"),
    ({"extra_body": {"frobnicate": 7}}, "frobnicate"), ({"extra_body": {"min_p": 2}}, "min_p"),
    ({"messages": []}, "messages"), ({"messages": "Hi"}, "messages"),
    ({"messages": [{"role": "wizard", "content": "Hi"}]}, "messages[0].role"), ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"content": "Hi"}]}, "messages[0].role"), ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "messages[0].content[0].type"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]},
     "messages[0].content[0]"),
    ({"messages": [*HI, {"role": "tool", "content": "x", "tool_call_id": "call_1"}]}, "messages[1]"),
    ({"messages": [*HI, assistant_call(), *HI]}, "messages"),
    ({"messages": [*HI, assistant_call(), {"role": "tool", "content": "x", "tool_call_id": "call_2"}]}, "messages"),
    ({"messages": [{"role": "user", "content": "word " * 9000}]}, "messages"),
]


@pytest.mark.parametrize("fields, param", BAD_FIELDS, ids=[f"{param}-{i}" for i, (_, param) in enumerate(BAD_FIELDS)])
@pytest.mark.parametrize("stream", [False, True])
def test_bad_value_is_a_bad_request_that_names_the_field(client, model, fields, param, stream):
    body = {"model": model, "messages": HI, **({"stream": True} if stream else {}), **fields}
    if stream and param == "stream_options":
        pytest.skip("allowed with stream")
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**body)
    error = caught.value
    assert error.type == "invalid_request_error"
    assert error.param is not None and error.param.startswith(param)
    assert error.message
    assert error.request_id


@pytest.mark.parametrize("fields, code", [
    ({"extra_body": {"frobnicate": 7}}, "unknown_parameter"), ({"audio": {"voice": "alloy", "format": "wav"}}, "unsupported_parameter"),
    ({"temperature": "hot"}, "invalid_type"), ({"messages": [{"role": "user", "content": "word " * 9000}]}, "context_length_exceeded"),
    ({"messages": [{"role": "user"}]}, "missing_required_parameter")])
def test_code_says_what_kind_of_mistake_it_is(client, model, fields, code):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": model, "messages": HI, **fields})
    assert caught.value.code == code


def test_context_error_names_both_numbers(client, model):
    with pytest.raises(openai.BadRequestError, match="8192") as caught:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "word " * 9000}])
    assert "9" in caught.value.message


def test_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-99", messages=HI)
    assert caught.value.code == "model_not_found" and "gpt-99" in caught.value.message


@pytest.mark.parametrize("call", [
    lambda client: client.responses.retrieve("resp_nope"), lambda client: client.responses.delete("resp_nope"),
    lambda client: client.responses.cancel("resp_nope"), lambda client: client.chat.completions.retrieve("chatcmpl-nope"),
    lambda client: client.get("/nope", cast_to=object)])
def test_unknown_ids_and_routes_are_not_found(client, call):
    with pytest.raises(openai.NotFoundError) as caught:
        call(client)
    assert caught.value.type == "invalid_request_error"


RAW_BODIES = [b"{", b"", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"model": "\xff"}', b"{} trailing", b'{"a": ' * 200, b"\x00"]
POST_PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/responses/input_tokens"]


@pytest.mark.parametrize("path", POST_PATHS)
@pytest.mark.parametrize("body", RAW_BODIES)
def test_a_body_that_is_not_a_json_object_is_a_bad_request(server, path, body):
    answer = server.ask("POST", path, body)
    assert answer.status == 400
    assert set(answer.error) == {"message", "type", "param", "code"}
    assert answer.error["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", POST_PATHS)
def test_missing_model_is_named(server, path):
    answer = server.ask("POST", path, {})
    assert answer.status == 400
    assert answer.error["code"] == "missing_required_parameter"


def test_wrong_method_and_content_type(server):
    wrong_method = server.ask("GET", "/v1/embeddings")
    assert wrong_method.status == 405 and "POST" in wrong_method.headers["allow"]
    wrong_type = server.ask("POST", "/v1/chat/completions", b"model=x", {"Content-Type": "application/x-www-form-urlencoded"})
    assert wrong_type.status == 415


def test_too_large_a_body_is_refused(server):
    answer = server.ask("POST", "/v1/chat/completions", b'{"model": "' + b"x" * (33 << 20) + b'"}')
    assert answer.status == 413


def test_errors_before_a_stream_are_plain_answers(server):
    answer = server.chat(stream=True, temperature=9)
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("value", [None, True, -1, 1e308, "", "x", [], {}, [[]], {"a": {"b": []}}])
@pytest.mark.parametrize("name", [
    "model", "messages", "temperature", "n", "stop", "logit_bias", "stream_options", "response_format", "tools", "tool_choice",
    "metadata", "seed", "logprobs", "top_logprobs", "max_tokens", "user", "store", "service_tier", "modalities", "prediction",
    "functions", "function_call", "top_k", "prompt_cache_options", "x_diptych"])
def test_no_value_of_any_field_is_our_fault(server, name, value):
    # Greedy: "Hi" has a short answer then, also when max_tokens is null.
    body = {"model": "smollm2-135m-instruct", "messages": HI, "max_tokens": 1, "temperature": 0, name: value}
    answer = server.ask("POST", "/v1/chat/completions", json.dumps(body).encode())
    assert answer.status in (200, 400, 404), answer.body
    if answer.status != 200:
        assert set(answer.error) == {"message", "type", "param", "code"}
