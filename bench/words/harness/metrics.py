"""Every number of the comparison, one row each, and the table made of them."""

import dataclasses
import math
from typing import Callable

from . import modes_pressure, modes_speed, modes_startup, modes_structured


@dataclasses.dataclass(frozen=True)
class Target:
    """What we want of our value v, the peer's p and the other results r. `text` is for people."""
    text: str
    met: Callable[[float, float, dict], bool]
    needs_peer: bool = False


def at_least(ratio):
    return Target(f">= {ratio} x", lambda v, p, r: v >= ratio * p, needs_peer=True)


def at_most(ratio):
    return Target(f"<= {ratio} x", lambda v, p, r: v <= ratio * p, needs_peer=True)


def below(limit, unit=""):
    return Target(f"<= {limit} {unit}".strip(), lambda v, p, r: v <= limit)


def above(limit, unit=""):
    return Target(f">= {limit} {unit}".strip(), lambda v, p, r: v >= limit)


MICRO_BATCH_TOKENS = 256


def _one_micro_batch(value, _peer, results):
    rate = results.get("prefill_1500", {}).get("diptych", 1000)
    return value <= MICRO_BATCH_TOKENS / rate * 1000


@dataclasses.dataclass(frozen=True)
class Metric:
    key: str
    label: str
    unit: str
    target: Target | None = None


@dataclasses.dataclass(frozen=True)
class Mode:
    name: str
    run: Callable
    metrics: tuple

    @property
    def doc(self):
        return self.run.__doc__.strip()


def _gone(case, label, target, busy_target=None):
    return (Metric(f"gone_{case}_ms", f"busy after disconnect: {label}", "ms", target),
            Metric(f"gone_{case}_busy_ms", f"... with 7 other streams: {label}", "ms", busy_target or target))


_MICRO_BATCH = Target("<= 1 micro-batch", _one_micro_batch)

MODES = (
    Mode("single", modes_speed.single, (
        Metric("prefill_512", "prefill, 512 tokens", "tok/s", at_least(2.5)),
        Metric("prefill_1500", "prefill, 1,500 tokens", "tok/s", at_least(2.5)),
        Metric("ttft_64_ms", "TTFT p50, 64 tokens", "ms", at_most(0.5)),
        Metric("decode_64", "decode, one stream", "tok/s", at_least(1.3)),
        Metric("bandwidth_share", "... share of memory bandwidth", "%"),
        Metric("decode_512", "decode after 512 tokens", "tok/s"),
        Metric("decode_1500", "decode after 1,500 tokens", "tok/s"),
        Metric("gap_p99_64_ms", "inter-token p99, one stream", "ms"))),
    Mode("streams", modes_speed.streams, (
        Metric("streams16_total", "16 streams, all together", "tok/s", at_least(2)),
        Metric("streams16_ttft_p50_ms", "16 streams, TTFT p50", "ms", at_most(0.3)),
        Metric("streams16_gap_p99_ms", "16 streams, inter-token p99", "ms"))),
    Mode("newcomer", modes_speed.newcomer, (
        Metric("newcomer_gap_p99_ms", "inter-token p99 while 1,500 tokens arrive", "ms", at_most(0.5)),
        Metric("newcomer_ttft_ms", "... TTFT of the newcomer", "ms"))),
    Mode("overhead", modes_speed.overhead, (
        Metric("overhead_p50_ms", "request outside the engine, p50", "ms", below(0.5, "ms")),
        Metric("models_p50_ms", "GET /v1/models, p50", "ms", below(0.14, "ms")),
        Metric("chat_1_token_p50_ms", "chat of one token, p50", "ms"))),
    Mode("structured", modes_structured.structured, (
        Metric("schema_rate", "answers held to a JSON Schema, one stream", "tok/s"),
        Metric("schema_share", "... as a share of free answers", "x", above(1.0, "x")))),
    Mode("disconnect", modes_pressure.disconnect, (
        *_gone("decode", "decoding", below(10, "ms")),
        *_gone("prefill", "prefill of 1,500", _MICRO_BATCH),
        *_gone("plain", "non-streaming", below(50, "ms")),
        *_gone("queued", "queued", below(10, "ms")))),
    Mode("neighbours", modes_pressure.neighbours, (
        Metric("decode_hogs", "decode beside two busy loops", "tok/s", above(100, "tok/s")),)),
    Mode("flood", modes_pressure.flood, (
        Metric("flood_proper_percent", "2,000 at once: 200, or 429 + Retry-After", "%", above(100, "%")),
        Metric("flood_rss_growth_mib", "... RSS growth", "MiB", below(64, "MiB")),
        Metric("flood_health_p99_ms", "... GET /health, p99", "ms", below(20, "ms")))),
    Mode("fairness", modes_pressure.fairness, (
        Metric("fair_idle_p99_ms", "TTFT p99 of a key, alone", "ms"),
        Metric("fair_flooded_p99_ms", "... while another key floods", "ms"),
        Metric("fair_ratio", "... ratio", "x", below(3, "x")))),
    Mode("memory", modes_pressure.memory, (
        Metric("rss_fresh_mib", "RSS, fresh", "MiB"),
        Metric("rss_after_mib", "RSS after many mixed prompts", "MiB", below(600, "MiB")))),
    Mode("startup", modes_startup.startup, (
        Metric("startup_models_s", "exec to first /v1/models", "s", below(0.1, "s")),
        Metric("startup_token_s", "exec to first token", "s", below(0.25, "s")),
        Metric("shutdown_s", "SIGTERM to exit, slowest", "s"))),
)


def _show(value):
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "never"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _row(metric, results):
    found = results.get(metric.key, {})
    ours, peer = found.get("diptych"), found.get("llama-server")
    ratio = f"{ours / peer:.2f} x" if ours is not None and peer and not math.isinf(peer) else ""
    verdict = ""
    if metric.target and ours is not None and not (metric.target.needs_peer and peer is None):
        verdict = "met" if metric.target.met(ours, peer, results) else "MISSED"
    return [f"{metric.label} [{metric.unit}]", _show(peer), _show(ours), ratio,
            metric.target.text if metric.target else "", verdict]


def table(modes, results):
    """The comparison as aligned text that is also a Markdown table."""
    rows = [["what", "llama-server", "diptych", "ratio", "target", ""]]
    rows += [_row(metric, results) for mode in modes for metric in mode.metrics if metric.key in results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:4]] + ["-" * max(1, w) for w in widths[4:]]

    def line(row):
        cells = [cell.ljust(width) if column in (0, 4, 5) else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        return "| " + " | ".join(cells) + " |"

    return "\n".join([line(rows[0]), line(rule), *map(line, rows[1:])])
