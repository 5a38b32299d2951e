import time

import openai
import pytest

CAPITAL = "What is the capital of France? Answer in one sentence."
STORY = "Tell me a long story about a lighthouse."


@pytest.fixture
def respond(client, model):
    def create(question=CAPITAL, **fields):
        return client.responses.create(**{"model": model, "input": question, "temperature": 0, "max_output_tokens": 32, **fields})
    return create


def wait_for(client, response_id, statuses, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        response = client.responses.retrieve(response_id)
        if response.status in statuses:
            return response
        time.sleep(0.05)
    raise AssertionError(f"{response_id} is {response.status} after {seconds} s, wanted {statuses}")


def test_answer_has_the_documented_shape(respond, model, ask):
    response = respond()
    assert response.id.startswith("resp_") and response.object == "response"
    assert response.status == "completed" and response.error is None and response.incomplete_details is None
    assert response.model == model
    assert response.temperature == 0 and response.max_output_tokens == 32
    assert response.parallel_tool_calls is True and response.tools == [] and response.tool_choice == "auto"
    assert response.previous_response_id is None and response.instructions is None
    (item,) = response.output
    assert item.type == "message" and item.role == "assistant" and item.status == "completed" and item.id.startswith("msg_")
    (part,) = item.content
    assert part.type == "output_text" and part.annotations == []
    assert response.output_text == ask(CAPITAL, max_completion_tokens=32).choices[0].message.content
    usage = response.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert usage.input_tokens_details.cached_tokens >= 0 and usage.output_tokens_details.reasoning_tokens == 0
    assert response.completed_at >= response.created_at


def test_cut_answer_is_incomplete_and_says_why(respond):
    response = respond(STORY, max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage.output_tokens == 16
    assert response.output[0].status == "incomplete"


def test_input_items_in_every_form(respond):
    forms = ["My name is Ada. What is my name?",
             [{"role": "user", "content": "My name is Ada. What is my name?"}],
             [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "My name is Ada. What is my name?"}]}]]
    answers = {respond(form).output_text for form in forms}
    assert len(answers) == 1


def test_instructions_are_used_and_echoed(respond):
    with_them = respond(instructions="Answer in French." + " Please." * 20)
    assert with_them.instructions.startswith("Answer in French.")
    assert with_them.usage.input_tokens > respond().usage.input_tokens + 10


def test_stored_by_default_and_deletable(client, respond):
    response = respond()
    again = client.responses.retrieve(response.id)
    assert again.output_text == response.output_text
    assert again.usage.to_dict() == response.usage.to_dict()
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_store_false_is_not_kept_and_no_parent(client, respond):
    response = respond(store=False)
    assert response.store is False
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as caught:
        respond(previous_response_id=response.id)
    assert caught.value.param == "previous_response_id"


def test_previous_response_brings_the_conversation_without_its_instructions(client, respond):
    first = respond("My name is Ada. Remember it.", instructions="Be brief.")
    second = respond("What is my name?", previous_response_id=first.id)
    spelled_out = respond([{"role": "user", "content": "My name is Ada. Remember it."},
                           {"role": "assistant", "content": first.output_text}, {"role": "user", "content": "What is my name?"}])
    assert second.previous_response_id == first.id
    assert second.instructions is None
    assert second.usage.input_tokens == spelled_out.usage.input_tokens
    assert second.output_text == spelled_out.output_text
    third = respond("And once more?", previous_response_id=second.id)
    assert third.usage.input_tokens > second.usage.input_tokens > first.usage.input_tokens


def test_input_items_include_the_ancestors(client, respond):
    first = respond("My name is Ada.")
    second = respond("What is my name?", previous_response_id=first.id)
    items = list(client.responses.input_items.list(second.id, order="asc"))
    assert [item.role for item in items] == ["user", "assistant", "user"]
    assert items[0].content[0].text == "My name is Ada."
    assert items[1].content[0].text == first.output_text
    assert len({item.id for item in items}) == 3
    newest_first = client.responses.input_items.list(second.id, limit=1)
    assert newest_first.data[0].content[0].text == "What is my name?" and newest_first.has_more


def test_input_tokens_counts_what_create_would(client, model, respond):
    counted = client.responses.input_tokens.count(model=model, input=CAPITAL)
    assert counted.object == "response.input_tokens"
    assert counted.input_tokens == respond().usage.input_tokens


def test_background_runs_without_the_caller(client, respond):
    response = respond(background=True)
    assert response.status in ("queued", "in_progress") and response.background is True
    done = wait_for(client, response.id, {"completed"})
    assert "Paris" in done.output_text
    assert done.output_text == respond().output_text


def test_background_can_be_cancelled(client, respond):
    response = respond(STORY, background=True, max_output_tokens=4000, extra_body={"ignore_eos": True})
    cancelled = client.responses.cancel(response.id)
    assert cancelled.status == "cancelled"
    assert client.responses.cancel(response.id).status == "cancelled"  # again: the same answer
    assert client.responses.retrieve(response.id).status == "cancelled"


def test_only_background_responses_can_be_cancelled(client, respond):
    with pytest.raises(openai.BadRequestError):
        client.responses.cancel(respond().id)


def test_background_needs_store(respond):
    with pytest.raises(openai.BadRequestError) as caught:
        respond(background=True, store=False)
    assert caught.value.param in ("background", "store")


def test_logprobs_when_asked_for(respond):
    part = respond(include=["message.output_text.logprobs"], top_logprobs=2).output[0].content[0]
    assert b"".join(bytes(item.bytes) for item in part.logprobs).decode() == part.text
    assert all(len(item.top_logprobs) == 2 for item in part.logprobs)


def test_metadata_and_caller_are_echoed(client, respond):
    response = respond(metadata={"a": "b"}, user="u1")
    assert client.responses.retrieve(response.id).metadata == {"a": "b"}
    assert response.user == "u1"


def test_function_call_and_its_output(respond):
    tool = {"type": "function", "name": "get_weather", "description": "The weather in a city.", "strict": False,
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
    history = []
    for number, city in enumerate(("Paris", "London", "Madrid")):
        history += [{"role": "user", "content": f"What is the weather in {city}?"},
                    {"type": "function_call", "call_id": f"call_{number}", "name": "get_weather", "arguments": f'{{"city": "{city}"}}'},
                    {"type": "function_call_output", "call_id": f"call_{number}", "output": "sunny"},
                    {"role": "assistant", "content": f"The weather in {city} is sunny."}]
    history.append({"role": "user", "content": "What is the weather in Rome?"})
    response = respond(history, tools=[tool], max_output_tokens=64)
    call = next(item for item in response.output if item.type == "function_call")
    assert call.name == "get_weather" and "Rome" in call.arguments
    assert call.call_id.startswith("call_") and call.id.startswith("fc_") and call.status == "completed"
    answer = respond([{"type": "function_call_output", "call_id": call.call_id, "output": "snowy"}],
                     previous_response_id=response.id, tools=[tool])
    assert "snowy" in answer.output_text


BAD = [
    ({"temperature": 3}, "temperature"), ({"max_output_tokens": 15}, "max_output_tokens"), ({"include": ["nope"]}, "include"),
    ({"tools": [{"type": "web_search"}]}, "tools"), ({"previous_response_id": "resp_nope"}, "previous_response_id"),
    ({"input": [{"type": "function_call_output", "call_id": "call_x", "output": "y"}]}, "input"), ({"input": []}, "input"),
    ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input"), ({"truncation": "sometimes"}, "truncation"),
    ({"text": {"format": {"type": "xml"}}}, "text"), ({"prompt": {"id": "p"}}, "prompt"), ({"extra_body": {"frobnicate": 1}}, "frobnicate"),
    ({"metadata": {"k": 5}}, "metadata"), ({"reasoning": {"effort": "banana"}}, "reasoning"), ({"service_tier": "gold"}, "service_tier")]


@pytest.mark.parametrize("fields, param", BAD, ids=[f"{param}-{i}" for i, (_, param) in enumerate(BAD)])
def test_bad_values_are_refused_by_name(respond, fields, param):
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as caught:
        respond(**fields)
    assert caught.value.param.startswith(param)


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model="gpt-99", input="Hi")
    assert caught.value.code == "model_not_found"
