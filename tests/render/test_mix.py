"""Score under film: lengths, levels and what must stay untouched, on films with known sound."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from render.desk import upmix
from render.mix import MixFacts, duck_arrays, mix_film
from render.settings import LoudnessTarget, RenderSettings
from tests.films import TinyShot, tiny_film
from tests.render.scenes import RATE_HZ, analysis, cue, room_tone, song, spotting, synthesised
from vision.analysis import Analysis
from vision.artifact import sha256_file
from vision.loudness_meter import LoudnessMeter, curve_lufs
from vision.process import ffmpeg_path
from vision.progress import silent

SECONDS = 20
TALK = ((8.0, 11.0), (12.0, 14.0))


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return synthesised(tmp_path_factory.mktemp("cues"), {"a": song(7), "b": song(2, 2), "b2": song(2, 3)})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, songs: dict[str, Path]) -> tuple[Path, MixFacts]:
    """A stereo film with talk and two cues, mixed under `keep`."""
    folder = tmp_path_factory.mktemp("kept")
    return folder, mixed(folder, songs)


def film(path: Path, channels: int, talk: Sequence[tuple[float, float]] = TALK) -> tuple[Path, Analysis]:
    """A film of 20 s whose sound is lossless: noise, and louder noise where somebody talks."""
    layout = {0: None, 1: "mono", 2: "stereo", 6: "5.1"}[channels]
    sound = room_tone(SECONDS, channels, talk) if channels else None
    path.parent.mkdir(parents=True, exist_ok=True)
    tiny_film(path, [TinyShot(SECONDS * 2)], rate=2, size=(32, 32), sound=sound, sound_codec="pcm_f32le")
    return path, analysis(SECONDS * 2, 2, layout=layout, speech=talk if channels else ())


def mixed(
    folder: Path,
    songs: dict[str, Path],
    channels: int = 2,
    loudness: LoudnessTarget = "keep",
    second: str = "b",
    talk: Sequence[tuple[float, float]] = TALK,
) -> MixFacts:
    path, facts = film(folder / "film.mov", channels, talk)
    cues = spotting(cue("a", 1.0, 16.0), cue("b", 16.5, 19.0))
    folders = {"a": songs["a"], "b": songs[second]}
    settings = RenderSettings(loudness=loudness)
    return mix_film(path, facts, None, cues, folders, settings, folder, silent)  # type: ignore[arg-type]


def samples(path: Path) -> NDArray[np.int32]:
    return sf.read(path, dtype="int32", always_2d=True)[0] >> 8


def ebur128(path: Path) -> tuple[float, float]:
    command = [ffmpeg_path(), "-nostdin", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", text)[-1]), float(
        re.findall(r"Peak:\s+(-?[\d.]+) dB", text)[-1]
    )


def test_every_file_is_as_long_as_the_film_to_the_sample(kept: tuple[Path, MixFacts]) -> None:
    folder, facts = kept
    files = [folder / "score.wav", folder / "mix.wav", *(folder / "stems" / name for name in facts.stems)]
    assert len(files) == 5
    for path in files:
        info = sf.info(path)
        assert (info.frames, info.samplerate, info.subtype) == (SECONDS * RATE_HZ, 48_000, "PCM_24")


def test_stems_sum_to_the_score(kept: tuple[Path, MixFacts]) -> None:
    folder, facts = kept
    total = sum(samples(folder / "stems" / name) for name in facts.stems)
    assert np.array_equal(total, samples(folder / "score.wav"))


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_keep_leaves_the_film_untouched_where_no_score_sounds(
    tmp_path: Path, songs: dict[str, Path], channels: int
) -> None:
    mixed(tmp_path, songs, channels)
    mix = samples(tmp_path / "mix.wav")[:RATE_HZ]
    film_sound = np.rint(room_tone(SECONDS, channels, TALK)[:, :RATE_HZ].T.astype(np.float64) * 2**23)
    expected = film_sound if channels > 1 else np.repeat(film_sound, 2, axis=1)
    assert np.array_equal(mix, expected.astype(np.int32))


def test_score_stands_five_under_speech_alone_and_fourteen_below_it_under(
    kept: tuple[Path, MixFacts],
) -> None:
    folder, facts = kept
    first = facts.cues[0]
    assert facts.film.speech_lufs is not None
    assert first.alone_lufs == pytest.approx(facts.film.speech_lufs - 5, abs=0.1)
    assert first.under_speech_lufs is not None and first.nearest_speech_lufs is not None
    assert first.under_speech_lufs <= facts.film.speech_lufs - 12
    assert first.nearest_speech_lufs <= facts.film.speech_lufs - 10 + 0.1
    assert _heard_under(folder, 8.5, 11) <= facts.film.speech_lufs - 10 + 0.5


def test_a_stirred_cue_stands_over_a_calm_one_by_four_lu_at_most(
    tmp_path: Path, songs: dict[str, Path]
) -> None:
    """Levelled all alike, the night before a chase would be as loud as the chase."""
    path, facts = film(tmp_path / "film.mov", 2, talk=())
    calm, wild = (
        cue(uid, start_s, start_s + 7).model_copy(update={"arousal": arousal})
        for uid, start_s, arousal in (("calm", 1.0, 0.1), ("wild", 11.0, 0.9))
    )
    folders = {"calm": songs["b"], "wild": songs["b"]}
    made = mix_film(
        path,
        facts,
        None,
        spotting(calm, wild),
        folders,
        RenderSettings(),
        tmp_path,
        silent,  # type: ignore[arg-type]
    )
    low, high = (level.alone_lufs for level in made.cues)
    assert low is not None and high is not None
    assert high - low == pytest.approx(4.0, abs=0.1)
    between = samples(tmp_path / "score.wav")[int(9.8 * RATE_HZ) : int(10.95 * RATE_HZ)]
    assert not between.any()  # once its tail has died away, a cue leaves silence and not a hiss


def _heard_under(folder: Path, start_s: float, end_s: float) -> float:
    """Short-term loudness of mix less film, measured on the files."""
    mix = samples(folder / "mix.wav") / 2.0**23
    score = (mix - room_tone(SECONDS, 2, TALK).T).astype(np.float32)
    meter = LoudnessMeter(RATE_HZ, (1.0, 1.0))
    meter.feed(score[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)])
    return float(curve_lufs(meter.energies(), 20).max())


def test_a_film_without_sound_gets_a_stereo_score_at_minus_23(tmp_path: Path, songs: dict[str, Path]) -> None:
    facts = mixed(tmp_path, songs, channels=0)
    assert facts.layout == "stereo" and facts.film.loudness_lufs is None
    assert ebur128(tmp_path / "mix.wav")[0] == pytest.approx(-23.0, abs=0.6)


def test_without_speech_the_score_is_four_under_the_film(tmp_path: Path, songs: dict[str, Path]) -> None:
    facts = mixed(tmp_path, songs, talk=())
    assert facts.film.loudness_lufs is not None
    assert facts.cues[0].alone_lufs == pytest.approx(facts.film.loudness_lufs - 4, abs=0.1)


def test_five_point_one_keeps_centre_and_low_effects_to_the_film(
    tmp_path: Path, songs: dict[str, Path]
) -> None:
    mixed(tmp_path, songs, channels=6)
    mix = samples(tmp_path / "mix.wav")
    own = np.rint(room_tone(SECONDS, 6, TALK).T.astype(np.float64) * 2**23).astype(np.int32)
    assert np.array_equal(mix[:, 2:4], own[:, 2:4])
    added = np.abs(mix - own).astype(np.float64).mean(axis=0)
    assert added[0] > 0 and added[4] == pytest.approx(added[0] * 10 ** (-12 / 20), rel=0.05)
    assert upmix("5.1")[:, 2:4].tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("target", "lufs", "peak"),
    [("ebu", -23.0, -1.0), ("atsc", -24.0, -2.0), ("web", -14.0, -1.0), ("podcast", -16.0, -1.0)],
)
def test_a_target_is_met_by_ffmpegs_own_meter(
    tmp_path: Path, songs: dict[str, Path], target: LoudnessTarget, lufs: float, peak: float
) -> None:
    mixed(tmp_path, songs, loudness=target)
    loudness, true_peak = ebur128(tmp_path / "mix.wav")
    assert loudness == pytest.approx(lufs, abs=0.2)
    assert true_peak <= peak


def test_netflix_gates_on_dialogue_and_says_how(tmp_path: Path, songs: dict[str, Path]) -> None:
    facts = mixed(tmp_path, songs, loudness="netflix")
    assert facts.dialogue_lufs == pytest.approx(-27.0, abs=0.2)
    assert any("approximation" in warning for warning in facts.warnings)


@pytest.mark.parametrize(("channels", "loudness"), [(2, "keep"), (6, "web")])
def test_the_music_alone_is_what_the_mix_has_over_the_film(
    tmp_path: Path, songs: dict[str, Path], channels: int, loudness: LoudnessTarget
) -> None:
    path, about = film(tmp_path / "film.mov", channels)
    settings = RenderSettings(loudness=loudness, mx=True)
    cues = spotting(cue("a", 1.0, 16.0), cue("b", 16.5, 19.0))
    facts = mix_film(path, about, None, cues, songs, settings, tmp_path, silent)  # type: ignore[arg-type]
    mix, music = samples(tmp_path / "mix.wav"), samples(tmp_path / "mx.wav")
    left = room_tone(SECONDS, channels, TALK).T * 10.0 ** (facts.static_gain_db / 20.0)
    rest = np.abs(mix - music - left.astype(np.float64) * 2**23)
    unlimited = facts.mix_limit_db == 0.0
    assert not unlimited or rest.max() <= 1.01
    assert np.median(rest) <= 1.01 and np.abs(music[: RATE_HZ // 2]).max() == 0 < np.abs(music).max()


def test_another_take_of_a_cue_changes_no_sample_outside_it(
    tmp_path: Path, songs: dict[str, Path], kept: tuple[Path, MixFacts]
) -> None:
    mixed(tmp_path, songs, second="b2")
    one, two = samples(kept[0] / "mix.wav"), samples(tmp_path / "mix.wav")
    differing = np.flatnonzero((one != two).any(axis=1))
    assert len(differing) and differing[0] >= int(16.5 * RATE_HZ) - 0.04 * RATE_HZ


def test_two_runs_write_the_same_bytes(tmp_path: Path, songs: dict[str, Path]) -> None:
    for run in ("one", "two"):
        mixed(tmp_path / run, songs, loudness="ebu")
    for name in ("mix.wav", "score.wav"):
        assert sha256_file(tmp_path / "one" / name) == sha256_file(tmp_path / "two" / name)


def test_a_cue_that_rings_past_the_programme_is_silent_at_its_end(
    tmp_path: Path, songs: dict[str, Path]
) -> None:
    path, facts = film(tmp_path / "film.mov", 0)
    cues = spotting(cue("a", 10.0, 20.0))
    mix_film(path, facts, None, cues, {"a": songs["a"]}, RenderSettings(), tmp_path, silent)  # type: ignore[arg-type]
    score = samples(tmp_path / "score.wav")
    assert np.abs(score[-480:]).max() < 2**23 * 0.001 < np.abs(score[12 * RATE_HZ : 13 * RATE_HZ]).max()


def test_under_a_deafening_film_the_score_is_loud_and_not_clipped(
    tmp_path: Path, songs: dict[str, Path]
) -> None:
    noise = np.clip(np.random.default_rng(1).normal(0, 1.2, (2, SECONDS * RATE_HZ)), -1, 1)
    path, sound = tmp_path / "film.mov", noise.astype(np.float32)
    tiny_film(path, [TinyShot(SECONDS * 2)], rate=2, size=(32, 32), sound=sound, sound_codec="pcm_f32le")
    about, cues = analysis(SECONDS * 2, 2, speech=((0.5, 19.5),)), spotting(cue("a", 1.0, 16.0))
    mix_film(path, about, None, cues, songs, RenderSettings(), tmp_path, silent)  # type: ignore[arg-type]
    score = samples(tmp_path / "score.wav")
    assert 0.8 * 2**23 < np.abs(score).max() < 0.9 * 2**23
    assert np.array_equal(sum(samples(stem) for stem in (tmp_path / "stems").iterdir()), score)


def test_the_duck_joins_the_curves_on_its_own_clock(kept: tuple[Path, MixFacts]) -> None:
    duck = duck_arrays(kept[1], SECONDS)
    assert len(duck["duck_time_s"]) == len(duck["duck_db"]) == SECONDS * 100 + 1
    assert duck["duck_db"][950] < -5 and duck["duck_db"][200] == 0


def test_a_cue_without_a_note_and_a_film_of_one_frame_are_mixed_all_the_same(
    tmp_path: Path, songs: dict[str, Path]
) -> None:
    path = tmp_path / "film.mov"
    tiny_film(
        path, [TinyShot(1)], rate=24, size=(32, 32), sound=room_tone(1 / 24, 2), sound_codec="pcm_f32le"
    )
    cues, folders = (
        spotting(cue("a", 0.0, 0.04), cue("b", 0.0, 0.04)),
        {"a": tmp_path / "none", "b": songs["b"]},
    )
    facts = mix_film(path, analysis(1), None, cues, folders, RenderSettings(), tmp_path, silent)  # type: ignore[arg-type]
    assert sf.info(tmp_path / "mix.wav").frames == 2_000
    assert facts.cues[0].alone_lufs is None


def test_stems_as_flac_hold_the_same_samples(
    tmp_path: Path, songs: dict[str, Path], kept: tuple[Path, MixFacts]
) -> None:
    path, about = film(tmp_path / "film.mov", 0)
    settings = RenderSettings(stem_format="flac")
    facts = mix_film(path, about, None, spotting(cue("a", 1.0, 16.0)), songs, settings, tmp_path, silent)  # type: ignore[arg-type]
    assert facts.stems == ("melody.flac", "bass.flac", "pad.flac")
    total = sum(samples(tmp_path / "stems" / name) for name in facts.stems)
    assert np.array_equal(total, samples(tmp_path / "score.wav"))


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_a_cues_own_stems_have_their_lead_in_and_sum_to_the_score(
    tmp_path: Path, songs: dict[str, Path], format: Literal["wav", "flac"]
) -> None:
    """Two cues that ring over each other; the first one's lead-in begins before the film."""
    path, about = film(tmp_path / "film.mov", 2)
    settings = RenderSettings(full_length_stems=False, stem_format=format)
    cues = spotting(cue("a", 1.0, 16.0), cue("b", 14.5, 19.0).model_copy(update={"id": "1M02 / “x”\n"}))
    leads = {"a": 4 * RATE_HZ, "b": 3 * RATE_HZ + 7}
    facts = mix_film(path, about, None, cues, songs, settings, tmp_path, silent, leads=leads)  # type: ignore[arg-type]
    assert facts.stems == () and sorted(facts.cue_stems) == ["a", "b"]
    assert {name.partition("/")[0] for name in facts.cue_stems["b"].files} == {"1M02____x__"}
    length = SECONDS * RATE_HZ
    total = np.zeros((8 * RATE_HZ + length, 2), np.int64)
    for uid, stems in facts.cue_stems.items():
        for name in stems.files:
            sound = samples(tmp_path / "stems" / name)
            assert len(sound) == stems.samples and not sound[: leads[uid]].any()
            at = 8 * RATE_HZ + stems.first_sample
            total[at : at + len(sound)] += sound
    assert facts.cue_stems["a"].first_sample == -3 * RATE_HZ
    assert not total[: 8 * RATE_HZ].any()
    assert np.array_equal(total[8 * RATE_HZ :], samples(tmp_path / "score.wav"))
    if format == "wav":
        with av.open(str(tmp_path / "stems" / facts.cue_stems["a"].files[0])) as container:
            assert int(container.metadata["time_reference"]) == 24 * 3600 * RATE_HZ - 3 * RATE_HZ
