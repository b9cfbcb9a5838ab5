"""Trio's nursery as a contestant: see harness.py."""

from contextlib import asynccontextmanager

import harness
import trio
from harness import LONG, Work

turn = trio.lowlevel.checkpoint


async def no_await():
    Work.started += 1
    Work.ended += 1


async def one_turn():
    Work.started += 1
    await turn()
    Work.ended += 1


BODIES = {"none": no_await, "microtask": one_turn, "macrotask": one_turn}


def gate_for(n):
    gate = trio.Event()

    async def body():
        Work.started += 1
        if Work.started == n:
            gate.set()
        await gate.wait()
        Work.ended += 1

    return body


async def nursery_of(n, body):
    async with trio.open_nursery() as nursery:
        for _ in range(n):
            nursery.start_soon(body)


# A


async def start_and_join(n, variant):
    await nursery_of(n, gate_for(n) if variant == "gate" else BODIES[variant])


# B


async def wait_for_ever():
    Work.started += 1
    try:
        await trio.sleep_forever()
    finally:
        Work.ended += 1


async def cancel_wide(n, _variant):
    async with trio.open_nursery() as nursery:
        for _ in range(n):
            nursery.start_soon(wait_for_ever)
        await harness.all_waiting(n, turn)
        nursery.cancel_scope.cancel()


async def level(depth):
    Work.started += 1
    try:
        async with trio.open_nursery() as nursery:
            if depth > 1:
                nursery.start_soon(level, depth - 1)
            await trio.sleep_forever()
    finally:
        Work.ended += 1


async def cancel_deep(n, _variant):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(level, n)
        await harness.all_waiting(n, turn)
        nursery.cancel_scope.cancel()


# C


async def limited_operation():
    with trio.fail_after(LONG):
        await one_turn()


async def limit_in_turn(n, _variant):
    for _ in range(n):
        await limited_operation()


async def limit_together(n, _variant):
    await nursery_of(n, limited_operation)


async def move_deadline(n, _variant):
    start = trio.current_time() + LONG
    with trio.CancelScope(deadline=start) as scope:
        for i in range(n):
            scope.deadline = start + i
    Work.started += n
    Work.ended += n


# D


async def sleep_long():
    Work.started += 1
    try:
        await trio.sleep(LONG)
    finally:
        Work.ended += 1


async def hold(n, variant):
    body = sleep_long if variant == "sleeping" else wait_for_ever

    @asynccontextmanager
    async def held(n):
        async with trio.open_nursery() as nursery:
            for _ in range(n):
                nursery.start_soon(body)
            await harness.all_waiting(n, turn)
            yield
            nursery.cancel_scope.cancel()

    return await harness.bytes_held(held, n)


async def come_and_go(n, _variant):
    async with trio.open_nursery() as nursery:

        async def finish(n):
            for _ in range(n):
                nursery.start_soon(one_turn)
            while nursery.child_tasks:
                await turn()

        return await harness.bytes_left(finish, n)


# E


async def limited(n, variant):
    body = BODIES[variant]
    limiter = trio.CapacityLimiter(8)

    async def one():
        async with limiter:
            await body()

    await nursery_of(n, one)


if __name__ == "__main__":
    harness.main(
        trio.run,
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
