"""`reelscore ...` on a leash: it gets SIGTERM when its standard input ends, so goes with its parent."""

import os
import signal
import sys
import threading

from flows.cli import run


def main() -> None:
    """Run the command line given."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(run(sys.argv[1:]))


def _end_with_parent() -> None:
    while os.read(0, 1):  # not by sys.stdin, whose lock would abort the interpreter at its end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
