"""CPython as an oracle: reads one JSON request per line from standard input, and answers each with one line."""

import json
import platform
import sys
import traceback

from . import groups, programs, snippets


def main() -> None:
    answers = {
        "version": lambda _: platform.python_version(),
        "program": programs.run,
        "split": groups.split,
        "except": groups.handle,
        "snippet": snippets.run,
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
