"""What a cue sounds like: onsets to the sample, the same bytes, roles that never touch each other."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from composer.notes import Control
from render.events import SampleClock, expression_gain, played_notes
from render.settings import RenderSettings
from render.soundfont import choose_font
from render.synth import play_role, synthesise_cue
from tests.render.scenes import TEMPO_MAP, cue_notes, note, part, song
from vision.artifact import sha256_file
from vision.progress import silent


@pytest.mark.parametrize("tick", [0, 1, 959, 960, 3839, 3840, 4001, 11519])
def test_a_tick_falls_on_the_sample_that_the_tempo_map_says(tick: int) -> None:
    from fractions import Fraction

    exact = TEMPO_MAP.time_us(Fraction(tick, 960)) * 48_000 / 1_000_000
    assert SampleClock(TEMPO_MAP).sample(tick) == int(exact + Fraction(1, 2))


def test_a_note_starts_at_its_very_sample_wherever_it_stands() -> None:
    font = choose_font(None)
    at_zero = play_role(font, cue_notes([note(0)]), "melody")
    tick = 4567
    later = play_role(font, cue_notes([note(tick)]), "melody")
    start = SampleClock(TEMPO_MAP).sample(tick)
    assert not later[:start].any()
    assert np.array_equal(later[start : start + 12_000], at_zero[:12_000])
    assert np.flatnonzero(np.abs(at_zero).max(axis=1) > 1e-6)[0] < 48


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for run in ("a", "b"):
        synthesise_cue(song(2), RenderSettings(), tmp_path / run, silent)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == ["bass.wav", "melody.wav", "pad.wav"]
    assert all(sha256_file(tmp_path / "a" / f) == sha256_file(tmp_path / "b" / f) for f in files)


def test_a_role_sounds_the_same_whoever_else_plays(tmp_path: Path) -> None:
    whole = song(2)
    alone = whole.model_copy(update={"notes": tuple(n for n in whole.notes if n.part == 1)})
    assert synthesise_cue(whole, RenderSettings(), tmp_path / "whole", silent) == ("melody", "bass", "pad")
    assert synthesise_cue(alone, RenderSettings(), tmp_path / "alone", silent) == ("pad",)
    assert sha256_file(tmp_path / "whole" / "pad.wav") == sha256_file(tmp_path / "alone" / "pad.wav")


def test_a_stem_is_float_stereo_with_a_tail_that_ends_in_silence(tmp_path: Path) -> None:
    synthesise_cue(cue_notes([note(0, ticks=960)]), RenderSettings(), tmp_path, silent)
    info = sf.info(tmp_path / "melody.wav")
    assert (info.samplerate, info.channels, info.subtype) == (48_000, 2, "FLOAT")
    sound, _ = sf.read(tmp_path / "melody.wav")
    assert len(sound) > 48_000 and np.abs(sound[-48:]).max() < 1e-5


def test_the_pedal_holds_a_note_until_it_is_lifted() -> None:
    pedal = [
        Control(part=0, tick=480, controller=64, value=127),
        Control(part=0, tick=3000, controller=64, value=0),
    ]
    held = played_notes(cue_notes([note(0, ticks=960)], controls=pedal), 0)[0]
    assert held.off == SampleClock(TEMPO_MAP).sample(3000)
    assert played_notes(cue_notes([note(0, ticks=960)]), 0)[0].off == SampleClock(TEMPO_MAP).sample(960)


def test_a_key_struck_again_ends_its_earlier_note() -> None:
    first, second = played_notes(cue_notes([note(0, ticks=4000), note(960, ticks=480)]), 0)
    assert first.off == second.on


def test_a_stuck_note_ends_with_the_cue() -> None:
    stuck = played_notes(cue_notes([note(0, ticks=10**9)]), 0)[0]
    assert stuck.off <= SampleClock(TEMPO_MAP).sample(12 * 960) + 2 * 48_000


def test_expression_swells_as_its_square_and_without_steps() -> None:
    swell = [
        Control(part=0, tick=0, controller=11, value=64),
        Control(part=0, tick=960, controller=11, value=127),
    ]
    gain = expression_gain(cue_notes([note(0)], controls=swell), 0, 96_000)
    assert gain is not None
    assert gain[0] == pytest.approx((64 / 127) ** 2, rel=1e-5) and gain[-1] == 1.0
    assert np.abs(np.diff(gain)).max() < 0.001


def test_a_player_on_the_left_is_louder_on_the_left() -> None:
    font = choose_font(None)
    left = play_role(font, cue_notes([note(0)], [part(pan=-0.8)]), "melody")
    energy = (left.astype(np.float64) ** 2).sum(axis=0)
    assert energy[0] > 3 * energy[1]
