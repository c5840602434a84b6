"""The chunks of one long film on Dask workers: processes here, or a cluster that sees the same paths."""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vision.chunks import Chunk, ChunkJob, RunChunks, scan_chunk
from vision.progress import Progress
from vision.rejected import RejectedInput

if TYPE_CHECKING:
    from distributed import Client

ADDRESS = "REELSCORE_DASK"
"""Environment variable that names a scheduler, such as tcp://10.0.0.5:8786, in place of local workers."""
ANSWER_S = 10


def dask_runner(workers: int) -> RunChunks | None:
    """Runs chunks on `workers` processes, or on the cluster that REELSCORE_DASK names; None for no workers.

    Raises RejectedInput where Dask is not installed, or its scheduler does not answer when chunks are run.
    """
    if workers < 1:
        return None
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise RejectedInput(
            f"--workers {workers} needs Dask, which is not installed", "pip install 'reelscore[cluster]'"
        ) from error

    def run(jobs: Sequence[ChunkJob], progress: Progress) -> list[Chunk]:
        with _client(min(workers, len(jobs))) as client:
            return _run(client, jobs, progress)

    return run


def _run(client: "Client", jobs: Sequence[ChunkJob], progress: Progress) -> list[Chunk]:
    from distributed import as_completed

    work: Callable[[ChunkJob], Chunk] = scan_chunk
    futures = client.map(work, jobs, pure=False, retries=1)
    done_s, whole_s = 0, sum(job.last_pts - job.first_pts for job in jobs)
    length = {future.key: job.last_pts - job.first_pts for future, job in zip(futures, jobs, strict=True)}
    for future in as_completed(futures, loop=client.loop):
        done_s += length[future.key]
        progress(done_s / max(whole_s, 1))
    return list(client.gather(futures))


@contextmanager
def _client(workers: int) -> "Iterator[Client]":
    from distributed import Client, LocalCluster

    address = os.environ.get(ADDRESS)
    if address:
        _refuse_silence(address)
        with Client(address, timeout=ANSWER_S, set_as_default=False) as client:
            yield client
        return
    cluster = LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
    )
    with cluster, Client(cluster, set_as_default=False) as client:
        yield client


def _refuse_silence(address: str) -> None:
    """Ask by a socket of our own first: a Dask client that finds nobody takes two minutes to give up."""
    place = urlsplit(address if "://" in address else f"tcp://{address}")
    try:
        if not place.hostname or not place.port:
            raise ValueError("no host and port")
        socket.create_connection((place.hostname, place.port), timeout=ANSWER_S).close()
    except (OSError, ValueError) as error:
        raise RejectedInput(
            f"no Dask scheduler answers at {ADDRESS}={address!r} ({error})",
            "start one, name it as tcp://HOST:PORT, or unset the variable",
        ) from error
