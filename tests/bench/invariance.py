"""One passage in many forms: what the analysis says of it must not depend on the form.

    python -m tests.bench.invariance FILM START_S END_S

Cuts the passage out of a film, without loss, and encodes it from 240p to 1080p, at 24 to 60 frames a
second, in H.264, HEVC, VP8 and MPEG-4, then with a running counter, a name across it and a 2.39 matte.

Prints a row a form: whether cuts are equal in seconds, and how far brightness, saturation and motion are from
the passage's own.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vision.analyse import analyse_film
from vision.curves import Curve, Times
from vision.process import ffmpeg_path, run_tool
from vision.progress import silent
from vision.settings import VisionSettings

BESIDE_CUT_S: Final = 0.15
"""Where rates differ, frames this near a cut show different shots at the same time."""
FORMS: Final[dict[str, str]] = {
    "240p H.264": "mp4 -vf scale=-2:240 -c:v libx264 -crf 20",
    "480p HEVC": "mkv -vf scale=-2:480 -c:v libx265 -crf 22 -x265-params log-level=none:pools=none",
    "720p VP8": "webm -vf scale=-2:720 -c:v libvpx -b:v 4M -deadline realtime",
    "1080p H.264": "mp4 -vf scale=-2:1080 -c:v libx264 -preset veryfast -crf 20",
    "480p MPEG-4": "avi -vf scale=-2:480 -c:v mpeg4 -q:v 3",
    "24 a second": "mp4 -vf fps=24 -c:v libx264 -crf 18",
    "30 a second": "mp4 -vf fps=30 -c:v libx264 -crf 18",
    "50 a second": "mp4 -vf fps=50 -c:v libx264 -crf 18",
    "60 a second, VP8": "webm -vf fps=60 -c:v libvpx -b:v 4M -deadline realtime",
}


@dataclass(frozen=True)
class Measured:
    """What the analysis says of one form."""

    cuts_s: tuple[float, ...]
    step_s: float
    time_s: Times
    brightness: Curve
    saturation: Curve
    motion: tuple[float, ...]


@dataclass(frozen=True)
class Apart:
    """How far one form is from another; shares, the worst shot's for motion."""

    cuts: bool
    brightness: float
    saturation: float
    motion: float


def measure(path: Path) -> Measured:
    """Analyse a film with default settings."""
    analysis, curves = analyse_film(path, VisionSettings(), silent)
    shots = analysis.shots
    return Measured(
        tuple(shot.start_s for shot in shots[1:]),
        analysis.film.duration_s / analysis.film.frames,
        curves.time_s,
        curves.brightness,
        curves.saturation,
        tuple(shot.features.motion for shot in shots),
    )


def apart(one: Measured, other: Measured, least_motion: float = 0.01) -> Apart:
    """How far `other` is from `one`.  Cuts are equal where they differ by less than a frame of the slower."""
    same = len(one.cuts_s) == len(other.cuts_s)
    slack = max(one.step_s, other.step_s) + 0.002
    cuts = same and all(abs(a - b) <= slack for a, b in zip(one.cuts_s, other.cuts_s, strict=True))
    motion = [
        abs(a - b) / max(a, least_motion) for a, b in zip(one.motion, other.motion, strict=False) if same
    ]
    return Apart(
        cuts,
        _curve_apart(one, other, one.brightness, other.brightness),
        _curve_apart(one, other, one.saturation, other.saturation),
        max(motion, default=0.0),
    )


def _curve_apart(one: Measured, other: Measured, a: Curve, b: Curve) -> float:
    """Mean distance away from cuts, as a share of the mean."""
    clear = np.array([all(abs(t - cut) > BESIDE_CUT_S for cut in one.cuts_s) for t in one.time_s])
    there = np.interp(one.time_s, other.time_s, b)
    return float(np.abs(a - there)[clear].mean() / max(float(a[clear].mean()), 1e-3))


def main(film: str, start_s: str, end_s: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        passage = Path(folder) / "passage.mkv"
        _encode(film, f"-c:v libx264 -qp 0 -preset ultrafast -an -ss {start_s} -to {end_s}", passage)
        own = measure(passage)
        print(f"{'form':<18} cuts   brightness  saturation  motion ({len(own.cuts_s)} cuts)")
        for name, form in FORMS.items():
            suffix, _, options = form.partition(" ")
            path = Path(folder) / f"{name.replace(' ', '-')}.{suffix}"
            _encode(str(passage), f"-an {options}", path)
            _print(name, apart(own, measure(path)))
        matte = "drawbox=h=ih*.128:color=black:t=fill,drawbox=y=ih*.872:h=ih*.13:color=black:t=fill"
        matted, dressed = Path(folder) / "matted.mp4", Path(folder) / "dressed.mp4"
        _encode(str(passage), f"-an -vf {matte} -c:v libx264 -crf 18", matted)
        # A counter and a name without a font: a box whose width runs as digits do, and a row of boxes.
        widths = ((place, 0.04 + 0.02 * place) for place in range(5))
        digit = "drawbox=x=iw*.06:y=ih*.2:w=iw*{:.2f}:h=ih*.06:color=white:t=fill:enable=eq(mod(n\\,5)\\,{})"
        counter = ",".join(digit.format(width, place) for place, width in widths)
        letter = "drawbox=x=iw*{}:y=ih*.5:w=iw*.02:h=ih*.05:color=white@.6:t=fill"
        name = ",".join(letter.format(0.35 + 0.03 * place) for place in range(9))
        _encode(str(matted), f"-an -vf {counter},{name} -c:v libx264 -crf 18", dressed)
        _print("2.39 matte", apart(own, measure(matted)))
        _print("counter and name", apart(measure(matted), measure(dressed)))


def _encode(source: str, options: str, path: Path) -> None:
    run_tool([ffmpeg_path(), "-v", "error", "-y", "-i", source, *options.split(), str(path)], timeout_s=600)


def _print(name: str, apart: Apart) -> None:
    print(
        f"{name:<18} {'equal' if apart.cuts else 'DIFFER'}  {apart.brightness:9.2%}  {apart.saturation:10.2%}"
        f"  {apart.motion:6.1%}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
