"""The whole product: a film goes in, a finished, synchronised, editable score comes out."""

from collections.abc import Callable, Iterable
from typing import Final

from flows.job import Job
from flows.line_compose import compose, spot, synthesise, themes
from flows.line_look import analyse, claim
from flows.line_publish import publish, verify
from flows.line_render import deliver, mix
from flows.steps import Step

# A line's entry looks at what the steps before it left, and says what there is to run.
Steps = Callable[[Job], Iterable[Step]]

LINE: Final[dict[str, Steps]] = {
    "claim": claim,  # the film's content and identity; linked, never copied
    "analyse": analyse,  # programme, shots, curves, sound, affect: one pass over the film
    "spot": spot,  # where music goes and why, what it must hit, how fast it runs
    "themes": themes,  # frozen before any cue is composed
    "compose": compose,  # each cue: notes, a pure function of its request
    "synthesise": synthesise,  # each cue: one dry sound file a role
    "mix": mix,  # score, film sound and duck, exactly as long as the film
    "deliver": deliver,  # MIDI, curves, tables, preview
    "verify": verify,  # everything read back and measured
    "publish": publish,  # report, then the manifest that makes it a result
}


def score_film(job: Job, run: Callable[[Step], None], last: str = "publish") -> None:
    """Run the line up to step `last`; `run` runs one step (directly, or as a task of an engine).

    Raises RejectedInput where the film or a setting is at fault.
    """
    for name, steps in LINE.items():
        for step in steps(job):
            run(step)
        if name == last:
            return
