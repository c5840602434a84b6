"""What a two-hour film takes on disk, projected from a score that was really made, with WAV and FLAC stems.

    python -m tests.bench.disk_use OUT [MUSIC_SHARE]

Film-long files grow with the film; dry files and a cue's own stems with the music, MUSIC_SHARE of the film
(.4 unless said). FLAC is measured by encoding OUT's own stems. Each role is counted as long as its cue plays.
"""

import sys
import tempfile
from pathlib import Path

import soundfile as sf

from composer.spotting import Spotting
from vision.analysis import Analysis
from vision.artifact import read_json

HOURS_S = 7200
ROLES = 6
GIGA = 1e9
RATE_HZ = 48_000
WAV_BYTES_S = RATE_HZ * 2 * 3


def flac_share(stems: list[Path]) -> float:
    """Bytes of FLAC a byte of WAV, over all of these files."""
    with tempfile.TemporaryDirectory() as name:
        whole = small = 0
        for stem in stems:
            sound, rate = sf.read(stem, dtype="int32", always_2d=True)
            sf.write(Path(name) / "stem.flac", sound, rate, subtype="PCM_24")
            whole += stem.stat().st_size
            small += (Path(name) / "stem.flac").stat().st_size
    return small / whole


def main(arguments: list[str]) -> None:
    out, share = Path(arguments[0]), float(arguments[1]) if len(arguments) > 1 else 0.4
    film = read_json(out / "analysis.json", Analysis).film
    cues = read_json(out / "spotting.json", Spotting).cues
    played_s = sum(cue.end_s - cue.start_s for cue in cues)
    dry = [path for path in (out / "cues").rglob("*.wav")]
    roles = {path.stem for path in dry}
    tails = sum(sf.info(path).frames for path in dry) / RATE_HZ / (played_s * len(dry) / len(cues))
    small = flac_share(sorted((out / "stems").rglob("*.wav")))
    film_long = sum((out / name).stat().st_size for name in ("score.wav", "mix.wav"))
    two = film_long / film.duration_s * HOURS_S
    music_s = HOURS_S * share * tails
    print(f"{out.name}: {len(roles)} roles, FLAC is {small:.3f} of WAV, a dry file {tails:.2f} of its cue")
    print(f"{'GB for two hours, six roles':<44}{'wav':>8}{'flac':>8}")
    rows = [
        ("score.wav and mix.wav", two, two),
        ("dry files of each cue (float)", ROLES * music_s * RATE_HZ * 8, None),
        ("stems, each cue's own", ROLES * music_s * WAV_BYTES_S, small),
        ("stems, film-long (--full-length)", ROLES * HOURS_S * WAV_BYTES_S, small),
    ]
    for name, wav, flac in rows:
        other = wav if flac is None else flac if flac > 1 else wav * flac
        print(f"{name:<44}{wav / GIGA:>8.2f}{other / GIGA:>8.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
