import openai
import pytest


def test_list_contains_the_default_model(client, model):
    models = client.models.list()
    assert models.object == "list"
    found = next(row for row in models.data if row.id == model)
    assert found.object == "model"
    assert found.owned_by
    assert found.created > 1_500_000_000


def test_retrieve_gives_the_listed_row(client, model):
    row = next(row for row in client.models.list().data if row.id == model)
    assert client.models.retrieve(model).to_dict() == row.to_dict()


def test_model_states_what_it_is(client, model):
    client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}], max_tokens=1)
    facts = client.models.retrieve(model).to_dict()["x_diptych"]
    assert facts["kind"] == "text"
    assert facts["context_length"] == 8192
    assert facts["quantization"] == "Q4_1"
    assert facts["size_bytes"] == 98_362_432
    assert facts["loaded"] is True


@pytest.mark.parametrize("name", ["no-such-model", "org/no-such-model"])
def test_unknown_model_is_not_found(client, name):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve(name)
    assert caught.value.code == "model_not_found"
    assert name in caught.value.message


def test_a_model_the_caller_does_not_own_cannot_be_deleted(client, model):
    with pytest.raises(openai.PermissionDeniedError):
        client.models.delete(model)
    assert model in [row.id for row in client.models.list().data]
