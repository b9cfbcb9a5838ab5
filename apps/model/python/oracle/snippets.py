"""Runs a piece of documented Python in virtual time, and returns what it prints."""

import asyncio
import contextlib
import io

from .virtual_loop import VirtualLoop


def run(loop: VirtualLoop, code: str) -> str:
    """Runs a module; `asyncio.run` in it runs on the virtual loop."""
    loop.reset()
    printed = io.StringIO()
    real = asyncio.run
    asyncio.run = loop.run_until_complete
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "differences.md", "exec"), {"__name__": "__main__"})
    finally:
        asyncio.run = real
    return printed.getvalue()
