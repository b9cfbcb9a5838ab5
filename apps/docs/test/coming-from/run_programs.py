"""Runs the named programs, one after another, and prints the output of each, as a JSON object.

Leaves out those that this Python cannot run: all before 3.11, those of Trio where Trio is not installed.
"""

import contextlib
import importlib.util
import io
import json
import runpy
import sys


def can_run(name: str) -> bool:
    return sys.version_info >= (3, 11) and (
        not name.startswith("trio/") or importlib.util.find_spec("trio") is not None
    )


def run(name: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(name, run_name="__main__")
    return printed.getvalue()


print(json.dumps({name: run(name) for name in sys.argv[1:] if can_run(name)}))
