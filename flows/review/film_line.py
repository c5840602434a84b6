"""What the player draws and steps by: the film's clock, shots, cues, hits, sounds and curves, as JSON."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.spotting import Cue, Hit, Spotting
from flows.review.results import Results, Version
from render.peaks import Peaks
from render.plot import ceiling
from render.timecode import start_count
from vision.analysis import Analysis, Film
from vision.curves import Curves, load_curves
from vision.timecode import counting_rate

MOST_POINTS = 8000  # a curve's points: two a pixel of a 4K screen, and an eighth of a feature's frames
FAINTEST_LUFS = -60.0


def film_line(results: Results, version: Version) -> dict[str, Any] | None:
    """Everything that the page's script needs of a version; None where the film was never analysed."""
    analysis = results.analysis(version)
    if analysis is None:
        return None
    spotting = results.spotting(version)
    peaks = results.read(version.folder / "peaks.json", Peaks)
    return {
        **clock_facts(analysis.film, version.folder),
        "shots": [[shot.start_frame, shot.transition_in] for shot in analysis.shots],
        "regions": _regions(analysis),
        "sounds": [
            [span.kind, round(span.start_s, 3), round(span.end_s, 3)]
            for span in analysis.sound.spans
            if span.kind != "silence"
        ],
        "pauses": _pauses(analysis),
        "cues": [_cue(cue) for cue in spotting.cues] if spotting else [],
        "hits": _hits(spotting) if spotting else [],
        "silences": [[s.start_s, s.end_s, s.reason] for s in spotting.silences] if spotting else [],
        "curves": _curves(version.folder, analysis),
        "peaks": {"per_second": peaks.per_second, "sounds": peaks.sounds} if peaks else None,
    }


def clock_facts(film: Film, folder: Path) -> dict[str, Any]:
    """The film's clock. times: each frame's presentation time, only where the rate varies."""
    facts: dict[str, Any] = {
        "rate": [film.rate.numerator, film.rate.denominator],
        "fps": counting_rate(film.rate),
        "drop": film.drop_frame,
        "start": start_count(film),
        "frames": film.frames,
        "duration": film.duration_s,
        "programme": [film.programme.first_frame, film.programme.last_frame],
    }
    if film.variable_rate and (folder / "curves.npz").is_file():
        facts["times"] = [round(float(time), 6) for time in load_curves(folder / "curves.npz").time_s]
    return facts


def _regions(analysis: Analysis) -> list[list[Any]]:
    """What is not ordinary picture; areas burnt in all along are not stretches of time."""
    return [
        [region.kind.replace("_", " "), region.start_s, region.end_s, round(region.confidence, 2)]
        for region in analysis.film.regions
        if region.area is None
    ]


def _pauses(analysis: Analysis) -> list[float]:
    """Where speech ends and begins again: what a cue's in and out snap to."""
    return sorted(
        {round(moment, 3) for span in analysis.sound.speech for moment in (span.start_s, span.end_s)}
    )


def _cue(cue: Cue) -> dict[str, Any]:
    return {
        "uid": cue.uid,
        "id": cue.id,
        "start": cue.start_s,
        "out": cue.out_s,
        "end": cue.end_s,
        "about": f"{cue.key} {cue.mode}, {cue.tempo_qpm:.0f} qpm",
        "style": cue.style,
        "ending": cue.ending,
        "theme": cue.theme,
        "reason": cue.reason,
    }


def _hits(spotting: Spotting) -> list[dict[str, Any]]:
    return [_hit(hit) for hit in spotting.hits if hit.bar > 0]


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "time": hit.time_s,
        "frame": hit.frame,
        "kind": hit.kind,
        "cue": hit.cue,
        "place": f"bar {hit.bar} beat {hit.beat:g}",
        "error_ms": round(hit.error_ms, 2),
        "required": hit.required,
        "reason": hit.reason,
    }


def _curves(folder: Path, analysis: Analysis) -> list[dict[str, Any]]:
    """Lanes under the film: each with its name and one byte a point, evenly over the film's length."""
    path = next((p for p in (folder / "curves.npz", folder / ".work" / "curves.npz") if p.is_file()), None)
    if path is None:
        return []
    curves, length = load_curves(path), analysis.film.duration_s
    fastest = ceiling(curves.motion, 0.2)
    quickest = ceiling(curves.cut_rate_hz, 0.5, 1.0)
    lanes = [
        ("Light", "brightness", "dark to white", curves.time_s, curves.brightness, 0.0, 1.0),
        ("Motion", "motion", f"up to {fastest:.1f} widths/s", curves.time_s, curves.motion, 0.0, fastest),
        ("Cutting", "cuts", f"up to {quickest:.1f} cuts/s", curves.time_s, curves.cut_rate_hz, 0.0, quickest),
        ("Energy", "felt", "calm to wild", curves.time_s, curves.arousal, 0.0, 1.0),
    ]
    if analysis.sound.loudness_lufs is not None:
        lanes.append(("Loudness", "loud", "-60 to 0 LUFS", *_loudness(curves), FAINTEST_LUFS, 0.0))
    return [
        {"name": name, "kind": kind, "scale": scale, "points": _points(time, values, length, low, high)}
        for name, kind, scale, time, values, low, high in lanes
        if len(values)
    ]


def _loudness(curves: Curves) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    return np.asarray(curves.loudness_time_s, np.float64), curves.loudness_lufs


def _points(
    time: NDArray[np.floating], values: NDArray[np.floating], length: float, low: float, high: float
) -> str:
    """Base64 of one byte a point at even distances over [0, length): the highest value near each."""
    count = min(len(values), MOST_POINTS)
    scaled = np.clip((np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-9), 0, 1)
    place = np.clip((np.asarray(time) / max(length, 1e-9) * count).astype(int), 0, count - 1)
    highest = np.full(count, -1.0)
    np.maximum.at(highest, place, scaled)
    return base64.b64encode(_filled(highest)).decode()


def _filled(highest: NDArray[np.float64]) -> bytes:
    """Empty points take the value before them."""
    known: Sequence[int] = np.flatnonzero(highest >= 0).tolist()
    if not known:
        return bytes(len(highest))
    before = np.maximum.accumulate(np.where(highest >= 0, np.arange(len(highest)), known[0]))
    return np.rint(highest[before] * 255).astype(np.uint8).tobytes()
