"""Seek proxies made in the background, one at a time, where a preview's keyframes lie too far apart."""

import logging
import queue
import threading
from pathlib import Path
from typing import Literal

from flows.review.results import Version
from render.seek_proxy import LONGEST_GROUP_S, longest_group_s, make_seek_proxy
from vision.artifact import Artifact, read_json, write_json

log = logging.getLogger(__name__)

ProxyState = Literal["unknown", "not needed", "waiting", "ready", "failed"]


class ProxyFacts(Artifact):
    """What is known of a preview: its longest group of pictures, and which preview that was."""

    mark: str
    longest_group_s: float


class Proxies:
    """Answers at once; work is done by one thread, the oldest wish first."""

    def __init__(self) -> None:
        self._wishes: queue.Queue[tuple[Version, int] | None] = queue.Queue()
        self._seen: dict[Path, ProxyState] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def picture(self, version: Version) -> Path:
        """The file to show now: the proxy once it is there, the preview until then."""
        proxy = version.own / "proxy.mp4"
        return proxy if proxy.is_file() and _fits(version) else version.folder / "preview.mp4"

    def wish(self, version: Version, fps: int) -> ProxyState:
        """Where a version's proxy stands; the first call puts it into the queue."""
        if self.picture(version).name == "proxy.mp4":
            return "ready"
        with self._lock:
            state = self._seen.get(version.folder)
            if state is None:
                state = self._seen[version.folder] = "waiting"
                self._wishes.put((version, fps))
                self._start()
            return state

    def close(self) -> None:
        """Let the thread end after what it is doing."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._wishes.put(None)
            thread.join(timeout=600)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="proxies", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (wish := self._wishes.get()) is not None:
            version, fps = wish
            try:
                state = _made(version, fps)
            except Exception:  # a job's boundary: a film whose proxy fails is shown by its preview
                log.warning("no seek proxy for %s", version.folder, exc_info=True)
                state = "failed"
            with self._lock:
                self._seen[version.folder] = state


def _made(version: Version, fps: int) -> ProxyState:
    preview = version.folder / "preview.mp4"
    facts = ProxyFacts(mark=_mark(preview), longest_group_s=round(longest_group_s(preview), 3))
    needed = facts.longest_group_s > LONGEST_GROUP_S
    if needed:
        make_seek_proxy(preview, fps, version.own / "proxy.mp4")
    write_json(version.own / "proxy.json", facts)
    return "ready" if needed else "not needed"


def _fits(version: Version) -> bool:
    """Whether the proxy was made from this very preview."""
    try:
        return read_json(version.own / "proxy.json", ProxyFacts).mark == _mark(version.folder / "preview.mp4")
    except (OSError, ValueError):
        return False


def _mark(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"
