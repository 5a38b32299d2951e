"""The machine a run is made on: what it is, and who else used its cores meanwhile."""

import os
import pathlib
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def describe():
    """CPU model, cores, memory, kernel."""
    facts = {}
    for line in subprocess.run(["lscpu"], capture_output=True, text=True).stdout.splitlines():
        name, _, value = line.partition(":")
        facts[name.strip()] = value.strip()
    memory = next(line for line in pathlib.Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    flags = set(facts.get("Flags", "").split())
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")
    return {"cpu": facts.get("Model name", "unknown"), "cores": os.cpu_count(), "l3": facts.get("L3 cache", ""),
            "isa": [flag for flag in wanted if flag in flags], "memory_gib": round(int(memory.split()[1]) / 2**20, 1),
            "kernel": os.uname().release}


def read_bandwidth(program):
    """GB/s of reading memory with all cores, measured now."""
    return float(subprocess.run([program], check=True, capture_output=True, text=True).stdout)


def _busy_seconds():
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICKS


def _own_seconds(pids):
    total = sum(os.times()[:4])
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


class ForeignLoad:
    """Cores that processes other than ours used between start and read()."""

    def __init__(self):
        self._begin, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds(())

    def read(self):
        """Call when every process that the measurement started has ended: their time is then in ours."""
        wall = time.monotonic() - self._begin
        foreign = (_busy_seconds() - self._busy) - (_own_seconds(()) - self._own)
        return max(0.0, foreign / wall)
