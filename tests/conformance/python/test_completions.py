import math

import openai
import pytest

PROMPT = "The capital of France is"


@pytest.fixture
def complete(client, model):
    def create(prompt=PROMPT, **fields):
        return client.completions.create(**{"model": model, "prompt": prompt, "temperature": 0, "max_tokens": 12, **fields})
    return create


def test_continues_the_prompt(complete):
    completion = complete()
    assert completion.id.startswith("cmpl-")
    assert completion.object == "text_completion"
    assert "Paris" in completion.choices[0].text
    assert completion.choices[0].logprobs is None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_default_limit_is_16_tokens(client, model):
    completion = client.completions.create(model=model, prompt="Once upon a time", temperature=0, extra_body={"ignore_eos": True})
    assert completion.usage.completion_tokens == 16
    assert completion.choices[0].finish_reason == "length"


def test_stream_gives_the_same_text(complete):
    chunks = list(complete(stream=True, stream_options={"include_usage": True}))
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == complete().choices[0].text
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == complete().usage.completion_tokens


def test_echo_puts_the_prompt_first(complete):
    assert complete(echo=True).choices[0].text == PROMPT + complete().choices[0].text


def test_echo_without_generation_scores_the_prompt(complete):
    choice = complete(echo=True, max_tokens=0, logprobs=1).choices[0]
    assert choice.text == PROMPT
    scores = choice.logprobs
    assert "".join(scores.tokens) == PROMPT
    assert scores.token_logprobs[0] is None
    assert all(value <= 0 for value in scores.token_logprobs[1:])
    assert all(PROMPT[offset:].startswith(token) for token, offset in zip(scores.tokens, scores.text_offset))


def test_logprobs_agree_between_echo_and_generation(complete):
    generated = complete(logprobs=2)
    text = generated.choices[0].text
    scored = complete(PROMPT + text, echo=True, max_tokens=0, logprobs=2).choices[0].logprobs
    own = generated.choices[0].logprobs
    assert "".join(own.tokens) == text
    assert scored.tokens[-len(own.tokens):] == own.tokens
    for a, b in zip(own.token_logprobs, scored.token_logprobs[-len(own.tokens):]):
        assert a == pytest.approx(b, abs=0.02)  # another batch shape: close, not bit equal


@pytest.mark.parametrize("count", [0, 3, 5])
def test_top_logprobs_list_the_likeliest(complete, count):
    scores = complete(logprobs=count).choices[0].logprobs
    assert scores.text_offset == [sum(map(len, scores.tokens[:i])) for i in range(len(scores.tokens))]
    for value, top in zip(scores.token_logprobs, scores.top_logprobs or [{}] * len(scores.tokens)):
        assert count <= len(top) <= count + 1 or count == 0
        assert not top or max(top.values()) == value  # greedy


def test_several_prompts_and_choices_are_numbered_prompt_by_prompt(complete):
    completion = complete([PROMPT, "One, two, three,"], n=2, max_tokens=4)
    assert [choice.index for choice in completion.choices] == [0, 1, 2, 3]
    texts = [choice.text for choice in completion.choices]
    assert texts[0] == texts[1] != texts[2] == texts[3]
    assert completion.usage.completion_tokens == 16


def test_token_ids_are_a_prompt(complete):
    by_ids = complete([504, 3575, 282, 4649, 314], echo=True)
    assert by_ids.usage.prompt_tokens == 5
    again = complete([[504, 3575, 282, 4649, 314]], echo=True)
    assert again.choices[0].text == by_ids.choices[0].text


def test_stop_and_seed(complete):
    full = complete(max_tokens=30).choices[0].text
    middle = full[len(full) // 2:][:5]
    assert complete(max_tokens=30, stop=middle).choices[0].text == full[:full.index(middle)]
    sampled = [complete(temperature=1, seed=seed).choices[0].text for seed in (1, 1, 2)]
    assert sampled[0] == sampled[1] != sampled[2]


def test_best_of_returns_the_likeliest(complete):
    best = complete(temperature=1, seed=9, best_of=4, n=1, logprobs=0)
    four = complete(temperature=1, seed=9, n=4, logprobs=0)

    def mean(choice):
        return math.fsum(choice.logprobs.token_logprobs) / len(choice.logprobs.token_logprobs)
    assert mean(best.choices[0]) == pytest.approx(max(map(mean, four.choices)), abs=1e-3)


@pytest.mark.parametrize("fields, param", [
    ({"logprobs": 6}, "logprobs"), ({"max_tokens": -1}, "max_tokens"), ({"best_of": 1, "n": 2}, "best_of"),
    ({"prompt": []}, "prompt"), ({"prompt": [[]]}, "prompt"), ({"prompt": [10**8]}, "prompt"), ({"stop": ["a"] * 5}, "stop"),
    ({"suffix": "!"}, "suffix"), ({"extra_body": {"messages": []}}, "messages")])
def test_bad_values_are_refused_by_name(complete, fields, param):
    with pytest.raises(openai.BadRequestError) as caught:
        complete(**fields)
    assert caught.value.param.startswith(param)
