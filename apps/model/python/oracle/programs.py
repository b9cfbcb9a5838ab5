"""Runs a program, which is plain data (src/program.ts), as a user of asyncio would write it."""

import asyncio

from . import prelude
from .virtual_loop import VirtualLoop


class Failure(Exception):
    """The error of a `fail`."""

    def __init__(self, id: int) -> None:
        super().__init__(id)
        self.id = id


class TimedOut(TimeoutError):
    """The error of a `timeout`."""

    def __init__(self, id: int) -> None:
        super().__init__(id)
        self.id = id


class Run:
    """One run of one program, and its trace: `[time, id, outcome]` for each statement that ended."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._groups: dict[int, asyncio.TaskGroup] = {}
        self._tasks: dict[int, asyncio.Task] = {}
        self.trace: list = []

    async def program(self, body: list) -> None:
        try:
            value = await self._block(body)
            self._note(0, {"value": value or 0})
        except BaseException as error:
            self._note(0, outcome(error))

    async def _block(self, block: list) -> int | None:
        """Runs statement by statement; returns the value of the first that returned from its function, if one did."""
        for statement in block:
            value = await getattr(self, "_" + statement["do"].lower())(statement)
            if value is not None:
                return value
        return None

    async def _sleep(self, statement: dict) -> None:
        await prelude.sleep(statement["ms"])
        self._note(statement["id"], "done")

    async def _work(self, statement: dict) -> None:
        await prelude.deaf(statement["ms"])
        self._note(statement["id"], "done")

    async def _fail(self, statement: dict) -> None:
        raise Failure(statement["id"])

    async def _return(self, statement: dict) -> int:
        return statement["id"]

    async def _spawn(self, statement: dict) -> None:
        id = statement["id"]
        prelude.look()
        task = self._groups[statement["owner"]].create_task(self._task(statement))
        self._tasks[id] = task
        task.add_done_callback(lambda task: self._note(id, result(task)))

    async def _task(self, statement: dict) -> int:
        return await self._block(statement["body"]) or statement["id"]

    async def _await(self, statement: dict) -> None:
        prelude.look()
        task = self._tasks.get(statement["task"])
        if task is not None:
            await asyncio.wait([task])

    async def _cancel(self, statement: dict) -> None:
        task = self._tasks.get(statement["target"])
        if task is not None:
            task.cancel()

    async def _try(self, statement: dict) -> int | None:
        try:
            return await self._block(statement["body"])
        finally:
            await self._block(statement["cleanup"])

    async def _attempt(self, statement: dict) -> int | None:
        try:
            return await self._block(statement["body"])
        except Exception as error:
            self._note(statement["id"], outcome(error))
        prelude.look()
        return None

    async def _timeout(self, statement: dict) -> None:
        await self._limited(statement, TimedOut(statement["id"]))

    async def _moveonafter(self, statement: dict) -> None:
        await self._limited(statement, None)

    async def _limited(self, statement: dict, on_expiry: TimedOut | None) -> None:
        id = statement["id"]
        try:
            try:
                value, late = await prelude.timeout(statement["ms"], lambda: self._block(statement["body"]))
            except prelude.Expired:
                prelude.look()
                if on_expiry is not None:
                    raise on_expiry from None
                self._note(id, {"value": None})
            else:
                self._note(id, {"value": value or id, "late": late and not asyncio.current_task().cancelling()})
        except BaseException as error:
            self._note(id, outcome(error))
            raise

    async def _group(self, statement: dict) -> None:
        id = statement["id"]
        try:
            async with prelude.TaskGroup() as group:
                self._groups[id] = group
                value = await self._block(statement["body"])
            prelude.look()
            self._note(id, {"value": value or id})
        except BaseException as error:
            self._note(id, outcome(error))
            raise

    def _note(self, id: int, what: object) -> None:
        self.trace.append([self._loop.time(), id, what])


def result(task: asyncio.Task) -> object:
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return {"value": task.result()} if error is None else outcome(error)


def outcome(error: BaseException) -> object:
    return "cancelled" if isinstance(error, asyncio.CancelledError) else {"error": shape(error)}


def shape(error: BaseException) -> object:
    """An error as data: a group as the list of its members."""
    if isinstance(error, BaseExceptionGroup):
        return [shape(member) for member in error.exceptions]
    if isinstance(error, Failure):
        return f"failure {error.id}"
    if isinstance(error, TimedOut):
        return f"timeout {error.id}"
    return repr(error)


def run(program: dict) -> dict:
    """Runs a program from time 0, and returns its trace."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()
        this = Run(loop)
        runner.run(this.program(program["body"]))
        left = asyncio.all_tasks(loop)
        assert not left, f"expected no task to be left, got {left}"
        return {"trace": this.trace, "ties": loop.ties}
