"""`reelscore review`: the page where people watch, note and decide."""

import ipaddress
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.texts import shown
from vision.rejected import RejectedInput

Folder = Annotated[
    Path,
    typer.Argument(metavar="RESULTS", help="RESULTS of `reelscore watch`, or what `reelscore score` made."),
]


def review(
    results: Folder,
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine sign in.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8300,
    browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser here.")] = False,
) -> int:
    """Serve the review page: watch, compare, note, decide, move cues, ask for another take.

    \b
      reelscore review RESULTS
      reelscore review cut_reelscore --open
      reelscore review RESULTS --host 0.0.0.0 --port 8300

    Offline and without login on this machine; on any other address people sign in (`reelscore people`).
    """
    import uvicorn

    from flows.review.desk import open_review
    from flows.review.server import review_app

    loopback = is_loopback(host)
    desk = open_review(results, open_house=loopback)
    if not loopback and not desk.people.everyone():
        desk.close()
        raise RejectedInput(
            f"nobody could sign in at {host} yet",
            f"add somebody: reelscore people {shown(results)} --add NAME",
        )
    server = uvicorn.Server(
        uvicorn.Config(
            review_app(desk, **({} if loopback else {"hosts": ()})),
            host=host,
            port=port,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )
    try:
        socket = server.config.bind_socket()
    except SystemExit as error:
        raise RejectedInput(f"can't listen on {host} port {port}", "name another with --port") from error
    address = f"http://{'127.0.0.1' if loopback else host}:{socket.getsockname()[1]}/"
    print(f"review of {shown(results)} at {address} - Ctrl-C ends it", file=sys.stderr, flush=True)
    if browser:
        import webbrowser

        webbrowser.open(address)
    server.run(sockets=[socket])
    return 0


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def add_to(app: typer.Typer) -> None:
    """Put the command into `app`."""
    app.command("review")(review)
