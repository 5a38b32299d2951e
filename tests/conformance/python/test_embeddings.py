import math

import openai
import pytest


@pytest.fixture
def embed(client, model):
    def create(text, **fields):
        return client.embeddings.create(model=model, input=text, **fields)
    return create


def cosine(a, b):
    return math.fsum(x * y for x, y in zip(a, b))


def test_default_encoding_arrives_as_numbers(embed, model):
    answer = embed("A lighthouse by the sea.")
    assert answer.object == "list" and answer.model == model
    (row,) = answer.data
    assert row.object == "embedding" and row.index == 0
    assert len(row.embedding) == 576
    assert cosine(row.embedding, row.embedding) == pytest.approx(1, abs=1e-4)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0


def test_base64_and_float_are_the_same_numbers(embed):
    default = embed("A lighthouse by the sea.").data[0].embedding
    floats = embed("A lighthouse by the sea.", encoding_format="float").data[0].embedding
    assert floats == pytest.approx(default, abs=1e-6)


def test_raw_base64_is_sent_as_text(embed):
    assert isinstance(embed("Hi", encoding_format="base64").data[0].embedding, str)


def test_batch_keeps_its_order_and_counts_all(embed):
    texts = ["one fish", "two large ships in the harbour", "three"]
    batch = embed(texts)
    assert [row.index for row in batch.data] == [0, 1, 2]
    singles = [embed(text) for text in texts]
    for row, single in zip(batch.data, singles):
        assert cosine(row.embedding, single.data[0].embedding) == pytest.approx(1, abs=1e-3)
    assert batch.usage.prompt_tokens == sum(single.usage.prompt_tokens for single in singles)


def test_token_ids_are_an_input(embed):
    assert embed([504, 3575]).usage.prompt_tokens == 2
    assert len(embed([[504, 3575], [282]]).data) == 2


def test_near_texts_are_nearer_than_far_ones(embed):
    cat, kitten, tax = (row.embedding for row in embed(
        ["A cat sleeps on the sofa.", "A kitten is sleeping on the couch.", "The tax law of 1986 changed the rates."]).data)
    assert cosine(cat, kitten) > cosine(cat, tax)


@pytest.mark.parametrize("text, fields, param", [
    ("", {}, "input"), ([], {}, "input"), (["a", ""], {}, "input"), ([[]], {}, "input"), ([10**8], {}, "input"),
    ("word " * 9000, {}, "input"), (["a"] * 2049, {}, "input"), ("a", {"dimensions": 64}, "dimensions"),
    ("a", {"encoding_format": "hex"}, "encoding_format"), ("a", {"extra_body": {"frobnicate": 1}}, "frobnicate")])
def test_bad_input_is_refused_by_name(embed, text, fields, param):
    with pytest.raises(openai.BadRequestError) as caught:
        embed(text, **{"encoding_format": "float", **fields})
    assert caught.value.param.startswith(param)


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="nope", input="a")
