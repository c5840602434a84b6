"""The command `reelscore`: its subcommands, and the one place where errors become exit codes."""

import logging
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import Abort, TyperException

from flows import (
    cli_jobs,
    cli_night,
    cli_people,
    cli_plan,
    cli_review,
    cli_score,
    cli_serve,
    cli_tools,
    cli_training,
    cli_watch,
)
from flows.exit_codes import INTERRUPTED, REJECTED, TRY_AGAIN
from flows.line_look import Changed
from flows.logs import logs_json
from flows.texts import shown
from flows.workplace import Busy
from vision.process import ToolFailed, no_room
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
HELP = """Film in, scored preview out: MIDI, stems, mix and a preview with the music on it, all offline.

\b
  reelscore score cut.mov                     score a film into ./cut_reelscore/
  reelscore score cut.mov --tone dark --hits sparse --loudness ebu
  reelscore open cut_reelscore                look at what came out
  reelscore watch /mnt/cuts -o /mnt/scored    score every film that is dropped there
  reelscore doctor                            what is installed, what is missing
  reelscore demo                              draw a film of our own and score it

\b
Exit codes: 0 ready, 1 our bug, 2 rejected (the line says why and what to do), 3 ready but needs a look,
75 try again later.
"""

app = typer.Typer(
    help=HELP,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
cli_score.add_to(app)
cli_jobs.add_to(app)
cli_night.add_to(app)
cli_watch.add_to(app)
cli_plan.add_to(app)
cli_serve.add_to(app)
cli_tools.add_to(app)
cli_review.add_to(app)
cli_people.add_to(app)
cli_training.add_to(app)


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every rejection is one line on stderr."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        return int(app(list(arguments) or ["--help"], prog_name="reelscore", standalone_mode=False) or 0)
    except RejectedInput as rejection:
        return _say(f"rejected: {rejection}", REJECTED)
    except TyperException as error:
        return _say(f"rejected: {_usage(error)} - see `reelscore --help`", REJECTED)
    except (Busy, Changed) as error:
        return _say(f"try again: {error}", TRY_AGAIN)
    except (KeyboardInterrupt, Abort):
        return _say("stopped; the same command goes on from the last finished step", INTERRUPTED)
    except (OSError, ToolFailed) as error:
        if not no_room(error):
            raise
        return _say(f"try again: there is no room on the disk for {_place(error)}; free some", TRY_AGAIN)


def _place(error: OSError | ToolFailed) -> str:
    return "the result" if isinstance(error, ToolFailed) or not error.filename else shown(str(error.filename))


def _usage(error: TyperException) -> str:
    say = getattr(error, "format_message", error.__str__)
    return " ".join(str(say()).split()).rstrip(".")


def _say(line: str, code: int) -> int:
    """One line on stderr, whatever odd bytes a name in it holds: a JSON line among JSON lines, so that who
    collects a night's log can read it whole; plain where a person reads."""
    text = " ".join(line.splitlines()).encode("utf-8", "backslashreplace").decode()
    if logs_json() and not sys.stderr.isatty():
        log.error("%s", text)
    else:
        print(text, file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
