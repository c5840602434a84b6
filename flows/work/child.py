"""The process of one job: runs the line in the folder given, tells its parent how far it is, dies with it.

Lines of JSON on the descriptor in REELSCORE_EVENTS: {"step", "detail", "share"} while it works, one with
"end" at last. Standard input is the leash: when the parent goes, it ends, and this process with all below it.
"""

import json
import logging
import os
import signal
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.admission import NoRoom, admit, check_room
from flows.exit_codes import REJECTED, TRY_AGAIN
from flows.first_look import look
from flows.line_look import Changed
from flows.quality import Quality
from flows.run_job import run_directly, stored_job
from flows.steps import Step
from flows.work.process_tree import kill_below
from flows.workplace import Busy, workplace
from vision.artifact import read_json
from vision.process import ToolFailed, no_room
from vision.rejected import RejectedInput

EVENTS = "REELSCORE_EVENTS"
log = logging.getLogger(__name__)
ENGINE_WAIT_S = 10.0
LEAST_SHARE = 0.01  # how much further a step is before it says so again

Say = Callable[[dict[str, Any]], None]


def main(arguments: list[str]) -> int:
    """Do the job in folder `arguments[0]`; with "prefect" and the URI where its version will lie, as a flow.

    Returns the exit code.
    """
    threading.Thread(target=_die_with_parent, daemon=True).start()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    with os.fdopen(int(os.environ.pop(EVENTS)), "w", encoding="utf-8") as events:

        def say(fact: dict[str, Any]) -> None:
            events.write(json.dumps(fact) + "\n")
            events.flush()

        return _work(Path(arguments[0]), arguments[2] if arguments[1:2] == ["prefect"] else None, say)


def _work(out: Path, home: str | None, say: Say) -> int:
    try:
        with workplace(out):
            quality = _score(out, home, say)
    except RejectedInput as rejection:
        say({"end": "rejected", "reason": rejection.reason, "remedy": rejection.remedy})
        return REJECTED
    except (Busy, Changed, NoRoom) as error:
        say({"end": type(error).__name__.lower(), "reason": str(error)})
        return TRY_AGAIN
    except (OSError, ToolFailed) as error:
        if not no_room(error):
            raise
        say({"end": "noroom", "reason": "the disk is full; it goes on when there is room"})
        return TRY_AGAIN
    say({"end": "done", "findings": list(quality.findings), "figures": quality.figures})
    return 0


def _score(out: Path, home: str | None, say: Say) -> Quality:
    job = stored_job(out)
    say({"step": "claim", "detail": "", "share": 0.0})
    seen = look(job)
    admit(job)
    check_room(job, seen)
    if home is not None and _engine_answers():
        from flows.prefect_line import run_under_prefect

        run_under_prefect(job, _teller(say), home=home)
    else:
        run_directly(job, _teller(say))
    return read_json(job.quality, Quality)


def _engine_answers() -> bool:
    """Whether the engine's server is there (none named: one of ours); the work is done without it, too."""
    address = os.environ.get("PREFECT_API_URL")
    if not address:
        return True
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=ENGINE_WAIT_S):
            return True
    except OSError as error:
        log.warning("the engine's server does not answer, going on without it: %s", error)
        return False


def _teller(say: Say) -> Callable[[Step, float], None]:
    told: dict[str, Any] = {"label": "", "share": 0.0}

    def watch(step: Step, share: float) -> None:
        if step.label != told["label"] or share - told["share"] >= LEAST_SHARE or share == 1.0:
            told.update(label=step.label, share=share)
            say(
                {
                    "step": step.name,
                    "detail": step.detail,
                    "share": round((step.item + share) / step.items, 4),
                }
            )

    return watch


def _die_with_parent() -> None:
    # Not by sys.stdin: its lock, held by this thread, would abort the interpreter at its end.
    while os.read(0, 1):
        pass
    kill_below(os.getpid())
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
