"""A disk that fills up while sound is made: an error that says so, and nothing but whole files.

Staged in this process by a limit on file size, once at the first bytes and once at the very last byte of the
largest file, where a writer that flushes on closing loses it.
"""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from render.cue_stems import CueStems
from render.dawproject import write_dawproject
from render.edl import write_markers
from render.mix import mix_film
from render.otio import write_otio
from render.page_sound import write_page_sound
from render.preview import make_preview
from render.reaper import write_reaper
from render.settings import RenderSettings
from render.synth import synthesise_cue
from render.wav import wav_file
from tests.films import TinyShot, tiny_film
from tests.render.report_facts import made_up_facts
from tests.render.scenes import RATE_HZ, analysis, cue, room_tone, song, spotting, synthesised
from tests.render.test_preview import facts_of
from tests.render.test_session import made_up_session
from vision.process import ToolFailed, no_room
from vision.progress import silent

SECONDS = 6
Work = Callable[[Path], object]


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with sound, a cue's dry files, and a mix and score to deliver."""
    folder = tmp_path_factory.mktemp("material")
    tone = room_tone(SECONDS, 2)
    shots = [TinyShot(SECONDS * 12, pan=0.3)]
    tiny_film(folder / "film.mp4", shots, rate=12, size=(64, 36), sound=tone, options={"g": "12"})
    synthesised(folder / "cues", {"a": song(2)})
    for name in ("mix", "score"):
        with wav_file(folder / f"{name}.wav", SECONDS * RATE_HZ, "stereo", "pcm24") as wav:
            wav.write(np.ascontiguousarray(tone.T))
    return folder


def synthesise(material: Path) -> Work:
    return lambda out: synthesise_cue(song(1), RenderSettings(), out / "cue", silent)


def mix(material: Path, **settings: object) -> Work:
    about, cues = analysis(SECONDS * 12, 12), spotting(cue("a", 1.0, 5.0))
    asked = RenderSettings(mx=True, **settings)  # type: ignore[arg-type]
    film, songs = material / "film.mp4", {"a": material / "cues" / "a"}
    return lambda out: mix_film(film, about, None, cues, songs, asked, out, silent, leads={"a": 4800})  # type: ignore[arg-type]


def mix_with_film_long_stems(material: Path) -> Work:
    return mix(material)


def mix_with_a_cues_own_flac(material: Path) -> Work:
    return mix(material, full_length_stems=False, stem_format="flac")


def page_sounds(material: Path) -> Work:
    def work(out: Path) -> None:
        for name in ("mix.wav", "score.wav"):
            (out / name).symlink_to(material / name)
        write_page_sound(material / "film.mp4", analysis(SECONDS * 12, 12).film, out)

    return work


def preview(material: Path) -> Work:
    about = facts_of(material / "film.mp4", 12)
    return lambda out: make_preview(
        material / "film.mp4", about, material / "mix.wav", out / "preview.mp4", silent
    )


def lists_and_sessions(material: Path) -> Work:
    def work(out: Path) -> None:
        facts, made = made_up_facts(), made_up_session()
        write_markers(out, facts.analysis, facts.spotting)
        none: dict[str, CueStems] = {}
        write_otio(out / "score.otio", facts.analysis, facts.spotting, ("pad.wav",), none)
        write_dawproject(out / "session.dawproject", made)
        write_reaper(out / "session.rpp", made)

    return work


STAGES = (
    synthesise, mix_with_film_long_stems, mix_with_a_cues_own_flac, page_sounds, preview, lists_and_sessions,
)  # fmt: skip


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_a_full_disk_leaves_whole_files_only_and_room_makes_the_same_ones(
    tmp_path: Path, material: Path, stage: Callable[[Path], Work]
) -> None:
    work = stage(material)
    whole = made(work, tmp_path / "whole")
    for number, limit in enumerate((100, max(map(len, whole.values())) - 1)):
        out = tmp_path / str(number)
        out.mkdir()
        with pytest.raises((OSError, ToolFailed)) as full, files_up_to(limit):
            work(out)
        assert no_room(full.value), full.value
        left = contents(out)
        assert len(left) < len(whole) and not any(".part" in name for name in left)
        assert all(left[name] == whole[name] for name in left)
        for path in out.iterdir():
            if path.is_symlink():
                path.unlink()
        assert made(work, out) == whole


def made(work: Work, out: Path) -> dict[str, bytes]:
    out.mkdir(exist_ok=True)
    work(out)
    return contents(out)


def contents(out: Path) -> dict[str, bytes]:
    """What was written there, by name."""
    files = (path for path in out.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(out)): path.read_bytes() for path in files}
