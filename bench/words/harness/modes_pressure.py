"""How well under pressure: callers that leave, busy neighbours, floods, memory."""

import math
import random
import subprocess
import sys
import threading

from .load import Plan, chat, finish, median, percentile

OTHERS_BUSY = 7


def _add_others(plan, make, count):
    """Streams that go on for the whole plan. Returns when the last of them is surely decoding, as an `after`."""
    for index in range(count):
        plan.add(f"other{index}", chat(make.make(48), 1500), background=True, repeat_delay_ms=0)
    return {"request": f"other{count - 1}", "event": "token", "tokens": 4} if count else None


def _victim_decode(plan, make, after):
    plan.add("victim", chat(make.make(64), 512), after=after, close={"tokens": 5})
    return "victim"


def _victim_prefill(plan, make, after):
    plan.add("victim", chat(make.make(1500), 64), after=after, close={"ms": 100})
    return "victim"


def _victim_plain(plan, make, after):
    plan.add("victim", chat(make.make(64), 300, stream=False), after=after, close={"ms": 100})
    return "victim"


def _victim_queued(plan, make, after):
    """A stream has the slot and ends by itself; the victim queues behind it with a long prompt and leaves."""
    plan.add("holder", chat(make.make(64), 40), after=after)
    plan.add("victim", chat(make.make(512), 64), after={"request": "holder", "event": "token", "tokens": 5}, close={"ms": 60})
    return "holder"


VICTIMS = {"decode": _victim_decode, "prefill": _victim_prefill, "plain": _victim_plain, "queued": _victim_queued}


def _probe_ttft(context, server, seed, others, victim):
    """TTFT of a short request sent at the moment the victim has gone (victim None: nobody was there)."""
    make = context.prompts(server, seed)
    plan = Plan(server, deadline_s=60)
    after = _add_others(plan, make, others)
    gone = victim(plan, make, after) if victim else None
    probe_after = {"request": gone} if gone else after
    probe = chat(make.make(make.head_tokens + 8), 2)
    plan.add("probe", probe, after=probe_after, delay_ms=0 if gone else 300)
    record = context.run(plan).find("probe")
    return record.ttft_ms if record and record.token_ms else math.inf  # inf: the plan's time was not enough


def disconnect(context):
    """How long the server works for a caller who has gone: what it adds to the next request's first token."""
    trials = context.pick(1, 4)
    for others in (0, OTHERS_BUSY):
        with context.arena(slots=1 + others) as arena:
            for _, server in arena.turns(1):
                idle = min(_probe_ttft(context, server, 100 + i, others, None) for i in range(3))
                for case, (name, victim) in enumerate(VICTIMS.items()):
                    seeds = [1000 * case + 10 * others + trial for trial in range(trials)]
                    busy = [_probe_ttft(context, server, seed, others, victim) - idle for seed in seeds]
                    suffix = "_busy" if others else ""
                    context.put(f"gone_{name}{suffix}_ms", server, max(0.0, median(busy)))


def neighbours(context):
    """Decode speed while two other processes spin on the two cores."""
    with context.arena() as arena:
        hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
        try:
            rates = {}
            for index, server in arena.turns(context.pick(1, 3)):
                plan = Plan(server, deadline_s=20)
                plan.add("one", chat(context.prompts(server, 300 + index).make(64), context.pick(96, 128)))
                record = context.run(plan).records[0]
                rates.setdefault(server, []).append(0.0 if math.isnan(record.decode_rate) else record.decode_rate)
        finally:
            for hog in hogs:
                hog.kill()
                hog.wait()
    for server, values in rates.items():
        context.put("decode_hogs", server, median(values))


class _RssWatch:
    """The highest RSS of a server while the block runs, sampled every 50 ms."""

    def __init__(self, server):
        self._server, self._stop = server, threading.Event()
        self.before = self.peak = server.rss_mib()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, self._server.rss_mib())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def flood(context):
    """2,000 requests at once: is every one answered or refused properly, does memory stay, does /health answer?"""
    count, limit_s = 2000, context.pick(40, 120)
    with context.arena() as arena:
        for _, server in arena.turns(1):
            make = context.prompts(server, seed=2000)
            plan = Plan(server, deadline_s=limit_s)
            for index in range(count):
                plan.add(f"r{index}", chat(make.make(make.head_tokens + 8), 4, stream=index % 2 == 0))
            health = Plan(server, deadline_s=limit_s)
            health.add("health", path="/health", connection="health", background=True, repeat_delay_ms=5)
            with _RssWatch(server) as rss:
                probing = health.start(context.load_program)
                report = context.run(plan)
                probes = [r for r in finish(probing).records if r.outcome == "complete"]
            good = [r for r in report.records if r.status == 200 and r.outcome == "complete"]
            refused = [r for r in report.records if r.status == 429 and r.retry_after]
            context.put("flood_proper_percent", server, 100 * (len(good) + len(refused)) / count)
            context.put("flood_answered", server, len(good))
            context.put("flood_rss_growth_mib", server, rss.peak - rss.before)
            context.put("flood_health_p99_ms", server, percentile([r.latency_ms for r in probes], 0.99))
            context.note(f"{server.name}: flood of {count}: {len(good)} answered, {len(refused)} refused with Retry-After, "
                         f"{count - len(good) - len(refused)} neither within {report.wall_ms / 1000:.1f} s")


def fairness(context):
    """Two keys: one keeps 64 requests in flight, the other asks now and then. The other's time to the first token."""
    asks = context.pick(10, 30)
    with context.arena(slots=16, keys=2) as arena:
        for _, server in arena.turns(1):
            idle = _polite_ttft(context, server, asks, flooders=0)
            flooded = _polite_ttft(context, server, asks, flooders=64)
            context.put("fair_idle_p99_ms", server, idle)
            context.put("fair_flooded_p99_ms", server, flooded)
            context.put("fair_ratio", server, flooded / idle)


def _polite_ttft(context, server, asks, flooders):
    make = context.prompts(server, seed=5000 + flooders)
    plan = Plan(server, deadline_s=context.pick(40, 90))
    flooding_key = {"Authorization": f"Bearer {server.keys[1]}"}
    for index in range(flooders):
        plan.add(f"flood{index}", chat(make.make(64), 64), headers=flooding_key, background=True, repeat_delay_ms=20)
    previous = None
    for index in range(asks):
        after = {"after": {"request": previous}} if previous else {}
        previous = plan.add(f"polite{index}", chat(make.make(64), 8), delay_ms=100 if previous else 500, **after)
    records = context.run(plan).starting("polite")
    return percentile([r.ttft_ms if r.token_ms else math.inf for r in records], 0.99)


def memory(context):
    """RSS after many prompts of mixed lengths, none alike."""
    count, limit_s = context.pick(100, 1000), context.pick(30, 150)
    source = random.Random(42)
    sizes = [source.choice((40, 64, 64, 128, 128, 256, 512, 1500)) for _ in range(count)]
    with context.arena() as arena:
        for _, server in arena.turns(1):
            make = context.prompts(server, seed=42)
            fresh = server.rss_mib()
            plan = Plan(server, deadline_s=limit_s)
            for lane in range(4):
                plan.chain(f"lane{lane}-", [chat(make.make(size), 4) for size in sizes[lane::4]])
            with _RssWatch(server) as rss:
                report = context.run(plan)
            done = [r for r in report.records if r.status == 200 and r.outcome == "complete"]
            context.put("rss_fresh_mib", server, fresh)
            context.put("rss_after_mib", server, server.rss_mib())
            context.note(f"{server.name}: {len(done)} of {count} mixed prompts in {report.wall_ms / 1000:.0f} s; "
                         f"RSS {fresh:.0f} -> {server.rss_mib():.0f} MiB, peak {rss.peak:.0f}")
