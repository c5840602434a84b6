"""Seen from outside: /health for a supervisor, /metrics for Prometheus."""

import json
import re
import threading
import time
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from flows.ledger.database import AWAY, away
from flows.ledger.ledger import Ledger
from flows.ledger.states import FAILED, State
from flows.ledger.tables import JobRow
from vision.rejected import RejectedInput

WALL = "wall_s_"  # figures of a job: seconds by step (flows.run_job.step_seconds)
MOST_REASONS = 20  # a label with more values is a burden to every dashboard
SILENT_S = 60.0  # a watcher that has not looked for so long is not well
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Pulse:
    """When the loop last came round, by the steady clock."""

    def __init__(self) -> None:
        self._beat_s = time.monotonic()

    def beat(self) -> None:
        """It came round."""
        self._beat_s = time.monotonic()

    @property
    def silent_s(self) -> float:
        """Seconds since."""
        return time.monotonic() - self._beat_s


class JobCollector(Collector):
    """Reads the ledger when it is asked; nothing is counted beside it."""

    def __init__(self, ledger: Ledger, pulse: Pulse) -> None:
        self._ledger, self._pulse = ledger, pulse

    def collect(self) -> Iterable[Metric]:
        """Queue depth, age of the oldest, attempts, jobs and failures by reason, seconds by step."""
        jobs = self._ledger.jobs()
        with self._ledger.read() as session:
            now = self._ledger.now(session)
        yield from self._states(jobs, now)
        yield self._failures(jobs)
        yield self._spans(jobs)
        silent_s = self._pulse.silent_s
        yield _gauge("reelscore_watcher_silent_seconds", "Since the watcher last looked.", silent_s)

    def _states(self, jobs: Iterable[JobRow], now: float) -> Iterator[Metric]:
        counts = Tally(job.state for job in jobs)
        states = GaugeMetricFamily("reelscore_jobs", "Jobs by state.", labels=["state"])
        for state in State:
            states.add_metric([state.value], counts[state.value])
        yield states
        waiting = [job.queued_at for job in jobs if job.where is State.QUEUED]
        yield _gauge("reelscore_queue_depth", "Jobs that wait for a worker.", len(waiting))
        oldest = max((now - queued for queued in waiting), default=0.0)
        yield _gauge("reelscore_queue_oldest_seconds", "How long the longest has waited.", oldest)

    def _failures(self, jobs: Iterable[JobRow]) -> Metric:
        labels = ["state", "step", "reason"]
        failures = CounterMetricFamily("reelscore_failures", "Jobs failed, by why.", labels=labels)
        failed = [job for job in jobs if job.where in FAILED]
        tally = Tally((job.state, job.step or "claim", kind_of(job.reason)) for job in failed)
        kept = tally.most_common(MOST_REASONS)
        for why, number in sorted(kept):
            failures.add_metric(why, number)
        rest = len(failed) - sum(number for _, number in kept)
        if rest:
            failures.add_metric(("any", "any", "other"), rest)
        return failures

    def _spans(self, jobs: Iterable[JobRow]) -> Metric:
        spans = CounterMetricFamily("reelscore_step_seconds", "Wall seconds by step.", labels=["step"])
        seconds: Tally[str] = Tally()
        for job in jobs:
            for name, value in job.figures.items():
                if name.startswith(WALL):
                    seconds[name.removeprefix(WALL)] += value
        for step, total in sorted(seconds.items()):
            spans.add_metric([step], total)
        return spans


def kind_of(reason: str) -> str:
    """A reason without what differs from film to film: names of files, numbers, what stands in quotes."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"", "...", reason)
    words = ["..." if re.search(r"[\d/\\]|\w\.\w", word) else word for word in plain.split()]
    return re.sub(r"(\.\.\.[,:;]? ?)+", "... ", " ".join(words)).strip()[:80]


@contextmanager
def outside(listen: str, ledger: Ledger, pulse: Pulse) -> Iterator[str]:
    """Answer /health and /metrics at `listen` (HOST:PORT; port 0: any) while the context lasts."""
    registry = CollectorRegistry()
    registry.register(JobCollector(ledger, pulse))

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, TEXT, generate_latest(registry))
            elif self.path == "/health":
                well, facts = _health(ledger, pulse)
                self._answer(200 if well else 503, "application/json", json.dumps(facts).encode())
            else:
                self._answer(404, "text/plain", b"/health or /metrics\n")

        def _answer(self, code: int, kind: str, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads who asked for the metrics."""

    host, _, port = listen.rpartition(":")
    try:
        server = ThreadingHTTPServer((host or "127.0.0.1", int(port)), Answers)
    except (OSError, ValueError) as error:
        raise RejectedInput(f"can't listen on {listen!r}: {error}", "write HOST:PORT, a free port") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host or '127.0.0.1'}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _health(ledger: Ledger, pulse: Pulse) -> tuple[bool, dict[str, object]]:
    try:
        counts = {state.value: number for state, number in ledger.counts().items()}
    except AWAY as error:
        return False, {"well": False, "why": f"the ledger is away: {away(error)}"}
    well = pulse.silent_s < SILENT_S
    return well, {"well": well, "silent_s": round(pulse.silent_s, 1), "jobs": counts}


def _gauge(name: str, what: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, what)
    family.add_metric([], value)
    return family
