import openai
import pytest


@pytest.fixture
def stored(ask):
    return ask("Say hello.", store=True, metadata={"suite": "stored", "case": "one"}, max_completion_tokens=6)


def test_stored_completion_is_readable(client, stored):
    again = client.chat.completions.retrieve(stored.id)
    assert again.choices[0].message.content == stored.choices[0].message.content
    assert again.usage.completion_tokens == stored.usage.completion_tokens
    assert again.metadata == {"suite": "stored", "case": "one"}


def test_without_store_nothing_is_kept(client, ask):
    completion = ask("Say hello.", max_completion_tokens=2)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve(completion.id)


def test_streamed_completion_is_stored_too(client, model):
    chunks = list(client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Say hello."}], store=True, stream=True, max_tokens=6, temperature=0))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert client.chat.completions.retrieve(chunks[0].id).choices[0].message.content == text


def test_messages_of_the_request_are_listed(client, stored):
    (message,) = client.chat.completions.messages.list(stored.id).data
    assert message.role == "user" and message.content == "Say hello."
    assert message.id


def test_metadata_can_be_changed_and_searched(client, stored):
    updated = client.chat.completions.update(stored.id, metadata={"suite": "changed"})
    assert updated.metadata == {"suite": "changed"}
    found = client.chat.completions.list(metadata={"suite": "changed"})
    assert [row.id for row in found.data] == [stored.id]
    client.chat.completions.update(stored.id, metadata={})
    assert client.chat.completions.list(metadata={"suite": "changed"}).data == []


def test_list_pages_through_all_in_order(client, ask):
    ids = [ask("Say hello.", store=True, metadata={"suite": "paging"}, max_completion_tokens=1).id for _ in range(5)]
    first = client.chat.completions.list(metadata={"suite": "paging"}, limit=2)
    assert first.has_more
    assert [row.id for row in client.chat.completions.list(metadata={"suite": "paging"}, limit=2)] == ids
    backwards = [row.id for row in client.chat.completions.list(metadata={"suite": "paging"}, order="desc")]
    assert backwards == ids[::-1]


def test_deleted_is_gone(client, stored):
    answer = client.chat.completions.delete(stored.id)
    assert answer.deleted is True and answer.id == stored.id and answer.object == "chat.completion.deleted"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve(stored.id)
