"""FluidSynth, where the machine has it: notes in their place, an end that comes, faults that are said."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from render.events import PlayedNote
from render.fluid import fluidsynth_version, play_fluid
from render.settings import RenderSettings
from render.soundfont import choose_font
from render.synth import synthesise_cue
from tests.render.scenes import song
from vision.artifact import sha256_file
from vision.progress import silent
from vision.rejected import RejectedInput

needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None, reason="fluidsynth is not installed (Debian: apt install fluidsynth)"
)


@needs_fluidsynth
def test_onsets_are_at_most_two_blocks_late_and_never_early() -> None:
    ons = [4_800, 40_017, 90_001]
    notes = [PlayedNote(on, on + 9_000, 38, 100) for on in ons]
    sound = np.abs(play_fluid(choose_font(None), (128, 0), notes, 0.5, 48_000)).max(axis=1)
    first = [on - 480 + int(np.flatnonzero(sound[on - 480 : on + 9_000] > 1e-4)[0]) for on in ons]
    assert all(0 <= heard - on <= 192 for heard, on in zip(first, ons, strict=True))


@needs_fluidsynth
def test_a_cue_is_played_with_the_same_roles_and_the_same_bytes_twice(tmp_path: Path) -> None:
    for run in ("a", "b"):
        settings = RenderSettings(synth="fluidsynth")
        assert synthesise_cue(song(1), settings, tmp_path / run, silent) == ("melody", "bass", "pad")
    for role in ("melody", "bass", "pad"):
        assert len({sha256_file(tmp_path / run / f"{role}.wav") for run in ("a", "b")}) == 1


def test_a_machine_without_fluidsynth_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    fluidsynth_version.cache_clear()
    with pytest.raises(RejectedInput, match="not installed"):
        fluidsynth_version()
