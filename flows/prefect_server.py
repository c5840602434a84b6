"""A Prefect server for one run. It ends with the process that started it, however that one dies.

Prefect's own temporary server is left running for ever when its parent is killed (seen with 3.8.8).
"""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A first server took 17.7 s to start on two cores: it makes its database then.
START_LIMIT_S = 300.0
STOP_LIMIT_S = 10.0
# What Prefect tells its own temporary server: no page, no scheduler, no other server behind it.
TEMPORARY = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}


@contextmanager
def temporary_server() -> Iterator[str]:
    """Start a server on a free port of the loopback and yield its API's address; it stops at the end."""
    port = free_port()
    # The pipe is the leash: the kernel closes our end when this process goes, and the server reads its end.
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.prefect_server", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **TEMPORARY},
    )
    try:
        address = f"http://127.0.0.1:{port}/api"
        wait_for_server(address, START_LIMIT_S, lambda: process.poll() is None)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin is not None
        process.stdin.close()


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_server(address: str, limit_s: float, is_alive: Callable[[], bool] = lambda: True) -> None:
    """Return when the API at `address` answers; raises RuntimeError after `limit_s` or when it ended."""
    deadline = time.monotonic() + limit_s
    while is_alive() and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    if not is_alive():
        raise RuntimeError("the Prefect server ended at its start")
    raise RuntimeError(f"the Prefect server did not come up within {limit_s:.0f} s")


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Serve on the port given, until terminated or until standard input ends."""
    import uvicorn

    threading.Thread(target=_end_with_parent, daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="error",
        lifespan="on",
    )


if __name__ == "__main__":
    main()
