"""The ears as a whole: classes, speech, loudness and alignment on made-up sound."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest

from tests.vision.sounds import RATE_HZ, Stream, heard, noise, plucked_chords, quiet, sine, voice, write_sound
from vision.analysis import SoundFacts
from vision.progress import silent
from vision.rejected import RejectedInput
from vision.settings import VisionSettings
from vision.sound import listen, sound_facts
from vision.sound_curves import SoundCurves


def kinds_at(facts: SoundFacts, *times_s: float) -> list[str]:
    return [next(s.kind for s in facts.spans if s.start_s <= time < s.end_s) for time in times_s]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[SoundFacts, SoundCurves]:
    """6 s each of silence, speech and a breath, noise with a bang at 15 s, music."""
    rain = noise(6, 0.01)
    rain[3 * RATE_HZ : 3 * RATE_HZ + 4800] += noise(0.1, 0.4, 2)
    sound = np.concatenate([quiet(6), voice(5.5), quiet(0.5), rain, plucked_chords(6)])
    return heard(tmp_path_factory.mktemp("mixed") / "mixed.mkv", [Stream(sound)])


def test_each_kind_of_sound_is_called_by_its_name(mixed: tuple[SoundFacts, SoundCurves]) -> None:
    assert kinds_at(mixed[0], 2, 9, 13.5, 21) == ["silence", "speech", "effects", "music"]


def test_spans_cover_the_film_without_gap(mixed: tuple[SoundFacts, SoundCurves]) -> None:
    spans = mixed[0].spans
    assert spans[0].start_s == 0 and spans[-1].end_s == 24
    assert all(a.end_s == b.start_s and a.kind != b.kind for a, b in zip(spans, spans[1:], strict=False))


def test_speech_is_found_to_a_tenth_of_a_second(mixed: tuple[SoundFacts, SoundCurves]) -> None:
    speech = mixed[0].speech
    assert speech[0].start_s == pytest.approx(6.0, abs=0.15)
    assert speech[-1].end_s == pytest.approx(11.5, abs=0.25)
    assert mixed[0].speech_share == pytest.approx(0.25, abs=0.05)


def test_a_bang_is_a_loud_effect_at_its_onset_and_a_line_is_none(
    mixed: tuple[SoundFacts, SoundCurves],
) -> None:
    times = mixed[0].loud_effects_s
    assert any(abs(time - 15.0) < 0.02 for time in times)
    assert not any(6.1 < time < 11.9 for time in times)


def test_curves_have_their_hops_and_stay_within_nought_and_one(
    mixed: tuple[SoundFacts, SoundCurves],
) -> None:
    curves = mixed[1]
    assert len(curves.sound_time_s) == 48 and curves.sound_time_s[0] == 0.25
    assert len(curves.speech_time_s) == 750 and len(curves.loudness_time_s) == 240
    for values in (curves.speech, curves.music, curves.effects, curves.silence, curves.speech_probability):
        assert values.min() >= 0 and values.max() <= 1 and values.dtype == np.float32


def test_loudness_agrees_with_pyloudnorm(tmp_path: Path) -> None:
    """Stereo noise with a quiet half that the relative gate must leave out."""
    sound = np.stack([noise(8, 0.05, 1), noise(8, 0.05, 2)], 1)
    sound[: 4 * RATE_HZ] *= 0.05
    facts, _ = heard(tmp_path / "a.mkv", [Stream(sound, "stereo")])
    assert facts.loudness_lufs == pytest.approx(
        pyloudnorm.Meter(RATE_HZ).integrated_loudness(sound), abs=0.05
    )


def test_low_effects_channel_does_not_count_and_surrounds_count_more(tmp_path: Path) -> None:
    def loudness(column: int) -> float | None:
        sound = np.zeros((3 * RATE_HZ, 6), np.float32)
        sound[:, column] = sine(1000, 3)
        return heard(tmp_path / f"{column}.mkv", [Stream(sound, "5.1(side)")])[0].loudness_lufs

    front, low, side = loudness(0), loudness(3), loudness(4)
    assert low is None and front is not None and side is not None
    assert side - front == pytest.approx(10 * np.log10(1.41), abs=0.02)


def test_speech_loudness_is_that_of_the_lines_alone(tmp_path: Path) -> None:
    line = voice(5)
    alone, _ = heard(tmp_path / "a.mkv", [Stream(line)])
    loud_end, _ = heard(tmp_path / "b.mkv", [Stream(np.concatenate([line, quiet(1), noise(5, 0.3)]))])
    assert alone.speech_loudness_lufs is not None and loud_end.loudness_lufs is not None
    assert loud_end.speech_loudness_lufs == pytest.approx(alone.speech_loudness_lufs, abs=0.6)
    assert loud_end.loudness_lufs > alone.speech_loudness_lufs + 3


def test_nothing_outside_the_programme_counts(tmp_path: Path) -> None:
    tone_then_film = np.concatenate([sine(1000, 4, 0.3), quiet(1), noise(5, 0.02)])
    facts, _ = heard(tmp_path / "a.mkv", [Stream(tone_then_film)], programme_s=(5.0, 10.0))
    film, _ = heard(tmp_path / "b.mkv", [Stream(noise(5, 0.02))])
    assert film.loudness_lufs is not None
    assert facts.loudness_lufs == pytest.approx(film.loudness_lufs, abs=0.1)


@pytest.mark.parametrize("start_s", [0.0, 1.5, -0.75])
def test_sound_stands_where_its_timestamps_put_it(tmp_path: Path, start_s: float) -> None:
    """A line 3 s into a stream that starts late, or before the picture's first frame at 10 s."""
    sound = np.concatenate([quiet(3), voice(3), quiet(2)])
    facts, _ = heard(
        tmp_path / "a.mkv", [Stream(sound, start_s=10 + start_s)], length_s=9.0, zero_s=Fraction(10)
    )
    assert facts.speech[0].start_s == pytest.approx(3 + start_s, abs=0.15)


@pytest.mark.parametrize(
    ("rate", "codec", "suffix"), [(8000, "pcm_s16le", "mkv"), (44100, "aac", "mp4"), (96000, "flac", "mkv")]
)
def test_any_rate_and_codec_gives_the_same_lines(tmp_path: Path, rate: int, codec: str, suffix: str) -> None:
    import soxr

    sound = np.concatenate([quiet(2), voice(3), quiet(1)])
    resampled = np.asarray(soxr.resample(sound, RATE_HZ, rate), np.float32)
    facts, _ = heard(tmp_path / f"a.{suffix}", [Stream(resampled, rate_hz=rate, codec=codec)], length_s=6.0)
    assert facts.speech[0].start_s == pytest.approx(2.0, abs=0.15)
    assert facts.speech[-1].end_s == pytest.approx(5.0, abs=0.3)


def test_a_film_without_sound_is_silent_and_says_none() -> None:
    curves = listen(Path("none.mp4"), (), Fraction(0), 3.0, VisionSettings(), silent)
    facts = sound_facts(curves, 3.0, (0.0, 3.0))
    assert (facts.loudness_lufs, facts.speech_loudness_lufs, facts.speech, facts.music_share) == (
        None,
        None,
        (),
        0,
    )
    assert [span.kind for span in facts.spans] == ["silence"]
    assert curves.loudness_lufs.max() == -70 and curves.silence.min() == 1


def test_a_silent_track_is_no_sound_either(tmp_path: Path) -> None:
    facts, curves = heard(tmp_path / "a.mkv", [Stream(quiet(4))])
    assert facts.loudness_lufs is None and facts.loud_effects_s == ()
    assert [span.kind for span in facts.spans] == ["silence"] and curves.loudness_lufs.max() == -70


def test_an_unmoving_hum_is_not_music(tmp_path: Path) -> None:
    hum = sine(100, 10, 0.05) + sine(200, 10, 0.03) + sine(300, 10, 0.02) + noise(10, 0.001)
    assert heard(tmp_path / "a.mkv", [Stream(hum)])[0].music_share == 0.0


def test_music_is_found_under_speech(tmp_path: Path) -> None:
    """Music 8 dB below the lines: the curve stays up through them, the span says speech."""
    both = plucked_chords(12, gain=0.16) + np.concatenate([quiet(4), 0.5 * voice(4), quiet(4)])
    facts, curves = heard(tmp_path / "a.mkv", [Stream(both)])
    assert kinds_at(facts, 2, 6, 10) == ["music", "speech", "music"]
    assert (curves.music > 0.5).mean() > 0.8


def test_a_blow_over_music_is_an_effect_and_the_music_goes_on(tmp_path: Path) -> None:
    """One second of crashing over 16 s of music, 20 dB above it; its own drum is none."""
    music, crash, drum = plucked_chords(16), quiet(16), quiet(16)
    crash[7 * RATE_HZ : 8 * RATE_HZ] = noise(1, 0.5)
    for beat in range(16):
        start = beat * RATE_HZ
        drum[start : start + 2400] = noise(0.05, 0.2, beat) * np.linspace(1, 0, 2400, dtype=np.float32)
    _, struck = heard(tmp_path / "struck.mkv", [Stream(music + crash)])
    _, plain = heard(tmp_path / "plain.mkv", [Stream(music + drum)])
    at = (struck.sound_time_s > 7) & (struck.sound_time_s < 8)
    assert struck.effects[at].min() > 0.5 and struck.music[at].max() > 0.5
    assert struck.effects[~at].max() < 0.5
    assert plain.effects[2:-2].max() < 0.5


def test_speech_music_and_effects_begin_and_end_to_the_half_second(tmp_path: Path) -> None:
    """Lines, a score and a machine at random places: nine rows in ten are called right."""
    random = np.random.default_rng(5)
    kinds, parts = list[str](), list[np.ndarray[tuple[int], np.dtype[np.float32]]]()
    for number, kind in enumerate(["music", "speech", "effects", "silence", "speech", "music", "effects"]):
        seconds = int(random.integers(5, 10))
        made = {
            "music": plucked_chords(seconds, seed=number),
            "speech": voice(seconds, seed=number, woman=number == 4),
            "effects": noise(seconds, 0.03, number),
            "silence": quiet(seconds),
        }[kind]
        parts.append(made)
        kinds += [kind] * (2 * seconds)
    facts, curves = heard(tmp_path / "a.mkv", [Stream(np.concatenate(parts))])
    found = kinds_at(facts, *curves.sound_time_s[: len(kinds)].tolist())
    assert np.mean([a == b for a, b in zip(found, kinds, strict=True)]) >= 0.9


def test_named_tracks_need_no_guessing(tmp_path: Path) -> None:
    streams = [Stream(np.concatenate([voice(4), quiet(4)])), Stream(np.concatenate([quiet(4), noise(4)]))]
    settings = VisionSettings(tracks=("dx", "mx"))
    facts, _ = heard(tmp_path / "a.mkv", streams, settings=settings)
    assert kinds_at(facts, 2, 6) == ["speech", "music"]


def test_roles_may_name_the_sides_of_a_pair(tmp_path: Path) -> None:
    pair = np.stack([np.concatenate([voice(4), quiet(4)]), np.concatenate([quiet(4), noise(4)])], 1)
    settings = VisionSettings(tracks=("dx", "fx"))
    facts, _ = heard(tmp_path / "a.mkv", [Stream(pair, "stereo")], settings=settings)
    assert kinds_at(facts, 2, 6) == ["speech", "effects"]


def test_roles_that_do_not_fit_are_rejected_with_both_counts(tmp_path: Path) -> None:
    held = write_sound(tmp_path / "a.mkv", [Stream(np.zeros((RATE_HZ, 2), np.float32), "stereo")])
    settings = VisionSettings(tracks=("dx", "mx", "fx"))
    with pytest.raises(RejectedInput, match="3 track roles were given for 1 sound streams of 2 channels"):
        listen(tmp_path / "a.mkv", held, Fraction(0), 1.0, settings, silent)


def test_discrete_mono_streams_are_one_mix(tmp_path: Path) -> None:
    """Left and right as two mono streams are as loud as the stereo pair, and the line on one is heard."""
    left, right = np.concatenate([voice(3), quiet(2)]), noise(5, 0.01)
    two, _ = heard(tmp_path / "a.mkv", [Stream(left), Stream(right)])
    pair, _ = heard(tmp_path / "b.mkv", [Stream(np.stack([left, right], 1), "stereo")])
    assert two.loudness_lufs == pair.loudness_lufs
    assert two.speech and abs(two.speech[0].start_s - pair.speech[0].start_s) < 0.1


def test_a_second_full_mix_does_not_add_to_the_loudness(tmp_path: Path) -> None:
    mix = np.stack([noise(3), noise(3)], 1)
    one, _ = heard(tmp_path / "a.mkv", [Stream(mix, "stereo")])
    two, _ = heard(tmp_path / "b.mkv", [Stream(mix, "stereo"), Stream(mix, "stereo")])
    assert one.loudness_lufs == two.loudness_lufs


def test_dialogue_left_and_effects_right_looks_split(tmp_path: Path) -> None:
    left, right = np.concatenate([voice(5), quiet(5)]), np.concatenate([quiet(5), noise(5)])
    assert heard(tmp_path / "a.mkv", [Stream(np.stack([left, right], 1), "stereo")])[0].split_pair
    together = left + right
    assert not heard(tmp_path / "b.mkv", [Stream(np.stack([together, together], 1), "stereo")])[1].split_pair


def test_the_same_file_gives_the_same_curves(tmp_path: Path) -> None:
    stream = Stream(np.concatenate([voice(2), noise(2)]))
    first, second = (heard(tmp_path / "a.mkv", [stream])[1] for _ in range(2))
    for name, values in vars(first).items():
        assert np.array_equal(values, getattr(second, name)), name
