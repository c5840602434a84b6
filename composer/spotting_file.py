"""An edited spotting.json, taken as it is: cues and hits checked, their clocks made anew."""

from dataclasses import dataclass
from itertools import pairwise

from pydantic import ValidationError

from composer.hit_wishes import HitWish
from composer.places import Place
from composer.spotting import Cue, Hit, Spotting
from composer.theory import key_pc_of
from vision.analysis import Analysis
from vision.curves import Curves
from vision.rejected import RejectedInput

SHORTEST_S = 1.4
SLOWEST_QPM, FASTEST_QPM = 48.0, 176.0


@dataclass(frozen=True)
class GivenSpotting:
    """Cues in film order and the hits between their ins and outs."""

    cues: tuple[Cue, ...]
    hits: tuple[Hit, ...]

    def places(self) -> list[Place]:
        """The cues' places."""
        return [
            Place(
                cue.start_s,
                cue.out_s,
                cue.end_s,
                cue.entry,
                "as the edited spotting says",
                "as the edited spotting says",
                runs_on=cue.ending == "segue",
                directed=True,
            )
            for cue in self.cues
        ]

    def hits_within(self, place: Place) -> list[HitWish]:
        """The given hits inside a cue; of its in and its out only those that were directed."""
        return [
            HitWish(h.time_s, h.kind, h.strength, h.required, h.reason, directed=h.directed)
            for h in self.hits
            if (
                (h.kind not in ("in", "out") and place.start_s < h.time_s < place.out_s)
                or (h.directed and place.start_s <= h.time_s <= place.out_s)
            )
        ]


def read_spotting(text: str, name: str, analysis: Analysis, curves: Curves) -> GivenSpotting:
    """Check an edited spotting against the film. Raises RejectedInput naming the file and the fault."""
    try:
        spotting = Spotting.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RejectedInput(
            f"{name}: {place}: {first['msg'].lower()}", "edit a spotting.json of ours"
        ) from error
    cues = tuple(sorted(spotting.cues, key=lambda cue: cue.start_s))
    _check_cues(cues, name, analysis)
    return GivenSpotting(cues, tuple(_hit(hit, name, analysis, curves) for hit in spotting.hits))


def _check_cues(cues: tuple[Cue, ...], name: str, analysis: Analysis) -> None:
    end = analysis.film.duration_s
    for cue in cues:
        where = f"{name}: cue {cue.id}"
        if not 0 <= cue.start_s < cue.out_s <= cue.end_s <= end + 1e-6:
            raise RejectedInput(
                f"{where}: {cue.start_s:.3f}, {cue.out_s:.3f}, {cue.end_s:.3f} s; the film has {end:.3f} s",
                "start_s < out_s <= end_s, all inside the film",
            )
        if cue.out_s - cue.start_s < SHORTEST_S:
            raise RejectedInput(f"{where} is shorter than {SHORTEST_S} s", "make it longer, or take it out")
        if not SLOWEST_QPM <= cue.tempo_qpm <= FASTEST_QPM:
            raise RejectedInput(f"{where} wants tempo {cue.tempo_qpm:g}", "choose one of 48 to 176")
        _check_key(cue, where)
    for before, after in pairwise(cues):
        if after.start_s < before.out_s - 1e-6:
            raise RejectedInput(
                f"{name}: {after.id} begins before {before.id} is out", "leave them no overlap"
            )
    for what in ("id", "uid"):
        values = [getattr(cue, what) for cue in cues]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise RejectedInput(
                f"{name}: the {what} {twice!r} stands there twice", f"give each cue its own {what}"
            )


def _check_key(cue: Cue, where: str) -> None:
    try:
        key_pc_of(cue.key)
    except ValueError as error:
        raise RejectedInput(f"{where} has key {cue.key!r}", "write a tonic as C, F# or Bb") from error
    if not cue.uid or not all(c.isalnum() or c in "-_" for c in cue.uid):
        raise RejectedInput(f"{where} has uid {cue.uid!r}", "keep the uid, or use letters and digits")


def _hit(hit: Hit, name: str, analysis: Analysis, curves: Curves) -> Hit:
    """A hit of one place: its time where it agrees with its frame, else the frame's time is not guessed."""
    film = analysis.film
    if not 0 <= hit.time_s <= film.duration_s or not 0 <= hit.frame <= film.frames:
        raise RejectedInput(
            f"{name}: a hit at {hit.time_s:.3f} s, frame {hit.frame}, lies outside the film",
            f"the film has {film.frames} frames and {film.duration_s:.3f} s",
        )
    shown = film.duration_s if hit.frame == film.frames else float(curves.time_s[hit.frame])
    if abs(shown - hit.time_s) > 1.5 / float(film.rate):
        raise RejectedInput(
            f"{name}: a hit at {hit.time_s:.3f} s says frame {hit.frame}, which is shown at {shown:.3f} s",
            "change time_s and frame together",
        )
    return hit
