"""What the peers in Python share: the work to time and how its times are told. Each peer is a process of its own, so
that its memory is its own."""

import json
import resource
import sys
import time


def best_of(work, repeats):
    """Seconds of the fastest of `repeats` runs after one warm-up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def tell(**seconds):
    """The answer of a peer: one line of JSON, times in seconds, memory in MiB."""
    rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump(seconds | {"rss_mib": rss_mib}, sys.stdout)
    print()
