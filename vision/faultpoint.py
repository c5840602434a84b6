"""Named crash points, so that a kill at an exact instant can be staged in a test."""

import os
import signal
from pathlib import Path


def faultpoint(name: str) -> None:
    """Kill this very process with SIGKILL when `name` is among the environment's FAULT (names by commas).

    Where FAULT_ONCE names a folder, each point kills once only, whichever process comes to it first.
    """
    if name not in os.environ.get("FAULT", "").split(","):
        return
    once = os.environ.get("FAULT_ONCE")
    if once:
        try:
            (Path(once) / name.replace("/", "_")).touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
