"""asyncio as a contestant: measures one program as measure.ts does, and prints the figure as {"value": ...}.

There is no warm-up: CPython compiles little.

Usage: python3 asyncio_contestant.py PROGRAM N VARIANT EFFORT, where EFFORT is JSON: {"warmUp", "measured", "atMost"} in
milliseconds, and {"clock"}: "wall" or "processor".
"""

import asyncio
import gc
import json
import statistics
import sys
import time
import tracemalloc

LONG = 10_000
BATCHES = 3
COMING_AND_GOING = 2


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


async def no_await():
    Work.started += 1
    Work.ended += 1


async def one_turn():
    Work.started += 1
    await asyncio.sleep(0)
    Work.ended += 1


BODIES = {"none": no_await, "microtask": one_turn, "macrotask": one_turn}


async def all_waiting(n):
    while True:
        await asyncio.sleep(0)
        if Work.started >= n:
            break
    Work.expect(n, 0)


# A


async def start_and_join(n, variant):
    body = BODIES[variant]
    async with asyncio.TaskGroup() as group:
        for _ in range(n):
            group.create_task(body())


# B


async def wait_for_ever():
    Work.started += 1
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        Work.ended += 1


async def sleep_long():
    Work.started += 1
    try:
        await asyncio.sleep(LONG)
    finally:
        Work.ended += 1


async def group_of(n, body):
    async with asyncio.TaskGroup() as group:
        for _ in range(n):
            group.create_task(body())


async def stop(task):
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


async def cancel_wide(n, _variant):
    task = asyncio.create_task(group_of(n, wait_for_ever))
    await all_waiting(n)
    await stop(task)


async def level(depth):
    Work.started += 1
    try:
        async with asyncio.TaskGroup() as group:
            if depth > 1:
                group.create_task(level(depth - 1))
            await asyncio.get_running_loop().create_future()
    finally:
        Work.ended += 1


async def cancel_deep(n, _variant):
    task = asyncio.create_task(level(n))
    await all_waiting(n)
    await stop(task)


# C


async def limited_operation():
    async with asyncio.timeout(LONG):
        await one_turn()


async def limit_in_turn(n, _variant):
    for _ in range(n):
        await limited_operation()


async def limit_together(n, _variant):
    await group_of(n, limited_operation)


async def move_deadline(n, _variant):
    start = asyncio.get_running_loop().time() + LONG
    async with asyncio.timeout_at(start) as limit:
        for i in range(n):
            limit.reschedule(start + i)
    Work.started += n
    Work.ended += n


# E


async def limited(n, variant):
    body = BODIES[variant]
    semaphore = asyncio.Semaphore(8)

    async def one():
        async with semaphore:
            await body()

    await group_of(n, one)


# D


async def hold(n, variant):
    """The bytes of each of so many pending tasks."""
    body = sleep_long if variant == "sleeping" else wait_for_ever
    await stop_all(n // 10, body)
    Work.reset()
    tracemalloc.start()
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    task = asyncio.create_task(group_of(n, body))
    await all_waiting(n)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await stop(task)
    Work.expect(n, n)
    return (after - before) / n


async def stop_all(n, body):
    task = asyncio.create_task(group_of(n, body))
    await all_waiting(n)
    await stop(task)


async def come_and_go(n):
    """The bytes that each of so many finished tasks leaves behind in a group that lives on."""
    chunk = min(n, 1_000)

    async def finish(group):
        tasks = [group.create_task(one_turn()) for _ in range(chunk)]
        await asyncio.wait(tasks)

    async with asyncio.TaskGroup() as group:
        tracemalloc.start()
        for _ in range(10):
            await finish(group)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        started = time.perf_counter()
        finished = 0
        while finished < n and time.perf_counter() - started < COMING_AND_GOING:
            await finish(group)
            finished += chunk
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return (after - before) / finished


TIMED = {
    "startAndJoin": start_and_join,
    "cancelWide": cancel_wide,
    "cancelDeep": cancel_deep,
    "limitInTurn": limit_in_turn,
    "limitTogether": limit_together,
    "moveDeadline": move_deadline,
    "limited": limited,
}


async def repeat(program, n, variant, seconds, clock):
    started = clock()
    runs = 0
    while True:
        Work.reset()
        await program(n, variant)
        Work.expect(n, n)
        runs += 1
        elapsed = clock() - started
        if elapsed >= seconds:
            return elapsed / runs


async def measure(name, n, variant, effort):
    at_most = effort["atMost"] / 1e3
    if name == "hold":
        return await hold(n, variant)
    if name == "open":
        return await come_and_go(n)
    program = TIMED[name]
    clock = time.process_time if effort["clock"] == "processor" else time.perf_counter
    end = clock() + at_most
    batches = []
    while not batches or (len(batches) < BATCHES and clock() < end):
        batches.append(await repeat(program, n, variant, effort["measured"] / 1e3 / BATCHES, clock))
    return statistics.median(batches) / n * 1e9


def main():
    name, n, variant, effort = sys.argv[1:]
    value = asyncio.run(measure(name, int(n), variant, json.loads(effort)))
    print(json.dumps({"value": value}))


if __name__ == "__main__":
    main()
