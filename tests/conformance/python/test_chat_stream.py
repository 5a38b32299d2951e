import pytest

STORY = "Tell me a story about a lighthouse."


@pytest.fixture
def stream(client, model):
    def start(content=STORY, **fields):
        fields = {"model": model, "max_completion_tokens": 24, "temperature": 0, **fields}
        return client.chat.completions.create(messages=[{"role": "user", "content": content}], stream=True, **fields)
    return start


def test_chunks_follow_the_documented_sequence(stream, model):
    chunks = list(stream())
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk.id, chunk.created, chunk.model, chunk.system_fingerprint) for chunk in chunks}) == 1
    assert chunks[0].model == model
    first, last = chunks[0].choices[0], chunks[-1].choices[0]
    assert first.delta.role == "assistant" and first.delta.content == ""
    assert all(chunk.choices[0].delta.role is None for chunk in chunks[1:])
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert last.finish_reason == "length"
    assert last.delta.to_dict() == {}
    assert all("usage" not in chunk.to_dict() for chunk in chunks)


def test_streamed_text_equals_the_plain_answer(stream, ask):
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream())
    assert text == ask(STORY).choices[0].message.content


def test_text_comes_in_pieces_not_at_the_end(stream):
    pieces = [chunk.choices[0].delta.content for chunk in stream(max_completion_tokens=64) if chunk.choices[0].delta.content]
    assert len(pieces) > 8


def test_include_usage_adds_one_last_chunk(stream, ask):
    chunks = list(stream(stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    plain = ask(STORY).usage
    assert chunks[-1].usage.completion_tokens == plain.completion_tokens
    assert chunks[-1].usage.prompt_tokens == plain.prompt_tokens
    assert all("usage" in chunk.to_dict() and chunk.usage is None for chunk in chunks[:-1])
    assert chunks[-2].choices[0].finish_reason == "length"


def test_stop_string_never_shows_in_the_stream(stream, ask):
    full = ask(STORY, max_completion_tokens=40).choices[0].message.content
    middle = full[len(full) // 2:][:7]
    chunks = list(stream(max_completion_tokens=40, stop=[middle]))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == full[:full.index(middle)]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_several_choices_interleave_by_index(stream):
    texts, finished = {0: "", 1: "", 2: ""}, []
    for chunk in stream(n=3, temperature=1, seed=4, stream_options={"include_usage": True}):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            finished += [choice.index] if choice.finish_reason else []
        usage = chunk.usage
    assert sorted(finished) == [0, 1, 2]
    assert len(set(texts.values())) == 3
    assert usage.completion_tokens > 24


def test_stream_helper_builds_the_same_completion(client, model, ask):
    plain = ask("What is the capital of France? Answer in one sentence.")
    with client.chat.completions.stream(
            model=model, temperature=0, max_completion_tokens=24,
            messages=[{"role": "user", "content": "What is the capital of France? Answer in one sentence."}]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "content.delta" in kinds and kinds.count("content.done") == 1
    assert final.choices[0].message.content == plain.choices[0].message.content
    assert final.choices[0].finish_reason == "stop"


def test_connection_is_kept_after_a_stream(server):
    connection = server.open_chat(max_tokens=4)
    local = connection.sock.getsockname()
    for _ in range(3):
        answer = connection.getresponse()
        assert b"data: [DONE]" in answer.read()
        if answer.headers.get("Connection", "").lower() == "close":
            return  # said so: as good
        server.open_chat(connection=connection, max_tokens=4)
        assert connection.sock.getsockname() == local
    connection.close()


def test_stream_frames_are_what_clients_parse(server):
    connection = server.open_chat(max_tokens=3)
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    frames = answer.read().decode().split("\n\n")
    connection.close()
    assert frames[-1] == "" and frames[-2] == "data: [DONE]"
    assert all(frame.startswith(("data: {", ":")) and "\n" not in frame for frame in frames[:-2])
    assert not any(frame.startswith("id:") for frame in frames)


def test_leaving_a_stream_early_leaves_the_client_usable(stream, ask):
    for _ in range(3):
        running = stream(max_completion_tokens=400)
        next(iter(running))
        running.close()
    assert ask("Hi", max_completion_tokens=2).usage.completion_tokens <= 2
