"""Processes of ours that are kept alive: one that dies is started again, ever more slowly."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

log = logging.getLogger(__name__)
SHORT_LIFE_S = 10.0
MOST_PAUSE_S = 60.0
STOP_S = 30.0


@dataclass
class _Place:
    command: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    began_s: float = 0.0
    short_lives: int = 0
    next_s: float = 0.0


@dataclass
class Fleet:
    """commands: each a module of ours and its arguments; it ends when its standard input does."""

    commands: Sequence[Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    _places: list[_Place] = field(default_factory=list)

    def keep_alive(self) -> None:
        """Start what isn't running; call it often."""
        self._places += [_Place(command) for command in self.commands[len(self._places) :]]
        for place in self._places:
            if place.process is not None and place.process.poll() is not None:
                self._mourn(place)
            if place.process is None and time.monotonic() >= place.next_s:
                place.process, place.began_s = self._start(place.command), time.monotonic()

    def stop(self) -> None:
        """Let every one hand back what it has, and end; the last started first."""
        living = [place.process for place in reversed(self._places) if place.process is not None]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + STOP_S
        for process in living:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdin is not None
            process.stdin.close()

    def _mourn(self, place: _Place) -> None:
        assert place.process is not None and place.process.stdin is not None
        place.process.stdin.close()
        lived_s = time.monotonic() - place.began_s
        place.short_lives = place.short_lives + 1 if lived_s < SHORT_LIFE_S else 0
        pause_s = min(2.0**place.short_lives - 1, MOST_PAUSE_S)
        log.warning("%s ended with %s", " ".join(place.command[:2]), place.process.returncode)
        place.process, place.next_s = None, time.monotonic() + pause_s

    def _start(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        # The pipe is a leash: one that is killed takes its children along, in an orderly way.
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **self.environment},
        )
