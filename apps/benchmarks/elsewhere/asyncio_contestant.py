"""asyncio's TaskGroup as a contestant: see harness.py."""

import asyncio
from contextlib import asynccontextmanager

import harness
from harness import LONG, Work


async def turn():
    await asyncio.sleep(0)


async def no_await():
    Work.started += 1
    Work.ended += 1


async def one_turn():
    Work.started += 1
    await asyncio.sleep(0)
    Work.ended += 1


BODIES = {"none": no_await, "microtask": one_turn, "macrotask": one_turn}


def gate_for(n):
    gate = asyncio.Event()

    async def body():
        Work.started += 1
        if Work.started == n:
            gate.set()
        await gate.wait()
        Work.ended += 1

    return body


async def group_of(n, body):
    async with asyncio.TaskGroup() as group:
        for _ in range(n):
            group.create_task(body())


# A


async def start_and_join(n, variant):
    await group_of(n, gate_for(n) if variant == "gate" else BODIES[variant])


# B


async def wait_for_ever():
    Work.started += 1
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        Work.ended += 1


async def stop(task):
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


async def cancel_wide(n, _variant):
    task = asyncio.create_task(group_of(n, wait_for_ever))
    await harness.all_waiting(n, turn)
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
    await harness.all_waiting(n, turn)
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


# D


async def sleep_long():
    Work.started += 1
    try:
        await asyncio.sleep(LONG)
    finally:
        Work.ended += 1


async def hold(n, variant):
    body = sleep_long if variant == "sleeping" else wait_for_ever

    @asynccontextmanager
    async def held(n):
        task = asyncio.create_task(group_of(n, body))
        await harness.all_waiting(n, turn)
        yield
        await stop(task)

    return await harness.bytes_held(held, n)


async def come_and_go(n, _variant):
    async with asyncio.TaskGroup() as group:

        async def finish(n):
            await asyncio.wait([group.create_task(one_turn()) for _ in range(n)])

        return await harness.bytes_left(finish, n)


# E


async def limited(n, variant):
    body = BODIES[variant]
    semaphore = asyncio.Semaphore(8)

    async def one():
        async with semaphore:
            await body()

    await group_of(n, one)


if __name__ == "__main__":
    harness.main(
        lambda function, *args: asyncio.run(function(*args)),
        {
            "startAndJoin": start_and_join,
            "cancelWide": cancel_wide,
            "cancelDeep": cancel_deep,
            "limitInTurn": limit_in_turn,
            "limitTogether": limit_together,
            "moveDeadline": move_deadline,
            "hold": hold,
            "comeAndGo": come_and_go,
            "limited": limited,
        },
    )
