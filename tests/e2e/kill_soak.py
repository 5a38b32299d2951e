#!/usr/bin/env python3
"""Many jobs, and a server that is killed at random moments: does every accepted job end exactly once?

Submits pictures (plain ones, batches, solvers with noise) and chats, kills the server with SIGKILL again and again, lets
the last one finish, then counts in its database: one end, one bill and the promised files for every accepted picture, each
byte for byte what an undisturbed server draws. Not part of make test.
Usage: tests/e2e/kill_soak.py [--jobs 200] [--kills 10] [--seed 1]
"""

import argparse
import collections
import contextlib
import hashlib
import pathlib
import random
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import serving  # noqa: E402

FLAGS = ("--picture-checkpoint-interval", "200ms")
SAMPLERS = ("Euler a", "DPM++ 2M", "DPM++ 2M SDE", "Heun", "UniPC", "DDIM")
KINDS = 24  # different pictures; equal jobs must give equal files


def picture_of(number):
    source = random.Random(number)
    size = source.choice((64, 96, 128))
    return {"prompt": source.choice(("a red apple", "a blue bird", "a cat with sunglasses", "a pizza")), "width": size, "height": size,
            "steps": source.choice((4, 12, 25)), "seed": number, "sampler": source.choice(SAMPLERS),
            "batch_count": source.choice((1, 1, 2)), "batch_size": source.choice((1, 1, 2))}


def submit(server, number):
    """The id, or None when the server went before it answered."""
    with contextlib.suppress(OSError, ValueError):
        answer = server.ask("POST", "/api/v1/jobs", {"picture": picture_of(number)})
        if answer.status == 202:
            return answer.json()["id"]
    return None


def files_of(server, job):
    return [hashlib.sha256(server.ask("GET", output["path"]).body).hexdigest() for output in job["outputs"]]


def wait_for_all(server, ids, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        waiting = server.ask("GET", "/api/v1/state").json()["queue"]["queued"]
        if waiting == 0 and all(server.ask("GET", f"/api/v1/jobs/{id}").json()["state"] not in ("queued", "running") for id in ids[-3:]):
            return
        time.sleep(0.5)
    raise SystemExit("the queue did not empty")


def run_killed(folder, arguments, source):
    accepted = {}  # id → number of the picture
    numbers = [index % KINDS for index in range(arguments.jobs)]
    source.shuffle(numbers)
    per_life = -(-len(numbers) // (arguments.kills + 1))
    for life in range(arguments.kills):
        with serving.Diptych(*FLAGS, data_dir=folder) as server:
            for number in numbers[life * per_life:(life + 1) * per_life]:
                if id := submit(server, number):
                    accepted[id] = number
            time.sleep(source.uniform(0.1, 4))
            server.kill()
        print(f"killed {life + 1} of {arguments.kills}", file=sys.stderr)
    return accepted, numbers[arguments.kills * per_life:]


def check(rows, accepted, told, whole):
    problems = []
    ends = collections.Counter(state for _, state in rows["jobs"])
    for id, number in accepted.items():
        job = told.get(id)
        if job is None or job["state"] != "succeeded":
            problems.append(f"{id}: {job and job['state']}")
        elif job["files"] != whole[number]:
            problems.append(f"{id}: not the files of an undisturbed server")
        if rows["bills"][id] != 1:
            problems.append(f"{id}: {rows['bills'][id]} bills")
        if rows["pictures"][id] != len(whole[number]):
            problems.append(f"{id}: {rows['pictures'][id]} gallery rows")
    return ends, problems


def read_rows(folder):
    with contextlib.closing(sqlite3.connect(folder / "diptych.sqlite3")) as db:
        return {"jobs": db.execute("SELECT id, state FROM jobs WHERE kind = 'picture'").fetchall(),
                "bills": collections.Counter(row[0] for row in db.execute("SELECT job FROM ledger")),
                "pictures": collections.Counter(row[0] for row in db.execute("SELECT jobs.id FROM gallery JOIN jobs ON jobs.number = gallery.job"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    source = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="diptych-kill-") as root:
        root = pathlib.Path(root)
        with serving.Diptych(*FLAGS, data_dir=root / "whole") as server:
            ids = [submit(server, number) for number in range(KINDS)]
            wait_for_all(server, ids, 600)
            whole = {number: files_of(server, server.ask("GET", f"/api/v1/jobs/{id}").json()) for number, id in enumerate(ids)}
        folder = root / "killed"
        accepted, rest = run_killed(folder, arguments, source)
        with serving.Diptych(*FLAGS, data_dir=folder) as server:
            accepted |= {id: number for number in rest if (id := submit(server, number))}
            wait_for_all(server, list(accepted), 1200)
            told = {}
            for id in accepted:
                told[id] = server.ask("GET", f"/api/v1/jobs/{id}").json()
                told[id]["files"] = files_of(server, told[id])
        ends, problems = check(read_rows(folder), accepted, told, whole)
    print(f"{len(accepted)} jobs accepted, {arguments.kills} kills; ends: {dict(ends)}; {len(problems)} problems")
    for problem in problems[:20]:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
