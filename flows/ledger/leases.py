"""Whose lease ran out: seen by watching that nobody renews it, never by comparing clocks.

A wall clock can be set, two machines' clocks differ, and a machine that slept wakes with an hour gone by.
"""

import os
import socket
import time
from dataclasses import dataclass

from flows.ledger.ledger import started_ticks

# A lease ends over at least so many looks: whoever looks may have been frozen itself since the look before,
# and then its own absence is not the worker's.
LOOKS = 4


@dataclass(frozen=True)
class Lease:
    """A claim as one look found it.  sign: its last heartbeat.  length_s: it holds without one."""

    worker: str
    sign: float
    length_s: float


@dataclass
class _Watched:
    lease: Lease
    looked_s: float
    unrenewed_s: float = 0.0


class LeaseWatch:
    """What this process has seen of all claims, by the steady clock, which sleeps with the machine."""

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}

    def over(self, leases: dict[int, Lease]) -> set[int]:
        """One look at all claims there are now; those whose worker is gone, or silent for a whole lease."""
        now_s = time.monotonic()
        before, self._watched = self._watched, {}
        for number, lease in leases.items():
            known = before.get(number)
            if known is None or known.lease != lease:
                known = _Watched(lease, now_s)
            known.unrenewed_s += min(now_s - known.looked_s, lease.length_s / LOOKS)
            known.looked_s = now_s
            self._watched[number] = known
        return {
            number
            for number, known in self._watched.items()
            if known.unrenewed_s >= known.lease.length_s or is_gone(known.lease.worker)
        }

    def forget(self) -> None:
        """Begin anew: the ledger was away, and nobody could renew anything."""
        self._watched = {}


def is_gone(worker: str) -> bool:
    """Whether a worker of this machine has ended; one of another machine is never known to have."""
    host, _, pid = worker.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    ticks = worker.rpartition(":")[2]
    return bool(ticks) and int(pid) != os.getpid() and started_ticks(int(pid)) != ticks
