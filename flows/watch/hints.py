"""Change events of folders (Linux's inotify): a hint that it is worth looking now, and never more than that.

Shares and buckets send none, and a full event queue loses some: what is there, and whether it rests, is for
the look to say.  Asked of the kernel directly: two calls, against one more package to carry.
"""

import ctypes
import errno
import logging
import os
import select
import threading
from collections.abc import Iterable
from pathlib import Path

log = logging.getLogger(__name__)
# <sys/inotify.h>.  Not each write of a growing copy: that it began, and that it is closed or in its place.
IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE = 0x8, 0x40, 0x80, 0x100, 0x200
NEWS = IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE
PIECE_BYTES = 65_536
_libc = ctypes.CDLL(None, use_errno=True)


class Hints:
    """Sets `news` when something changes in a folder that was named to `watch`."""

    def __init__(self, news: threading.Event) -> None:
        self._news = news
        self._events: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stopped, self._stop = os.pipe()
        self._complained = False
        self._listener = threading.Thread(target=self._listen, name="hints", daemon=True)
        if self._events < 0:
            self._complain(ctypes.get_errno())
        else:
            self._listener.start()

    def watch(self, folders: Iterable[Path]) -> None:
        """Hear of these folders too; one that is known already stays known."""
        for folder in folders:
            if self._events < 0 or _libc.inotify_add_watch(self._events, os.fsencode(folder), NEWS) >= 0:
                continue
            if (number := ctypes.get_errno()) not in (errno.ENOENT, errno.ENOTDIR):
                self._complain(number)

    def close(self) -> None:
        """Hear no more."""
        os.close(self._stop)
        if self._listener.is_alive():
            self._listener.join()
            os.close(self._events)
        os.close(self._stopped)
        self._events = -1

    def _listen(self) -> None:
        while self._stopped not in (ready := select.select([self._events, self._stopped], [], [])[0]):
            if ready:
                os.read(self._events, PIECE_BYTES)  # which file it was is for the look to find
                self._news.set()

    def _complain(self, number: int) -> None:
        if not self._complained:
            log.info("not every change is told at once, looking finds all: %s", os.strerror(number))
        self._complained = True
