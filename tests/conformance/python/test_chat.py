import concurrent.futures

import pytest

CAPITAL = "What is the capital of France? Answer in one sentence."
STORY = "Tell me a story about a lighthouse."


def text_of(completion):
    return completion.choices[0].message.content


def test_answer_has_the_documented_shape(ask, model):
    completion = ask(CAPITAL)
    assert completion.id.startswith("chatcmpl-")
    assert completion.object == "chat.completion"
    assert completion.model == model
    assert completion.system_fingerprint.startswith("fp_")
    (choice,) = completion.choices
    assert choice.index == 0
    assert choice.finish_reason == "stop"
    assert choice.logprobs is None
    assert choice.message.role == "assistant"
    assert choice.message.refusal is None
    assert choice.message.tool_calls is None
    assert "tool_calls" not in choice.message.to_dict()
    assert "Paris" in choice.message.content
    usage = completion.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert 0 < usage.completion_tokens <= 24


def test_request_id_is_on_every_answer(ask, client):
    ids = {ask("Hi", max_completion_tokens=1)._request_id, client.models.list()._request_id}
    assert len(ids) == 2 and all(ids)


def test_processing_time_and_version_headers(client, model):
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": "Hi"}], max_tokens=1)
    assert raw.headers["openai-version"] == "2020-10-01"
    assert float(raw.headers["openai-processing-ms"]) >= 0
    assert raw.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("limit", [1, 7])
def test_token_limit_is_exact(client, model, field, limit):
    completion = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": STORY}], temperature=0, **{field: limit})
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage.completion_tokens == limit


def test_default_limit_is_the_context_not_sixteen_tokens(client, model):
    completion = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Count from one to ten in words."}], temperature=0, stop=["ten"])
    assert completion.usage.completion_tokens > 16


def test_stop_string_cuts_before_it_and_may_span_tokens(ask):
    full = text_of(ask(STORY, max_completion_tokens=40))
    middle = full[len(full) // 2:][:7]  # any seven characters: starts and ends inside tokens
    cut = ask(STORY, max_completion_tokens=40, stop=middle)
    assert text_of(cut) == full[:full.index(middle)]
    assert cut.choices[0].finish_reason == "stop"


def test_first_of_several_stop_strings_wins(ask):
    full = text_of(ask(STORY, max_completion_tokens=40))
    words = full.split()
    early, late = f" {words[3]} ", f" {words[8]} "
    assert text_of(ask(STORY, max_completion_tokens=40, stop=["@@@", late, early])) == full[:full.index(early)]


def test_n_choices_are_counted_and_greedy_ones_are_equal(ask):
    one, three = ask(STORY, max_completion_tokens=6), ask(STORY, max_completion_tokens=6, n=3)
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert {choice.message.content for choice in three.choices} == {text_of(one)}
    assert three.usage.completion_tokens == 18
    assert three.usage.prompt_tokens == one.usage.prompt_tokens


def test_sampled_choices_differ(ask):
    three = ask(STORY, n=3, temperature=1, seed=5)
    assert len({choice.message.content for choice in three.choices}) == 3


def test_same_seed_same_text_other_seed_other_text(ask):
    texts = [text_of(ask(STORY, temperature=1, seed=seed)) for seed in (11, 11, 12)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("temperature", [0, 1])
def test_text_does_not_depend_on_who_else_is_served(ask, temperature):
    def one(number):
        return text_of(ask(f"{STORY} Number {number}.", temperature=temperature, seed=number, max_completion_tokens=32))
    alone = one(0)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        beside_others = list(pool.map(one, range(16)))
    assert beside_others[0] == alone
    assert len(set(beside_others)) > 1


@pytest.mark.parametrize("fields", [
    {"top_p": 1e-6}, {"extra_body": {"top_k": 1}}, {"extra_body": {"min_p": 1.0}}, {"extra_body": {"typical_p": 1e-6, "top_k": 1}}])
def test_truncation_to_the_likeliest_token_is_greedy(ask, fields):
    assert text_of(ask(STORY, temperature=1, seed=3, **fields)) == text_of(ask(STORY))


@pytest.mark.parametrize("fields", [
    {"frequency_penalty": 2.0}, {"presence_penalty": 2.0}, {"extra_body": {"repetition_penalty": 1.8}}])
def test_penalty_changes_a_repetitive_answer(ask, fields):
    prompt = "Repeat the word tree twenty times."
    assert text_of(ask(prompt, max_completion_tokens=40, **fields)) != text_of(ask(prompt, max_completion_tokens=40))


def test_logit_bias_of_100_forces_the_token_and_minus_100_bans_it(ask):
    forced = ask(STORY, max_completion_tokens=5, logit_bias={"5000": 100}, logprobs=True)
    pieces = [item.token for item in forced.choices[0].logprobs.content]
    assert len(pieces) == 5 and len(set(pieces)) == 1
    banned = ask(STORY, max_completion_tokens=5, logit_bias={"5000": -100}, logprobs=True)
    assert pieces[0] not in [item.token for item in banned.choices[0].logprobs.content]


def test_ignore_eos_and_min_tokens_go_past_the_end(ask):
    natural = ask(CAPITAL).usage.completion_tokens
    ignored = ask(CAPITAL, max_completion_tokens=natural + 9, extra_body={"ignore_eos": True})
    assert ignored.usage.completion_tokens == natural + 9
    assert ignored.choices[0].finish_reason == "length"
    longer = ask(CAPITAL, max_completion_tokens=natural + 9, extra_body={"min_tokens": natural + 5})
    assert longer.usage.completion_tokens >= natural + 5


@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_reach_the_model(ask, role):
    def count(*messages):
        return ask("", messages=list(messages), max_completion_tokens=1).usage.prompt_tokens
    short = count({"role": role, "content": "Answer."}, {"role": "user", "content": "Hi"})
    long = count({"role": role, "content": "Answer." + " word" * 40}, {"role": "user", "content": "Hi"})
    assert long - short == 40


def test_text_parts_are_joined_and_earlier_turns_are_read(ask):
    def answer(first, last):
        return ask("", messages=[{"role": "user", "content": first}, {"role": "assistant", "content": "Hello Ada."},
                                 {"role": "user", "content": last}])
    parts = answer([{"type": "text", "text": "My name is Ada."}], [{"type": "text", "text": "What is"}, {"type": "text", "text": "my name?"}])
    plain = answer("My name is Ada.", "What is\nmy name?")
    assert (text_of(parts), parts.usage.prompt_tokens) == (text_of(plain), plain.usage.prompt_tokens)
    longer = answer("My name is Ada." + " word" * 30, "What is\nmy name?")
    assert longer.usage.prompt_tokens == plain.usage.prompt_tokens + 30


def test_repeated_prefix_is_served_from_the_cache_with_the_same_answer(ask):
    prompt = "Remember these words: " + " ".join(f"word{i}" for i in range(120)) + ". What was the first word?"
    first, second = ask(prompt), ask(prompt)
    assert text_of(first) == text_of(second)
    details = second.usage.prompt_tokens_details
    assert 0 < details.cached_tokens < second.usage.prompt_tokens
    assert second.usage.prompt_tokens == first.usage.prompt_tokens


def test_fields_about_the_caller_are_accepted(ask):
    completion = ask("Hi", user="u1", safety_identifier="s1", metadata={"a": "b"}, service_tier="auto",
                     prompt_cache_key="k", max_completion_tokens=2)
    assert completion.service_tier == "default"


def test_parallel_requests_on_one_client_all_succeed(ask):
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda i: ask(f"Say the number {i}.", max_completion_tokens=4), range(48)))
    assert all(answer.usage.completion_tokens > 0 for answer in answers)
