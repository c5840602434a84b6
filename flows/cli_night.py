"""`reelscore digest`: what last night brought, on one page."""

import re
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from flows.texts import shown
from vision.rejected import RejectedInput

Results = Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder that `reelscore watch` fills.")]
Since = Annotated[str, typer.Option(metavar="SPAN", help="How far back: 90m, 12h or 2d.")]
UNITS_S = {"m": 60, "h": 3600, "d": 86_400}


def digest(results: Results, since: Since = "12h") -> int:
    """Write the digest of the last hours: ready, rejected, and what needs a look with the reason.

    \b
      reelscore digest results
      reelscore digest results --since 2d

    It lands in RESULTS/@night/ as DATE.html and DATE.json, and as newest.html and newest.json.
    REELSCORE_ON_DIGEST names somebody to tell: cmd:COMMAND (JSON on its input), mailto:ADDRESS, https://...
    """
    span_s = _seconds(since)
    if not results.is_dir():
        raise RejectedInput(
            f"there is no folder {shown(results)}", "name the one that `reelscore watch` fills"
        )
    from flows.ledger.ledger import open_ledger
    from flows.night.digest import digest_of
    from flows.night.digest_page import write_digest
    from flows.night.hooks import tell

    ledger = open_ledger(results)
    try:
        now_s = time.time()
        night = digest_of(ledger, results, now_s - span_s, now_s)
    finally:
        ledger.close()
    page = write_digest(results, night)
    tell("digest", night.model_dump(mode="json", exclude={"films": {"__all__": {"still"}}}))
    print(night.sums, file=sys.stderr)
    print(shown(page))
    return 0


def _seconds(span: str) -> float:
    found = re.fullmatch(r"(\d{1,5})([mhd])", span)
    if found is None:
        raise RejectedInput(f"--since {span!r} is no span of time", "write it as 90m, 12h or 2d")
    return int(found[1]) * UNITS_S[found[2]]


def add_to(app: typer.Typer) -> None:
    """Put the command into `app`."""
    app.command("digest")(digest)
