import openai
import pytest

CAPITAL = "What is the capital of France? Answer in one sentence."
STORY = "Tell me a long story about a lighthouse."
SHORTEST = ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
            "response.output_text.delta", "response.output_text.done", "response.content_part.done",
            "response.output_item.done", "response.completed"]


@pytest.fixture
def stream(client, model):
    def start(question=CAPITAL, **fields):
        return client.responses.create(**{"model": model, "input": question, "temperature": 0, "max_output_tokens": 32, "stream": True, **fields})
    return start


def without_repeats(kinds):
    return [kind for index, kind in enumerate(kinds) if index == 0 or kinds[index - 1] != kind]


def test_events_come_in_order_with_numbers_and_indexes(stream):
    events = list(stream())
    assert without_repeats([event.type for event in events]) == SHORTEST
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].response.status == "in_progress" and events[0].response.output == []
    added = events[2].item
    assert added.status == "in_progress" and added.content == []
    for event in events:
        if event.type.startswith(("response.output_text", "response.content_part")):
            assert (event.item_id, event.output_index, event.content_index) == (added.id, 0, 0)
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    final = events[-1].response
    assert text == final.output_text == next(e.text for e in events if e.type == "response.output_text.done")
    assert final.usage.output_tokens > 0
    assert events[-2].item.to_dict() == final.output[0].to_dict()


def test_streamed_text_equals_the_plain_answer(stream, client, model):
    plain = client.responses.create(model=model, input=CAPITAL, temperature=0, max_output_tokens=32)
    assert list(stream())[-1].response.output_text == plain.output_text


def test_cut_stream_ends_incomplete(stream):
    last = list(stream(STORY, max_output_tokens=16))[-1]
    assert last.type == "response.incomplete"
    assert last.response.status == "incomplete" and last.response.incomplete_details.reason == "max_output_tokens"


def test_stream_helper_accumulates(client, model):
    with client.responses.stream(model=model, input=CAPITAL, temperature=0, max_output_tokens=32) as events:
        snapshots = [event.snapshot for event in events if event.type == "response.output_text.delta"]
        final = events.get_final_response()
    assert snapshots[-1] == final.output_text
    assert "Paris" in final.output_text


def test_logprobs_in_events(stream):
    events = list(stream(include=["message.output_text.logprobs"], top_logprobs=1))
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert all(event.logprobs for event in deltas if event.delta)
    assert "".join(item.token for event in deltas for item in event.logprobs) == events[-1].response.output_text


def test_background_stream_can_be_replayed_from_any_number(client, stream):
    events = list(stream(background=True))
    response_id = events[0].response.id
    for start in (0, 3, len(events) - 2):
        replayed = list(client.responses.retrieve(response_id, stream=True, starting_after=start))
        assert [(e.sequence_number, e.type) for e in replayed] == [(e.sequence_number, e.type) for e in events[start + 1:]]


def test_replay_of_a_foreground_stream_is_refused_by_name(client, stream):
    events = list(stream())
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.retrieve(events[0].response.id, stream=True)
    assert caught.value.param == "stream"


def test_background_stream_survives_its_reader_and_resumes(client, stream):
    running = stream(STORY, background=True, max_output_tokens=120, extra_body={"ignore_eos": True})
    seen = []
    for event in running:
        seen.append(event)
        if event.type == "response.output_text.delta" and len(seen) > 8:
            break
    running.close()
    response_id = seen[0].response.id
    rest = list(client.responses.retrieve(response_id, stream=True, starting_after=seen[-1].sequence_number))
    numbers = [event.sequence_number for event in seen + rest]
    assert numbers == list(range(len(numbers)))
    text = "".join(event.delta for event in seen + rest if event.type == "response.output_text.delta")
    final = rest[-1].response
    assert rest[-1].type == "response.incomplete" and final.usage.output_tokens == 120
    assert text == final.output_text == client.responses.retrieve(response_id).output_text


def test_helper_resumes_by_number(client, stream):
    events = list(stream(background=True))
    with client.responses.stream(response_id=events[0].response.id, starting_after=2) as resumed:
        final = resumed.get_final_response()
    assert final.output_text == events[-1].response.output_text


def test_background_stream_announces_the_queue(stream):
    kinds = without_repeats([event.type for event in stream(background=True)])
    assert kinds[0] == "response.created"
    assert [kind for kind in kinds if kind != "response.queued"] == SHORTEST


def test_cancelled_background_stream_ends(client, stream):
    running = stream(STORY, background=True, max_output_tokens=4000, extra_body={"ignore_eos": True})
    response_id = next(iter(running)).response.id
    assert client.responses.cancel(response_id).status == "cancelled"
    assert not any(event.type == "response.completed" for event in running)
    assert client.responses.retrieve(response_id).status == "cancelled"


def test_function_call_events(stream):
    tool = {"type": "function", "name": "get_weather", "description": "The weather in a city.", "strict": False,
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
    history = []
    for number, city in enumerate(("Paris", "London", "Madrid")):
        history += [{"role": "user", "content": f"What is the weather in {city}?"},
                    {"type": "function_call", "call_id": f"call_{number}", "name": "get_weather", "arguments": f'{{"city": "{city}"}}'},
                    {"type": "function_call_output", "call_id": f"call_{number}", "output": "sunny"},
                    {"role": "assistant", "content": f"The weather in {city} is sunny."}]
    events = list(stream([*history, {"role": "user", "content": "What is the weather in Rome?"}], tools=[tool], max_output_tokens=64))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    done = next(event for event in events if event.type == "response.function_call_arguments.done")
    pieces = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert "".join(pieces) == done.arguments and "Rome" in done.arguments and done.name == "get_weather"
    added = next(event.item for event in events if event.type == "response.output_item.added" and event.item.type == "function_call")
    assert added.name == "get_weather" and added.id == done.item_id
