"""Sick models, broken fonts, sound that is no number: what is played stays legal, or is refused in words."""

import struct
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from composer.compose import compose_cue
from composer.film_midi import write_film_midi
from composer.grid import GridNote
from composer.midi_read import read_midi
from composer.musicxml import write_musicxml
from composer.notes import CueNotes
from composer.written_score import written_film
from render import synth
from render.mix import mix_film
from render.settings import RenderSettings
from render.soundfont import Font, choose_font, open_instrument
from render.synth import synthesise_cue
from tests.composer.films import analysis as film_of
from tests.composer.films import film_score
from tests.composer.requests import request
from tests.composer.test_compose import EVERY_NOTE, OUTSIDE, STUCK, Faulty
from tests.conftest import reelscore
from tests.films import TinyShot, tiny_film
from tests.render.scenes import RATE_HZ, analysis, cue, note, part, song, spotting, synthesised
from vision.progress import silent
from vision.rejected import RejectedInput

EMBEDDED = RenderSettings(soundfont=Path("embedded"))
NO_NUMBER = tuple(GridNote(4 * beat, 60, 4, float("nan")) for beat in range(16))
DURATION_S = 40.0


@pytest.mark.bad_inputs
@pytest.mark.parametrize(
    "written",
    [(), EVERY_NOTE, STUCK, OUTSIDE, NO_NUMBER],
    ids=("nothing", "every note", "stuck", "outside", "no number"),
)
def test_whatever_a_model_writes_midi_is_legal_and_ends_with_the_film_and_the_sound_ends_too(
    tmp_path: Path, written: tuple[GridNote, ...]
) -> None:
    asked = request(("walk",), bars_each=4, melody="cell")
    notes = compose_cue(asked, Faulty(written))
    placed, cues = film_score([(asked, notes, 2.0)])
    write_film_midi(tmp_path / "score.mid", film_of(DURATION_S), placed, cues)
    assert mido.MidiFile(tmp_path / "score.mid").length == pytest.approx(DURATION_S, abs=1e-5)
    assert read_midi(tmp_path / "score.mid").notes  # the validator that every reader of ours goes through
    write_musicxml(tmp_path / "score.musicxml", written_film(film_of(DURATION_S), placed, cues))
    played_whole(notes, tmp_path / "cue")


@pytest.mark.bad_inputs
def test_notes_that_no_one_could_play_are_played_and_end(tmp_path: Path) -> None:
    """Every key at once, struck twice, held for ever, of no length, before the beginning."""
    wild = [note(0, pitch, ticks=10**9, velocity=127) for pitch in range(128)]
    wild += [note(5, pitch, ticks=3, velocity=127) for pitch in range(128)]
    wild += [note(960, 60, ticks=0), note(-5000, 60, ticks=100), note(10**7, 60), note(900, 61, velocity=0)]
    played_whole(song(2).model_copy(update={"notes": tuple(wild), "parts": (part(),)}), tmp_path)


def played_whole(notes: CueNotes, folder: Path) -> None:
    """Its roles sound, are numbers, and end within the cue's own length, a ring and a tail."""
    for role in synthesise_cue(notes, EMBEDDED, folder, silent):
        sound, rate = sf.read(folder / f"{role}.wav", always_2d=True)
        assert rate == RATE_HZ and np.isfinite(sound).all() and np.abs(sound).max() > 0
        assert len(sound) / rate < notes.tempo_map.length_s + 16


def loops_outside(font: bytearray) -> None:
    """Every sample's loop far behind the file's end."""
    at = font.index(b"shdr") + 8
    size = int.from_bytes(font[at - 4 : at], "little")
    for row in range(at, at + size - 46, 46):
        font[row + 28 : row + 36] = struct.pack("<II", 0x7FFFFFF0, 0x7FFFFFFF)


def a_thousand_lists(font: bytearray) -> None:
    """Lists within lists, as deep as the file goes."""
    body = b""
    for _ in range(3000):
        body = b"LIST" + struct.pack("<I", 4 + len(body)) + b"INFO" + body
    append(font, body)


def a_million_chunks(font: bytearray) -> None:
    """Nothing, a million times."""
    append(font, b"none\0\0\0\0" * 1_000_000)


def noise_as_vorbis(font: bytearray) -> None:
    """Samples that say they are Ogg Vorbis."""
    at = font.index(b"shdr") + 8
    size = int.from_bytes(font[at - 4 : at], "little")
    for row in range(at, at + size - 46, 46):
        font[row + 44 : row + 46] = struct.pack("<H", 0x11)


def names_nothing(font: bytearray) -> None:
    """The preset's instrument is one that isn't there."""
    at = font.index(b"pgen") + 8
    size = int.from_bytes(font[at - 4 : at], "little")
    for row in range(at, at + size - 4, 4):
        if font[row] == 41:
            font[row + 2 : row + 4] = b"\xff\xff"


def append(font: bytearray, body: bytes) -> None:
    font += body
    font[4:8] = struct.pack("<I", len(font) - 8)


def spoilt(path: Path, spoil: object) -> Path:
    """A piano of the embedded font, spoilt."""
    assert callable(spoil)
    font = bytearray(choose_font(Path("embedded")).file.excerpt([(0, 0)]))
    spoil(font)
    path.write_bytes(font)
    return path


@pytest.mark.bad_inputs
@pytest.mark.parametrize("spoil", [a_million_chunks, noise_as_vorbis, names_nothing])
def test_a_hostile_font_is_refused_in_words(tmp_path: Path, spoil: object) -> None:
    path = spoilt(tmp_path / "bad.sf2", spoil)
    with pytest.raises(RejectedInput, match=r"bad\.sf2"):
        synthesise_cue(song(1), RenderSettings(soundfont=path), tmp_path / "cue", silent)
    assert not (tmp_path / "cue").exists() or not list((tmp_path / "cue").iterdir())


@pytest.mark.bad_inputs
@pytest.mark.parametrize("spoil", [loops_outside, a_thousand_lists])
def test_a_font_that_points_outside_itself_is_read_no_further(tmp_path: Path, spoil: object) -> None:
    """Loops end with their samples, and a list within a list is passed over: what it plays is sound."""
    font = choose_font(spoilt(tmp_path / "odd.sf2", spoil))
    instrument = open_instrument(font, (0, 0))
    instrument.select(0)
    instrument.synth.channel_note_on(0, 60, 0.7)
    sound = np.zeros((5 * RATE_HZ, 2), np.float32)
    instrument.synth.render(sound)
    assert np.isfinite(sound).all() and 0.01 < np.abs(sound).max() < 4


@pytest.mark.bad_inputs
def test_a_broken_font_ends_the_command_line_in_one_line(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "film.mp4", tone_hz=330).path
    whole = choose_font(Path("embedded")).path.read_bytes()
    (tmp_path / "cut.sf2").write_bytes(whole[: len(whole) // 3])
    said = reelscore("score", film, "--soundfont", tmp_path / "cut.sf2", cwd=tmp_path)
    assert said.code == 2 and "Traceback" not in said.err
    assert said.err.splitlines()[-1].startswith("rejected: ") and "cut.sf2" in said.err.splitlines()[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.sf2", "film.mp4"]


def test_a_synth_that_plays_no_numbers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sick(instrument: object, notes: object, pan: float) -> NDArray[np.float32]:
        return np.full((RATE_HZ, 2), np.nan, np.float32)

    monkeypatch.setattr(synth, "_play", sick)
    with pytest.raises(RejectedInput, match="no number"):
        synthesise_cue(song(1), EMBEDDED, tmp_path / "cue", silent)
    assert not list((tmp_path / "cue").glob("*"))


@pytest.mark.bad_inputs
def test_film_sound_that_is_no_number_is_silence_and_the_mix_is_whole(tmp_path: Path) -> None:
    sound = np.random.default_rng(4).normal(0, 0.05, (2, 12 * RATE_HZ)).astype(np.float32)
    sound[:, RATE_HZ : 2 * RATE_HZ] = np.nan
    sound[:, 3 * RATE_HZ : 4 * RATE_HZ] = np.inf
    film, shots = tmp_path / "film.mov", [TinyShot(24)]
    tiny_film(film, shots, rate=2, size=(32, 32), sound=sound, sound_codec="pcm_f32le")
    songs = synthesised(tmp_path / "cues", {"a": song(2)})
    cues = spotting(cue("a", 6.0, 11.0))
    facts = mix_film(
        film, analysis(24, 2), None, cues, songs,  # type: ignore[arg-type]
        RenderSettings(loudness="ebu"), tmp_path, silent,
    )  # fmt: skip
    mix = sf.read(tmp_path / "mix.wav", always_2d=True)[0]
    assert len(mix) == 12 * RATE_HZ and np.isfinite(mix).all()
    assert not mix[RATE_HZ + 500 : 2 * RATE_HZ - 500].any() and mix[:RATE_HZ].any()
    assert facts.loudness_lufs == pytest.approx(-23, abs=0.2) and facts.peak_dbtp <= -1


def test_a_font_is_known_by_its_hash_alone(tmp_path: Path) -> None:
    """A copy of a known font under another name is as good; one byte off, it is an unknown one."""
    whole = bytearray(choose_font(Path("embedded")).path.read_bytes())
    (tmp_path / "renamed.sf2").write_bytes(whole)
    whole[whole.index(b"smpl") + 1000] ^= 1
    (tmp_path / "altered.sf2").write_bytes(whole)
    fonts: list[Font] = [choose_font(tmp_path / name) for name in ("renamed.sf2", "altered.sf2")]
    assert fonts[0].facts.sha256 == choose_font(Path("embedded")).facts.sha256
    assert fonts[1].facts.sha256 != fonts[0].facts.sha256
