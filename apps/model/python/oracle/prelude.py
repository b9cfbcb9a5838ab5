"""The layer between programs and asyncio, for what users of asyncio must do by hand.

Each piece is the Python half of a row of differences.md, and does no more than that row says.
"""

import asyncio
from collections.abc import Awaitable, Callable


def look() -> None:
    """Raises if the current task was cancelled and the cancellation is still pending: a level, where asyncio has an edge (S1)."""
    if asyncio.current_task().cancelling():
        raise asyncio.CancelledError


async def sleep(delay: float) -> None:
    look()
    await asyncio.sleep(delay)


async def deaf(delay: float) -> None:
    """Waits, and ignores cancellation; code after it may call `look`."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_later(delay, over.set_result, None)
    while not over.done():
        try:
            await asyncio.wait([over])
        except asyncio.CancelledError:
            pass  # `cancelling()` keeps it


async def _miscounts() -> bool:
    async def fails() -> None:
        raise ValueError

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
    except* ValueError:
        pass
    return asyncio.current_task().cancelling() > 0


MISCOUNTS = asyncio.run(_miscounts())
"""Whether a group that a child fails while it is being left keeps its parent `cancelling()`, as it does before Python 3.13. A
timeout around the group would then raise `CancelledError` in place of `TimeoutError`."""


class TaskGroup(asyncio.TaskGroup):
    """asyncio's `TaskGroup`, with a corrected count."""

    if MISCOUNTS:

        async def __aexit__(self, *raised: object) -> bool | None:
            counted = self._parent_cancel_requested
            try:
                return await super().__aexit__(*raised)
            finally:
                if self._parent_cancel_requested and not counted:
                    self._parent_task.uncancel()


class Expired(Exception):
    """The `TimeoutError` of one timeout, because `asyncio.timeout` does not say which timeout expired."""


async def timeout(delay: float, body: Callable[[], Awaitable[object]]) -> tuple[object, bool]:
    """Runs the body in an `asyncio.timeout`; returns its value, and whether it was late.

    :raises Expired: where that raises a `TimeoutError` of its own.
    """
    of_body: BaseException | None = None
    try:
        async with asyncio.timeout(delay) as limit:
            try:
                value = await body()
            except BaseException as error:
                of_body = error
                raise
        return value, limit.expired()
    except TimeoutError as error:
        if error is of_body:
            raise
        raise Expired from error
