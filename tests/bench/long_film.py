"""A long film through the whole line: CPU seconds of each step against its length, memory, disk, same bytes.

    python -m tests.bench.long_film [HOURS [FRAMES A SECOND [RUNS [OPTIONS OF SCORE...]]]]   (2 24 2)

The film is a test picture that changes every few seconds under noise that swells; what is measured is sound:
synthesise, mix and deliver, which are to cost at most a tenth of real time. Runs after the first make the
sound anew from the same notes: all that those three steps and the ones behind them wrote is deleted before.
`FILM=path` and `OUT=folder` in the environment keep the film (drawn once) and the first run's result.
"""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile as sf

from composer.notes import ROLES
from flows.manifest import Manifest
from flows.run_job import Run, RunRecord
from tests.conftest import ROOT
from vision.artifact import read_json
from vision.process import ffmpeg_path

SOUND_STEPS = ("synthesise", "mix", "deliver")
SHOT_S = 7


def draw(path: Path, hours: float, rate: int) -> None:
    """The film: a cut every SHOT_S seconds, pink noise that swells over a minute, a tone now and then."""
    seconds = hours * 3600
    picture = f"testsrc2=size=160x90:rate={rate}:duration={seconds},hue=h='floor(t/{SHOT_S})*77'"
    swell = "0.06*(1.2+sin(2*PI*t/60))*(random(0)-0.5)"
    tone = "0.05*sin(2*PI*180*t)*lt(mod(t,41),9)"
    sound = f"aevalsrc=exprs='{swell}+{tone}|{swell}+{tone}':s=48000:d={seconds}"
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi"]
    command += ["-i", sound, "-c:v", "libx264", "-preset", "ultrafast", "-g", str(10 * rate), "-c:a", "aac"]
    subprocess.run([*command, "-aac_coder", "fast", "-shortest", str(path)], check=True)


def score(film: Path, out: Path, options: list[str]) -> tuple[Run, int]:
    """Score on one thread; returns the record of the run and the largest resident size in bytes."""
    command = [sys.executable, "-m", "flows.cli", "score", str(film), "-o", str(out), *options]
    places = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "REELSCORE_SOUNDFONTS": ""}
    process = subprocess.Popen(command, env={**os.environ, **places}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise SystemExit(f"score ended with {process.returncode}")
    return read_json(out / "run.json", RunRecord).runs[-1], usage.ru_maxrss * 1024


def table(run: Run, seconds: float) -> list[str]:
    """A row a step, cues added up, and the sum of the sound's steps."""
    cpu_s: dict[str, float] = {}
    for step in run.steps:
        name = step.step.split()[0]
        cpu_s[name] = cpu_s.get(name, 0.0) + step.cpu_s
    sound = sum(cpu_s.get(name, 0.0) for name in SOUND_STEPS)
    rows = [*cpu_s.items(), ("sound in all", sound), ("whole line", sum(cpu_s.values()))]
    return [
        f"{'step':<14} {'CPU s':>9} {'x realtime':>11}",
        *(f"{n:<14} {c:9.2f} {c / seconds:11.4f}" for n, c in rows),
    ]


def unmake_sound(out: Path) -> None:
    """Delete what synthesise, mix and deliver wrote: their receipts no longer fit, so that they run again."""
    for pattern in ("*.wav", "*.flac", "*.m4a", "preview.mp4", "manifest.json"):
        for path in out.rglob(pattern):
            path.unlink()


def disk_rows(out: Path) -> list[str]:
    """GB of a result by kind, and what its stems would take as FLAC, by a tenth of each that is encoded."""
    files = [path for path in out.rglob("*") if path.is_file()]
    stems = [path for path in files if path.is_relative_to(out / "stems")]
    dry = [path for path in files if path.is_relative_to(out / "cues") and path.suffix == ".wav"]
    film_long = [out / "score.wav", out / "mix.wav"]
    rest = [path for path in files if path not in {*stems, *dry, *film_long}]
    kinds = (
        ("score.wav, mix.wav", film_long),
        ("dry files of each cue", dry),
        ("stems", stems),
        ("rest", rest),
    )
    rows = [f"  {name:<22} {sum(path.stat().st_size for path in some) / 1e9:6.2f} GB" for name, some in kinds]
    small = flac_share(stems)
    whole = sum(path.stat().st_size for path in files) / 1e9
    saved = (1 - small) * sum(path.stat().st_size for path in stems) / 1e9
    return [*rows, f"  in all {whole:.2f} GB, with FLAC stems ({small:.3f} of WAV) {whole - saved:.2f} GB"]


def flac_share(stems: list[Path]) -> float:
    """Bytes of FLAC a byte of WAV, of the middle tenth of each stem."""
    wav = flac = 0
    for path in stems:
        frames = sf.info(path).frames
        sound, rate = sf.read(path, frames // 10, frames // 2, dtype="int32", always_2d=True)
        packed = io.BytesIO()
        sf.write(packed, sound, rate, format="FLAC", subtype="PCM_24")
        wav, flac = wav + 6 * len(sound), flac + len(packed.getvalue())
    return flac / max(wav, 1)


def main() -> None:
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    rate = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    options = sys.argv[4:] or ["--composer", "rules", "--style", "orchestral", "--existing-music", "under"]
    with tempfile.TemporaryDirectory() as folder:
        film = Path(os.environ.get("FILM", Path(folder) / "long.mp4"))
        out = Path(os.environ.get("OUT", Path(folder) / "out"))
        if not film.is_file():
            draw(film, hours, rate)
        hashes = []
        for number in range(runs):
            if number:
                unmake_sound(out)
            print(f"{hours:g} hours at {rate} frames a second, load {os.getloadavg()[0]:.1f}", flush=True)
            run, resident = score(film, out, options)
            print("\n".join(table(run, hours * 3600)))
            roles = {path.stem for path in (out / "cues").rglob("*.wav")} & set(ROLES)
            print(f"roles {', '.join(sorted(roles))}; largest resident {resident / 1e9:.2f} GB", flush=True)
            hashes.append(read_json(out / "manifest.json", Manifest).files)
        print("\n".join(disk_rows(out)), flush=True)
        differing = [path for path in hashes[0] if hashes[0][path] != hashes[-1].get(path)]
        print(f"{len(hashes[0])} files, {len(differing)} differ between {runs} runs", *differing)


if __name__ == "__main__":
    main()
