"""Measures one program as measure.ts does, and prints the figure as JSON: {"value": ...}, and processor times beside it.

There is no warm-up: CPython compiles little.

Usage: python3 CONTESTANT.py PROGRAM N VARIANT EFFORT, where EFFORT is JSON: {"warmUp", "measured", "atMost"} in milliseconds.
"""

import gc
import json
import statistics
import sys
import time
import tracemalloc

LONG = 10_000
BATCHES = 3
COMING_AND_GOING = 5
CLOCKS = {"value": time.perf_counter, "thread": time.thread_time, "process": time.process_time}


class Work:
    """What tasks have done: the same proof of equal work as in work.ts."""

    started = 0
    ended = 0

    @classmethod
    def reset(cls):
        cls.started = cls.ended = 0

    @classmethod
    def expect(cls, started, ended):
        if (cls.started, cls.ended) != (started, ended):
            raise AssertionError(
                f"expected {started} tasks started and {ended} ended, got {cls.started} started and {cls.ended} ended"
            )


async def all_waiting(n, turn):
    """Lets the loop turn until `n` tasks run."""
    while True:
        await turn()
        if Work.started >= n:
            break
    Work.expect(n, 0)


async def measure(programs, name, n, variant, effort):
    if name in ("hold", "comeAndGo"):
        return {"value": await programs[name](n, variant)}
    end = time.perf_counter() + effort["atMost"] / 1e3
    batches = []
    while not batches or (len(batches) < BATCHES and time.perf_counter() < end):
        batches.append(await repeat(programs[name], n, variant, effort["measured"] / 1e3 / BATCHES))
    return {clock: statistics.median(batch[clock] for batch in batches) / n * 1e9 for clock in CLOCKS}


async def repeat(program, n, variant, seconds):
    started = {name: now() for name, now in CLOCKS.items()}
    runs = 0
    while True:
        Work.reset()
        await program(n, variant)
        Work.expect(n, n)
        runs += 1
        if time.perf_counter() - started["value"] >= seconds:
            return {name: (now() - started[name]) / runs for name, now in CLOCKS.items()}


async def bytes_held(hold, n):
    """The bytes of each of `n` pending tasks; `hold(n)` is an async context manager within which they wait."""
    async with hold(n // 10):
        pass
    Work.reset()
    tracemalloc.start()
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    async with hold(n):
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        Work.expect(n, 0)
    Work.expect(n, n)
    return (after - before) / n


async def bytes_left(finish, n):
    """The bytes that each of `n` finished tasks leaves behind; `finish(n)` starts them, and waits for them."""
    chunk = min(n, 1_000)
    tracemalloc.start()
    for _ in range(10):
        await finish(chunk)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    started = time.perf_counter()
    finished = 0
    while finished < n and time.perf_counter() - started < COMING_AND_GOING:
        await finish(chunk)
        finished += chunk
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / finished


def main(run, programs):
    """`run(function, *args)` runs an async function."""
    name, n, variant, effort = sys.argv[1:]
    print(json.dumps(run(measure, programs, name, int(n), variant, json.loads(effort))))
