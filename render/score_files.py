"""score.wav and the film-long stems that sum to it exactly, written as the score goes by."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from composer.notes import Role
from render.score_sound import Sound, Wide
from render.settings import RenderSettings
from render.stems import Stem, open_stem
from render.wav import RATE_HZ, WavWriter, time_reference, wav_file
from vision.analysis import Film
from vision.loudness_meter import LoudnessMeter, integrated_lufs
from vision.true_peak import TruePeakMeter

STEMS_UP_TO_S = 15 * 60


class ScoreFiles:
    """Takes the unducked roles block by block; measured on what was written."""

    def __init__(self, wav: WavWriter, stems: Mapping[Role, Stem]) -> None:
        self._wav, self._stems = wav, stems
        self._meter, self._peak = LoudnessMeter(RATE_HZ, (1.0, 1.0)), TruePeakMeter(RATE_HZ, 2)

    def write(self, by_role: Mapping[Role, Wide], count: int) -> None:
        """Append `count` samples of every role."""
        total: Wide = sum(by_role.values(), np.zeros((count, 2)))
        self._wav.write(total)
        for role, stem in self._stems.items():
            stem.write(by_role[role])
        heard: Sound = total.astype(np.float32)
        self._meter.feed(heard)
        self._peak.feed(heard)

    def measured(self) -> tuple[float | None, float]:
        """(LUFS, dBTP) of the whole score."""
        self._peak.feed(np.zeros((0, 2), np.float32), last=True)
        return integrated_lufs(self._meter.energies()), self._peak.peak_dbtp()


def stem_roles(roles: Sequence[Role], film: Film, settings: RenderSettings) -> tuple[Role, ...]:
    """Roles that get a film-long stem: all, up to 15 minutes or where asked for."""
    wanted = settings.full_length_stems
    if wanted is None:
        wanted = film.duration_s <= STEMS_UP_TO_S
    return tuple(roles) if wanted else ()


@contextmanager
def score_files(
    out_dir: Path, roles: Sequence[Role], film: Film, settings: RenderSettings
) -> Iterator[ScoreFiles]:
    """Open out_dir/score.wav and stems/ROLE of exactly the film's length; they appear whole or not at all."""
    with ExitStack() as stack:
        length, stamp, folder = film.length_samples, time_reference(film), out_dir / "stems"
        wav = stack.enter_context(wav_file(out_dir / "score.wav", length, "stereo", "pcm24", stamp))
        stems = {
            role: stack.enter_context(open_stem(folder, role, length, stamp, settings.stem_format))
            for role in roles
        }
        yield ScoreFiles(wav, stems)
