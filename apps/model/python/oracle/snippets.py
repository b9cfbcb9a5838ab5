"""Runs a piece of documented Python in virtual time, and returns what it prints."""

import asyncio
import contextlib
import io

from .virtual_loop import VirtualLoop


def run(code: str) -> str:
    """Runs a module; `asyncio.run` in it runs in virtual time."""
    printed = io.StringIO()
    real = asyncio.run
    with asyncio.Runner(loop_factory=VirtualLoop) as runner, contextlib.redirect_stdout(printed):
        asyncio.run = runner.run
        try:
            exec(compile(code, "snippet", "exec"), {"__name__": "__main__"})
        finally:
            asyncio.run = real
    return printed.getvalue()
