"""The official client, unmodified, against a running server."""

import openai
import pytest

import serving


@pytest.fixture(scope="session")
def client(server):
    # No retries: an answer that only a second attempt makes good is a failure here.
    return openai.OpenAI(base_url=server.base_url, api_key="not-needed", max_retries=0, timeout=120)


@pytest.fixture(scope="session")
def model():
    return serving.MODEL


@pytest.fixture(scope="session")
def ask(client, model):
    """ask("question", field=…): a greedy chat completion of at most 24 tokens."""
    def create(content, **fields):
        fields = {"model": model, "max_completion_tokens": 24, "temperature": 0, **fields}
        messages = fields.pop("messages", None) or [{"role": "user", "content": content}]
        return client.chat.completions.create(messages=messages, **fields)
    return create
