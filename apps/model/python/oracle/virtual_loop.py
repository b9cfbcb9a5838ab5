"""An event loop whose time is a number: where it would wait for the next timer, it jumps there instead."""

import asyncio
import selectors


class Stalled(Exception):
    """Nothing can run any more, and no timer is set: the program would wait for ever."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, tasks, timers and all, but for `time()` and for what it does instead of waiting."""

    def __init__(self) -> None:
        super().__init__(_JumpingSelector(self))
        # Times are whole numbers. A timer fires where it is due within the resolution, which must not be nothing.
        self._clock_resolution = 0.5
        self._now = 0
        self.ties = 0
        """How often several timers were due at one time."""

    def time(self) -> float:
        return self._now

    def jump(self) -> None:
        if not self._scheduled:
            raise Stalled("nothing can run, and no timer is set")
        self._now = self._scheduled[0].when()
        due = [timer for timer in self._scheduled if timer.when() == self._now and not timer.cancelled()]
        self.ties += len(due) > 1


class _JumpingSelector(selectors.DefaultSelector):
    """What the loop waits with. It has no files to wait for but the loop's own, by which other threads would wake it."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list:
        if timeout != 0:
            self._loop.jump()
        return []
