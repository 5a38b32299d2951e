import math

import pytest

STORY = "Tell me a story about a lighthouse."
EMOJI = "Repeat after me: 😀🚀 é 日本語 😀🚀 é 日本語"


def joined(items):
    return b"".join(bytes(item.bytes or []) for item in items)


def assert_same_text(items, text):
    """The token limit may cut the last character in two: its bytes are listed, the text has it replaced or left out."""
    assert joined(items).decode(errors="ignore") == text.rstrip("\ufffd")


def check_items(items, top):
    for item in items:
        assert item.logprob <= 0
        assert len(item.top_logprobs) == top
        values = [other.logprob for other in item.top_logprobs]
        assert values == sorted(values, reverse=True)
        assert sum(map(math.exp, values)) <= 1 + 1e-4
        for other in item.top_logprobs:
            if other.token == item.token and other.bytes == item.bytes:
                assert other.logprob == item.logprob


@pytest.mark.parametrize("top", [0, 1, 5, 20])
def test_every_token_of_the_text_is_listed(ask, top):
    choice = ask(STORY, logprobs=True, top_logprobs=top).choices[0]
    items = choice.logprobs.content
    assert joined(items).decode() == choice.message.content
    assert "".join(item.token for item in items) == choice.message.content
    assert choice.logprobs.refusal is None
    check_items(items, top)


def test_without_top_logprobs_the_lists_are_empty(ask):
    assert all(item.top_logprobs == [] for item in ask(STORY, logprobs=True).choices[0].logprobs.content)


def test_greedy_token_is_the_likeliest(ask):
    for item in ask(STORY, logprobs=True, top_logprobs=2).choices[0].logprobs.content:
        assert item.logprob == item.top_logprobs[0].logprob


def test_values_do_not_depend_on_temperature_or_bias(ask):
    plain = ask(STORY, max_completion_tokens=1, logprobs=True, top_logprobs=3).choices[0].logprobs.content[0]
    warm = ask(STORY, max_completion_tokens=1, logprobs=True, top_logprobs=3, temperature=0.7, seed=1, top_p=0.5,
               logit_bias={"5000": 5}).choices[0].logprobs.content[0]
    assert [i.token for i in warm.top_logprobs] == [i.token for i in plain.top_logprobs]
    for a, b in zip(warm.top_logprobs, plain.top_logprobs):
        assert a.logprob == pytest.approx(b.logprob, abs=1e-4)


def test_streamed_logprobs_belong_to_the_text_of_their_chunk(ask, client, model):
    chunks = list(client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": STORY}], temperature=0, max_completion_tokens=24,
        logprobs=True, top_logprobs=2, stream=True))
    items = []
    for chunk in chunks:
        choice = chunk.choices[0]
        own = choice.logprobs.content if choice.logprobs and choice.logprobs.content else []
        assert joined(own).decode() == (choice.delta.content or "")
        items += own
    check_items(items, 2)
    plain = ask(STORY, logprobs=True, top_logprobs=2).choices[0].logprobs.content
    assert [(i.token, i.logprob) for i in items] == [(i.token, pytest.approx(i.logprob, abs=1e-4)) for i in plain]


def test_bytes_are_exact_when_a_character_spans_tokens(client, model):
    echoed = client.completions.create(model=model, prompt=EMOJI, max_tokens=0, echo=True, logprobs=0)
    assert echoed.choices[0].text == EMOJI
    choice = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": EMOJI}], temperature=0, max_completion_tokens=40,
        logprobs=True).choices[0]
    assert any(ord(character) > 0x7F for character in choice.message.content), "the prompt no longer provokes such tokens"
    assert_same_text(choice.logprobs.content, choice.message.content)


def test_split_characters_are_held_back_in_a_stream(client, model):
    chunks = list(client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": EMOJI}], temperature=0, max_completion_tokens=40,
        logprobs=True, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert "�" not in text[:-1]
    items = [item for chunk in chunks if chunk.choices[0].logprobs for item in chunk.choices[0].logprobs.content or []]
    assert_same_text(items, text)


def test_logprobs_with_n(ask):
    for choice in ask(STORY, n=2, temperature=1, seed=2, logprobs=True, max_completion_tokens=8).choices:
        assert joined(choice.logprobs.content).decode() == choice.message.content
