"""What A may be compared with: other versions of the same cut, and takes, all at equal loudness."""

from typing import Any

from flows.review.results import Results, Version
from flows.review.takes import take_numbers
from flows.review.visitor import Visitor

Sources = dict[str, dict[str, float | str]]


def other_sounds(results: Results, visitor: Visitor, version: Version, chosen: str) -> list[dict[str, Any]]:
    """Choices for B, each with the sounds of both sides: {label, chosen, sources {a, b}}.

    A gain below 1 turns the louder side down to the other. Versions of another cut are left out: they have
    another picture. A take is heard alone, from its cue's in.
    """
    choices = [
        _version(results, visitor, version, other, chosen)
        for other in reversed(version.film.versions)
        if other.key != version.key
        and other.finished
        and visitor.sees(other.film.key, other.key)
        and _same_cut(results, version, other)
    ]
    return choices + _takes(results, visitor, version)


def _version(
    results: Results, visitor: Visitor, version: Version, other: Version, chosen: str
) -> dict[str, Any]:
    a: Sources = {}
    b: Sources = {}
    here = f"{visitor.base}/film/{other.film.key}/{other.key}/media"
    for kind, name in (("mix", "preview.mp4"), ("score", "score.m4a"), ("film", "film.m4a")):
        if (other.folder / name).is_file():
            mine, theirs = _loudness(results, version, kind), _loudness(results, other, kind)
            a[kind] = {"gain": _gain(mine, theirs)}
            b[kind] = {"gain": _gain(theirs, mine), "url": f"{here}/{name}"}
    return {"label": other.name, "chosen": other.key == chosen, "sources": {"a": a, "b": b}}


def _takes(results: Results, visitor: Visitor, version: Version) -> list[dict[str, Any]]:
    spotting, manifest = results.spotting(version), results.manifest(version)
    chosen = manifest.settings.get("chosen_takes", {}) if manifest else {}
    here = f"{visitor.base}/film/{version.film.key}/{version.key}/take"
    found = []
    for cue in spotting.cues if spotting else ():
        used = int(chosen.get(cue.uid, 1))
        for take in take_numbers(version, cue.uid):
            if take != used:
                sides = {
                    side: {
                        "score": {"url": f"{here}/{cue.uid}/{number}.m4a", "offset": cue.start_s, "gain": 1}
                    }
                    for side, number in (("a", used), ("b", take))
                }
                label = f"{cue.id} take {take}"
                found.append({"label": label, "chosen": False, "sources": sides})
    return found


def _same_cut(results: Results, one: Version, other: Version) -> bool:
    first, second = results.manifest(one), results.manifest(other)
    return first is not None and second is not None and first.film_sha256 == second.film_sha256


def _loudness(results: Results, version: Version, kind: str) -> float | None:
    """Programme loudness of a sound as it was measured, None where nobody did."""
    mix, manifest = results.mix(version), results.manifest(version)
    if kind == "mix":
        told = manifest.quality.get("loudness_lufs") if manifest else None
        return mix.loudness_lufs if mix else float(told) if isinstance(told, int | float) else None
    return mix.score_lufs if mix and kind == "score" else None


def _gain(own: float | None, other: float | None) -> float:
    """How far the louder of two is turned down to be as loud as the other."""
    if own is None or other is None or own <= other:
        return 1.0
    return round(float(10 ** ((other - own) / 20)), 4)
