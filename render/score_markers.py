"""The score as markers on the film's frames: each cue with its length, each hit that the music keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from composer.spotting import Cue, Hit, HitKind, Spotting
from render.timecode import frame_at
from vision.analysis import Film

MarkerKind = HitKind | Literal["cue"]
# A colour that CMX locators, Resolve, Avid and OpenTimelineIO all have by this name.
COLOURS: Final[dict[MarkerKind, str]] = {
    "cue": "magenta",
    "in": "green",
    "out": "cyan",
    "turn": "blue",
    "accent": "yellow",
    "stop": "red",
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Marker:
    """`frames` frames from the zero-based frame `frame` on (1 for a hit); name and note are plain lines.

    error_ms: by how much the music misses a hit; None for a cue.
    """

    kind: MarkerKind
    cue: str
    frame: int
    frames: int
    name: str
    note: str
    error_ms: float | None = None


def cue_frames(film: Film, cue: Cue) -> tuple[int, int]:
    """[first, end) frames of a cue, at least one and none after the film's last."""
    first = frame_at(film, cue.start_s)
    return first, max(min(frame_at(film, cue.end_s), film.frames), first + 1)


def score_markers(film: Film, spotting: Spotting) -> list[Marker]:
    """Every cue and every kept hit by frame, a cue before its hits; demoted hits are left out."""
    markers = [
        Marker(
            "cue",
            cue.id,
            cue_frames(film, cue)[0],
            cue_frames(film, cue)[1] - cue_frames(film, cue)[0],
            one_line(f"{cue.id} {cue.key} {cue.mode} {cue.tempo_qpm:.1f}"),
            one_line(cue.reason),
        )
        for cue in spotting.cues
    ]
    for cue in spotting.cues:
        markers += [_hit(cue, hit) for hit in hits_of(spotting, cue)]
    return sorted(markers, key=lambda marker: (marker.frame, marker.kind != "cue"))


def _hit(cue: Cue, hit: Hit) -> Marker:
    name = one_line(f"{cue.id} {hit.kind}")
    return Marker(hit.kind, cue.id, hit.frame, 1, name, one_line(hit.reason), hit.error_ms)


def hits_of(spotting: Spotting, cue: Cue) -> list[Hit]:
    """The hits that a cue keeps, by frame."""
    kept = [hit for hit in spotting.hits if hit.cue in (cue.id, cue.uid) and hit.bar > 0]
    return sorted(kept, key=lambda hit: hit.frame)


def one_line(text: str) -> str:
    """`text` as one line without tabs or other characters that end a field of a list."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def lanes(spans: Sequence[tuple[int, int, T]]) -> list[list[tuple[int, int, T]]]:
    """[first, end) spans by start, dealt to as few lanes as hold them without overlap (cues checkerboard)."""
    dealt: list[list[tuple[int, int, T]]] = []
    for span in sorted(spans, key=lambda span: span[:2]):
        free = next((lane for lane in dealt if lane[-1][1] <= span[0]), None)
        if free is None:
            dealt.append([span])
        else:
            free.append(span)
    return dealt


def batches(items: Iterable[T], size: int) -> list[list[T]]:
    """`items` in lists of at most `size`; one empty list where there are none."""
    every = list(items)
    return [every[at : at + size] for at in range(0, max(len(every), 1), size)]
