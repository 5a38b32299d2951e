"""What holding an answer to a schema costs."""

import time

from .load import median

ITEM = {"type": "object", "additionalProperties": False, "required": ["id", "name", "in_stock", "price"],
        "properties": {"id": {"type": "integer", "minimum": 1, "maximum": 999}, "name": {"type": "string", "minLength": 3, "maxLength": 24},
                       "in_stock": {"type": "boolean"}, "price": {"type": "number", "minimum": 0, "maximum": 1000}}}
SCHEMA = {"type": "object", "additionalProperties": False, "required": ["items"],
          "properties": {"items": {"type": "array", "items": ITEM, "minItems": 6, "maxItems": 6}}}
TOKENS = 200


def ask(server, seed, **fields):
    """Tokens a second of one whole answer, as a client sees it, and its body."""
    body = {"model": "smollm2-135m-instruct", "temperature": 0.8, "seed": seed, "max_tokens": TOKENS,
            "messages": [{"role": "user", "content": f"List six articles of shop {seed} as JSON."}], **fields}
    begin = time.monotonic()
    status, answer = server.request("POST", "/v1/chat/completions", body)
    seconds = time.monotonic() - begin
    if status != 200:
        raise RuntimeError(f"{server.name} answered {status}: {answer}")
    return answer["usage"]["completion_tokens"] / seconds


def structured(context):
    """Tokens a second of answers held to a JSON Schema, and of free ones to the same prompts."""
    response_format = {"type": "json_schema", "json_schema": {"name": "articles", "schema": SCHEMA}}
    rates = {}
    with context.arena(slots=1) as arena:
        for index, server in arena.turns(context.pick(6, 16)):
            held = ask(server, index, response_format=response_format)
            free = ask(server, index, ignore_eos=True)
            rates.setdefault(server, []).append((held, free))
    for server, pairs in rates.items():
        held, free = median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])
        context.put("schema_rate", server, held)
        context.put("schema_share", server, held / free)
