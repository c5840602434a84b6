"""Score films and measure the results with ffmpeg itself, not with the code that wrote them.

    python -m tests.bench.film_figures OUT FILM... [-- OPTIONS OF SCORE...]

A row a film: exit code, cues and coverage, whether a copied picture has equal packets (`-f streamhash` after
the same bitstream filter) and equal presentation times as rationals, film-long WAVs of exact length, loudness
and true peak by ebur128, hits and the worst error of the required ones.
"""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import soundfile

from composer.spotting import Spotting
from flows.quality import Quality
from tests.conftest import reelscore
from vision.analysis import Analysis
from vision.artifact import read_json
from vision.process import ffmpeg_path


def ffmpeg(*arguments: str) -> str:
    """What ffmpeg printed, both ways."""
    command = [ffmpeg_path(), "-nostdin", "-hide_banner", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def stream_hash(film: Path, stream: int, codec: str) -> str:
    """sha256 of one picture stream's packets in Annex B form."""
    form = ["-bsf:v", "h264_mp4toannexb"] if codec == "h264" else []
    mapped = ["-map", f"0:{stream}", "-c", "copy", *form]
    return ffmpeg("-v", "error", "-i", str(film), *mapped, "-f", "streamhash", "-").strip().partition("=")[2]


def shown_times(film: Path, stream: int) -> list[Fraction]:
    """Presentation times of the shown frames from the first one, exact."""
    with av.open(str(film)) as container:
        video = container.streams[stream]
        ticks = sorted(p.pts for p in container.demux(video) if p.pts is not None and not p.is_discard)
        return [(tick - ticks[0]) * video.time_base for tick in ticks]


def loudness(wav: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP) by ebur128."""
    said = ffmpeg("-i", str(wav), "-af", "ebur128=peak=true", "-f", "null", "-").rpartition("Summary:")[2]
    found = [re.search(rf"{name}:\s+(\S+)", said) for name in ("I", "Peak")]
    integrated, peak = (float(match[1]) if match else float("nan") for match in found)
    return integrated, peak


def row(film: Path, out: Path, options: list[str]) -> list[str]:
    """Score one film and measure it."""
    said = reelscore("score", film, "-o", out, *options)
    if said.code not in (0, 3):
        return [film.name, str(said.code), said.err.splitlines()[-1]]
    analysis = read_json(out / "analysis.json", Analysis).film
    spotting = read_json(out / "spotting.json", Spotting)
    figures = read_json(out / ".work" / "quality.json", Quality).figures
    preview, stream = out / "preview.mp4", analysis.video_stream
    same_times = shown_times(film, stream) == shown_times(preview, 0)
    copied = "proxy"
    if figures["preview_copied"]:
        codec = analysis.video_codec
        copied = "equal" if stream_hash(film, stream, codec) == stream_hash(preview, 0, codec) else "DIFFERS"
    wavs = [out / "score.wav", out / "mix.wav", *sorted((out / "stems").glob("*.wav"))]
    exact = all(soundfile.info(str(wav)).frames == analysis.length_samples for wav in wavs)
    integrated, peak = loudness(out / "mix.wav")
    return [
        film.name,
        str(said.code),
        f"{len(spotting.cues)}",
        f"{spotting.coverage:.2f}",
        copied,
        "equal" if same_times else "DIFFER",
        f"{len(wavs)} {'exact' if exact else 'WRONG'}",
        f"{integrated:.1f}",
        f"{peak:.1f}",
        f"{figures['hits']}",
        f"{figures['hits_worst_ms']}",
    ]


HEAD = ("film", "exit", "cues", "cover", "packets", "times", "wavs", "LUFS", "dBTP", "hits", "worst ms")


def main(arguments: list[str]) -> None:
    place = arguments.index("--") if "--" in arguments else len(arguments)
    folder, *films = (Path(name) for name in arguments[:place])
    rows = [list(HEAD), *(row(film, folder / film.name, arguments[place + 1 :]) for film in films)]
    for cells in rows:
        first, *rest = cells
        print(f"{first:<30}" + "".join(f"{cell:>10}" for cell in rest))


if __name__ == "__main__":
    main(sys.argv[1:])
