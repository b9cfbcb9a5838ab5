"""An event loop with virtual time: instead of waiting for the next timer, it jumps to its time."""

import asyncio
import selectors


class Stalled(Exception):
    """Nothing can run, and no timer is set, so the program would wait for ever."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop with its tasks and timers, except for `time()` and for the waiting."""

    def __init__(self) -> None:
        super().__init__(_JumpingSelector(self))
        # Times are whole numbers. A timer fires if it is due within the resolution, which must not be 0.
        self._clock_resolution = 0.5
        self._now = 0
        self.ties = 0
        """The number of times at which several timers were due together."""

    def time(self) -> float:
        return self._now

    def jump(self) -> None:
        if not self._scheduled:
            raise Stalled("nothing can run, and no timer is set")
        self._now = self._scheduled[0].when()
        due = [timer for timer in self._scheduled if timer.when() == self._now and not timer.cancelled()]
        self.ties += len(due) > 1


class _JumpingSelector(selectors.DefaultSelector):
    """The selector of the loop. It only watches the loop's own file, with which other threads could wake the loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list:
        if timeout != 0:
            self._loop.jump()
        return []
