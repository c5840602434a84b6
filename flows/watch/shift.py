"""One shift: look at the inbox, keep the workers alive, say where all stand, again and again."""

import logging
import threading
import time
from dataclasses import dataclass, field

from flows.ledger.database import AWAY, away
from flows.ledger.states import OPEN
from flows.night.health import Pulse
from flows.night.priority import prioritise
from flows.texts import shown
from flows.watch.fleet import Fleet
from flows.watch.status import StatusFiles, status
from flows.watch.watcher import Watcher

log = logging.getLogger(__name__)
LEAST_REST_S = 0.5  # between two looks, however much there is to tell


@dataclass
class Shift:
    """once: end when nothing is left to do.  window_s: end after so long whatever is left; None: never.
    priority: the text of a priority file."""

    inbox: str
    watcher: Watcher
    fleet: Fleet
    files: StatusFiles
    once: bool = False
    window_s: float | None = None
    priority: str = ""
    pulse: Pulse = field(default_factory=Pulse)
    ending: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `ending` is set, the window closes or, with `once`, all is done; then workers hand back."""
        began_s = _now_s()
        try:
            while not self.ending.is_set() and not self._round():
                if self.window_s is not None and _now_s() - began_s > self.window_s:
                    log.info("the window is over; what is in work is handed back")
                    break
                self._rest()
        finally:
            self.fleet.stop()
            self.watcher.close()
            self._tell()

    def _rest(self) -> None:
        """Until the next look is due, or there is news that makes an earlier one worth while."""
        interval_s = self.watcher.rules.interval_s
        self.ending.wait(min(LEAST_REST_S, interval_s))
        self.watcher.news.wait(max(interval_s - LEAST_REST_S, 0.0))
        self.watcher.news.clear()

    def _round(self) -> bool:
        """One round; True where `once` has nothing left to wait for. A database away is waited for."""
        try:
            settled = self.watcher.look()
            if self.priority:
                prioritise(self.watcher.ledger, self.priority)
            self.fleet.keep_alive()
            self.pulse.beat()
            self._tell()
            at_rest = not any(state in OPEN for state in self.watcher.ledger.counts())
            return self.once and settled and at_rest
        except AWAY as error:
            log.warning("the database is away: %s", away(error))
        return False

    def _tell(self) -> None:
        try:
            watcher = self.watcher
            now = status(watcher.ledger, shown(self.inbox), watcher.note, watcher.passed_over)
            self.files.write(now)
        except (OSError, *AWAY) as error:
            log.warning("the status can't be written: %s", shown(str(error)))


def _now_s() -> float:
    """Seconds since boot, sleep included: a night ends in time although the machine slept through some of it,
    and whatever is done to its clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
