"""Named crash points, so that a kill at an exact instant can be staged in a test."""

import os
import signal


def faultpoint(name: str) -> None:
    """Kill this very process with SIGKILL when the environment's FAULT is `name`; otherwise do nothing."""
    if os.environ.get("FAULT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
