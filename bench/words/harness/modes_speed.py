"""How fast: one stream, many streams, a newcomer among streams, and the cost around the engine."""

import math

from .load import Plan, chat, median, percentile

SINGLE_SIZES = (64, 512, 1500)


def single(context):
    """One stream at a time: time to the first token and decode speed after prompts of 64, 512 and 1,500 tokens."""
    rounds = {64: context.pick(6, 16), 512: context.pick(3, 8), 1500: context.pick(2, 6)}
    records = {}
    with context.arena() as arena:
        for size in SINGLE_SIZES:
            for index, server in arena.turns(rounds[size]):
                prompt = context.prompts(server, seed=size + 17 * index).make(size)
                plan = Plan(server)
                plan.add("one", chat(prompt, max_tokens=context.pick(48, 64)))
                records.setdefault((server, size), []).extend(context.run(plan).records)
    for (server, size), done in records.items():
        context.must_succeed(server, done)
        context.check_lengths(server, done, size)
        ttft = median([r.ttft_ms for r in done])
        context.put(f"ttft_{size}_ms", server, ttft)
        context.put(f"prefill_{size}", server, done[0].prompt_tokens / ttft * 1000)
        context.put(f"decode_{size}", server, median([r.decode_rate for r in done]))
        context.put(f"gap_p99_{size}_ms", server, percentile([gap for r in done for gap in r.gaps()], 0.99))


def streams(context):
    """16 clients that each send their next request when the last has ended: 128-token prompts, 64 tokens out."""
    clients, rounds, output = 16, context.pick(2, 3), 64
    with context.arena(slots=16) as arena:
        for _, server in arena.turns(1):
            make = context.prompts(server, seed=16)
            plan = Plan(server, deadline_s=120)
            for client in range(clients):
                plan.chain(f"c{client}-", [chat(make.make(128), output) for _ in range(rounds)])
            report = context.run(plan)
            context.must_succeed(server, report.records)
            context.check_lengths(server, report.records, 128)
            last = max(r.end_ms for r in report.records)
            context.put("streams16_total", server, sum(r.completion_tokens for r in report.records) / last * 1000)
            context.put("streams16_ttft_p50_ms", server, median([r.ttft_ms for r in report.records]))
            context.put("streams16_gap_p99_ms", server, percentile([g for r in report.records for g in r.gaps()], 0.99))


def newcomer(context):
    """Four streams run; a 1,500-token prompt arrives: the gaps between their tokens until its first token."""
    gaps, ttft = {}, {}
    with context.arena(slots=16) as arena:
        for index, server in arena.turns(context.pick(2, 4)):
            make = context.prompts(server, seed=900 + index)
            plan = Plan(server, deadline_s=60)
            for stream in range(4):
                plan.add(f"s{stream}", chat(make.make(64), 1500), background=True)
            plan.add("long", chat(make.make(1500), 2), after={"request": "s3", "event": "token", "tokens": 20})
            report = context.run(plan)
            long = report.find("long")
            if not long or not long.token_ms:
                raise RuntimeError(f"{server.name}: the newcomer got no token within 60 s")
            window = long.start_ms, long.token_ms[0]
            gaps.setdefault(server, []).extend(gap for r in report.starting("s") for gap in r.gaps(*window))
            ttft.setdefault(server, []).append(long.ttft_ms)
    for server, values in gaps.items():
        context.put("newcomer_gap_p99_ms", server, percentile(values, 0.99))
        context.put("newcomer_ttft_ms", server, median(ttft[server]))


def overhead(context):
    """Sequential one-token chats on one connection: latency minus the engine's own time; and GET /v1/models."""
    count = context.pick(100, 200)
    with context.arena() as arena:
        for _, server in arena.turns(1):
            make = context.prompts(server, seed=7)
            plan = Plan(server)
            plan.chain("chat", [chat(make.make(make.head_tokens + 1), 1, stream=False) for _ in range(count)])
            chats = context.run(plan).records
            context.must_succeed(server, chats)
            inside = [server.engine_ms(r) for r in chats]
            outside = [r.latency_ms - ms for r, ms in zip(chats, inside) if ms is not None]
            if not outside:
                context.note(f"{server.name} does not state its engine time: overhead unknown")
            context.put("overhead_p50_ms", server, median(outside))
            context.put("chat_1_token_p50_ms", server, median([r.latency_ms for r in chats]))
            plan = Plan(server)
            plan.chain("models", [None] * count, path="/v1/models")
            models = context.run(plan).records
            context.must_succeed(server, models)
            context.put("models_p50_ms", server, median([r.latency_ms for r in models]))


def bandwidth_share(context, gigabytes_per_second, model_bytes):
    """Derived: the model file's bytes read once a token, as a share of what memory gives."""
    for server, rate in context.results.get("decode_64", {}).items():
        share = rate * model_bytes / 1e9 / gigabytes_per_second * 100 if gigabytes_per_second else math.nan
        context.results.setdefault("bandwidth_share", {})[server] = share
