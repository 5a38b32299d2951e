"""Tools on a model whose template has no place for them: a generic tool prompt is used, and said so."""

import json
import re

import openai
import pytest

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
TIME = {"type": "function", "function": {
    "name": "get_time", "description": "The time in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}


def turn(number, city, weather):
    """A finished exchange in which the tool was called; a small model goes on in the same way."""
    return [{"role": "user", "content": f"What is the weather in {city}?"},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": f"call_{number}", "type": "function",
                 "function": {"name": "get_weather", "arguments": json.dumps({"city": city})}}]},
            {"role": "tool", "tool_call_id": f"call_{number}", "content": weather},
            {"role": "assistant", "content": f"The weather in {city} is {weather}."}]


CONVERSATION = [*turn(1, "Paris", "sunny"), *turn(2, "London", "rainy"), *turn(3, "Madrid", "hot"),
                {"role": "user", "content": "What is the weather in Rome?"}]


@pytest.fixture
def call(ask):
    def create(**fields):
        return ask("", messages=CONVERSATION, **{"tools": [WEATHER, TIME], "max_completion_tokens": 64, **fields})
    return create


def test_model_calls_a_tool(call):
    completion = call()
    (choice,) = completion.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (tool_call,) = choice.message.tool_calls
    assert tool_call.id.startswith("call_")
    assert tool_call.type == "function"
    assert tool_call.function.name == "get_weather"
    assert json.loads(tool_call.function.arguments) == {"city": "Rome"}


def test_streamed_call_arrives_in_pieces(call):
    plain = call().choices[0].message.tool_calls[0]
    pieces = [chunk.choices[0].delta.tool_calls[0] for chunk in call(stream=True) if chunk.choices[0].delta.tool_calls]
    head, *rest = pieces
    assert head.id.startswith("call_") and head.type == "function" and head.function.name == "get_weather"
    assert all(piece.index == 0 for piece in pieces)
    assert all(piece.id is None and piece.function.name is None for piece in rest)
    assert len(rest) >= 2
    assert "".join(piece.function.arguments for piece in pieces) == plain.function.arguments


def test_stream_with_tools_ends_with_tool_calls_and_leaks_no_markup(call):
    chunks = list(call(stream=True))
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).strip() == ""


def test_stream_helper_collects_the_call(client, model):
    with client.chat.completions.stream(
            model=model, messages=CONVERSATION, tools=[WEATHER], temperature=0, max_completion_tokens=64) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.delta" in kinds and "tool_calls.function.arguments.done" in kinds
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments) == {"city": "Rome"}


def test_generic_tool_prompt_is_announced(call):
    warnings = call().to_dict()["x_diptych"]["warnings"]
    assert any("tool" in warning["message"].lower() for warning in warnings)


def test_plain_answers_carry_no_warning(ask):
    assert not (ask("Hi", max_completion_tokens=1).to_dict().get("x_diptych") or {}).get("warnings")


def test_tool_choice_none_gives_text(call):
    choice = call(tool_choice="none").choices[0]
    assert choice.message.tool_calls is None
    assert choice.finish_reason in ("stop", "length")


def test_tools_are_part_of_the_prompt(call, ask):
    with_tools = call(max_completion_tokens=1).usage.prompt_tokens
    without = ask("", messages=CONVERSATION, max_completion_tokens=1).usage.prompt_tokens
    assert with_tools > without + 40


def test_result_of_a_tool_reaches_the_model(ask):
    messages = [*CONVERSATION,
                {"role": "assistant", "content": None, "tool_calls": [
                    {"id": "call_9", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'}}]},
                {"role": "tool", "tool_call_id": "call_9", "content": "snowy"}]
    answer = ask("", messages=messages, tools=[WEATHER]).choices[0]
    assert "snowy" in (answer.message.content or "")


def test_tools_with_logprobs_and_stream(call):
    chunks = list(call(stream=True, logprobs=True, top_logprobs=1))
    items = [item for chunk in chunks if chunk.choices[0].logprobs for item in chunk.choices[0].logprobs.content or []]
    assert items and all(item.top_logprobs for item in items)


def test_legacy_functions_answer_with_function_call(ask):
    choice = ask("", messages=CONVERSATION, functions=[WEATHER["function"]], max_completion_tokens=64).choices[0]
    assert choice.finish_reason == "function_call"
    assert choice.message.function_call.name == "get_weather"


@pytest.mark.parametrize("tool_choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_forced_choice_is_a_call_whose_arguments_match(call, tool_choice):
    choice = call(tool_choice=tool_choice, parallel_tool_calls=False, max_completion_tokens=80).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls[0].function.name == "get_weather"
    assert "city" in json.loads(choice.message.tool_calls[0].function.arguments)


CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}


@pytest.mark.parametrize("response_format", [
    {"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": CITY}}])
def test_structured_output_is_json_and_ends(ask, response_format):
    choice = ask("Answer in JSON: the city of the Eiffel tower?", response_format=response_format, max_completion_tokens=60,
                 extra_body={"close_within_limit": True}).choices[0]
    assert choice.finish_reason == "stop"
    answer = json.loads(choice.message.content)
    assert isinstance(answer, dict)
    if response_format["type"] == "json_schema":
        assert list(answer) == ["city"]


def test_a_streamed_structured_answer_is_the_same(ask):
    options = dict(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": CITY}}, temperature=0)
    whole = ask("The city of the Eiffel tower?", **options).choices[0].message.content
    pieces = ask("The city of the Eiffel tower?", stream=True, **options)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in pieces if chunk.choices) == whole


@pytest.mark.parametrize(("extra", "pattern"), [
    ({"guided_choice": ["yes", "no"]}, r"yes|no"), ({"guided_regex": r"[A-Z][a-z]{2,8}\."}, r"[A-Z][a-z]{2,8}\."),
    ({"grammar": 'root ::= "<" [0-9]{1,3} ">"'}, r"<[0-9]{1,3}>"), ({"guided_json": CITY, "close_within_limit": True}, r'\{\s*"city".*\}')])
def test_local_grammars_are_kept(ask, extra, pattern):
    answer = ask("Is the sky blue?", extra_body=extra, max_completion_tokens=100).choices[0]
    assert re.fullmatch(pattern, answer.message.content, re.S), answer.message.content


@pytest.mark.parametrize(("schema", "code"), [
    ({"type": "string", "pattern": r"(a)\1"}, "unsupported_regex"), ({"type": "strin"}, "malformed_schema"), (False, "unsatisfiable")])
def test_schemas_that_cannot_be_kept_are_refused_before_any_token(ask, schema, code):
    with pytest.raises(openai.BadRequestError) as caught:
        ask("x", response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})
    assert caught.value.param == "response_format.json_schema.schema"
    assert caught.value.code == code
