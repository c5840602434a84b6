"""SIGTERM and SIGINT as an event that a loop looks at."""

import signal
import threading
from types import FrameType


def stop_on_signal(*ending: threading.Event) -> None:
    """Let SIGTERM and SIGINT end a loop in an orderly way: what is in work is handed back."""

    def stop(number: int, frame: FrameType | None) -> None:
        for event in ending:
            event.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
