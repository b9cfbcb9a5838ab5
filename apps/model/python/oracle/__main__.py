"""CPython as an oracle: reads a request per line, as JSON, from standard input, and answers each with a line."""

import json
import platform
import sys
import traceback

from . import groups, programs, snippets
from .virtual_loop import VirtualLoop


def main() -> None:
    loop = VirtualLoop()
    answers = {
        "version": lambda _: platform.python_version(),
        "program": lambda program: programs.run(loop, program),
        "split": groups.split,
        "except": groups.handle,
        "snippet": lambda code: snippets.run(loop, code),
    }
    for line in sys.stdin:
        ask, what = json.loads(line)
        try:
            answer = {"answer": answers[ask](what)}
        except BaseException:
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
