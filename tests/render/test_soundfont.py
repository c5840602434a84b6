"""A font is checked before anything native reads it, and named by its hash."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinysoundfont import _tinysoundfont as tsf

from composer.notes import Part
from render import soundfont
from render.embedded_voices import CAST, VOICES, voice_zones
from render.font_file import TABLES, BadFont, read_font
from render.preset_zones import ATTENUATION_CB, Zone
from render.soundfont import choose_font, open_instrument, stand_in
from render.voices import note_gain, note_lufs, silence
from vision.artifact import sha256_file
from vision.rejected import RejectedInput


def test_the_embedded_font_is_found_and_hashed() -> None:
    font = choose_font(None)
    assert font.facts.sha256 == sha256_file(font.path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "first bytes"),
        (b"not a font at all", "first bytes"),
        (b"RIFF\xff\xff\xff\x00sfbk" + b"\0" * 50, "shorter"),
        (b"RIFF\x40\x00\x00\x00sfbk" + b"\1" * 200, "can't be read"),
        (b"RIFF\x0c\x00\x00\x00sfbkLIST\0\0\0\0", "can't be read"),
    ],
)
def test_a_broken_font_is_refused_with_its_reason(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "broken.sf2"
    path.write_bytes(content)
    with pytest.raises(RejectedInput, match=says):
        choose_font(path)


def test_a_font_cut_short_is_refused(tmp_path: Path) -> None:
    whole = choose_font(None).path.read_bytes()
    path = tmp_path / "cut.sf2"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RejectedInput, match="shorter than its own header"):
        choose_font(path)


def test_a_missing_font_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RejectedInput, match="no such file"):
        choose_font(tmp_path / "none.sf2")


def test_an_embedded_font_that_changed_is_refused_by_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfont, "EMBEDDED_SHA256", "0" * 64)
    with pytest.raises(RejectedInput, match="damaged"):
        soundfont._embedded()


Sound = NDArray[np.float32]


def heard_from(content: bytes, programme: int, keys: tuple[int, ...], gain: float = 0.7) -> list[Sound]:
    """A second of each key of a font's programme, [48000, 2]."""
    synth = tsf.SoundFont(content)
    synth.set_output(tsf.OutputMode.StereoInterleaved, 48_000, 0.0)
    sounds = []
    for key in keys:
        synth.reset()
        synth.channel_set_preset_number(0, programme, False)
        synth.channel_note_on(0, key, gain)
        sounds.append(np.zeros((48_000, 2), np.float32))
        synth.render(sounds[-1])
    return sounds


def test_an_excerpt_plays_what_the_font_plays_and_holds_nothing_else() -> None:
    font = choose_font(None)
    excerpt = font.file.excerpt([(0, 48), (128, 0)])
    assert len(excerpt) < font.path.stat().st_size / 4
    heard = [heard_from(content, 48, (60,))[0] for content in (excerpt, font.path.read_bytes())]
    assert np.abs(heard[0]).max() > 0.05
    assert np.abs(heard[0] - heard[1]).max() < 1e-5


def test_a_preset_that_the_font_lacks_is_played_by_its_family_or_by_any(tmp_path: Path) -> None:
    path = tmp_path / "few.sf2"
    path.write_bytes(choose_font(None).file.excerpt([(0, 40), (0, 0)]))
    few = choose_font(path)
    assert few.file.presets == {(0, 40), (0, 0)}
    wanted = [Part(role="melody", name="m", programme=programme) for programme in (42, 60)]
    assert [stand_in(few, part) for part in wanted] == [(0, 40), (0, 0)]
    assert stand_in(few, Part(role="percussion", name="p", programme=0, drums=True)) == (0, 0)


def test_preferred_fonts_are_taken_in_their_order_from_the_folders_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELSCORE_SOUNDFONTS", str(tmp_path))
    assert choose_font(None).facts.embedded
    whole = choose_font(Path("embedded")).path.read_bytes()
    (tmp_path / "FluidR3_GM.sf2").write_bytes(whole)
    assert choose_font(None).facts.name == "FluidR3_GM"
    (tmp_path / "MuseScore_General.sf3").write_bytes(whole)
    assert choose_font(None).facts.name == "MuseScore_General"
    (tmp_path / "MuseScore_General.sf3").write_bytes(whole[:1000])
    assert choose_font(None).facts.name == "FluidR3_GM"
    assert choose_font(Path("embedded")).facts.embedded


def test_an_unknown_font_is_tried_in_a_process_of_its_own_before_it_plays(tmp_path: Path) -> None:
    """Samples of nothing: every table is sound, and no key is ever heard."""
    good = bytearray(choose_font(None).file.excerpt([(0, 0)]))
    (tmp_path / "good.sf2").write_bytes(good)
    assert open_instrument(choose_font(tmp_path / "good.sf2"), (0, 0)).preset == (0, 0)
    first, last = good.index(b"smpl") + 8, good.index(b"pdta") - 8
    good[first:last] = bytes(last - first)
    (tmp_path / "bad.sf2").write_bytes(good)
    with pytest.raises(RejectedInput, match="programme 0 does not play"):
        open_instrument(choose_font(tmp_path / "bad.sf2"), (0, 0))


def test_a_sample_outside_the_file_is_refused(tmp_path: Path) -> None:
    whole = bytearray(choose_font(None).file.excerpt([(0, 0)]))
    end = whole.index(b"shdr") + 8 + 24
    whole[end : end + 4] = (2**31).to_bytes(4, "little")
    (tmp_path / "bad.sf2").write_bytes(whole)
    with pytest.raises(BadFont, match="outside the file"):
        read_font(tmp_path / "bad.sf2")


def test_a_preset_parted_by_keys_plays_what_it_played_whole() -> None:
    """The clarinet's lowest zone has a root key of its own, which must not pass to the others."""
    file, keys = choose_font(Path("embedded")).file, (52, 60, 66, 70, 75, 80)
    parted = file.excerpt([(0, 71)], (Zone(keys=(0, 65)), Zone(keys=(66, 127))))
    whole = heard_from(file.excerpt([(0, 71)]), 71, keys)
    for one, other in zip(heard_from(parted, 71, keys), whole, strict=True):
        assert np.abs(one).max() > 0.01 and np.array_equal(one, other)


def test_a_zone_adds_within_its_keys_and_velocities_alone() -> None:
    file = choose_font(Path("embedded")).file
    quiet = Zone(keys=(60, 127), velocities=(0, 63), adds={ATTENUATION_CB: 200})
    zones = (quiet, Zone(keys=(60, 127), velocities=(64, 127)), Zone(keys=(0, 59)))
    for gain, least in ((0.4, 19.0), (0.7, 0.0)):
        plain, zoned = (heard_from(file.excerpt([(0, 73)], z), 73, (72, 55), gain) for z in ((), zones))
        high, low = (20 * np.log10(rms(a) / rms(b)) for a, b in zip(plain, zoned, strict=True))
        assert high == pytest.approx(least, abs=1.1) and low == pytest.approx(0.0, abs=0.01)


def test_a_fonts_modulators_are_heard_though_the_synth_knows_none(tmp_path: Path) -> None:
    """A preset that takes back what velocity does to loudness plays soft and loud alike, in both synths."""
    path = tmp_path / "flute.sf2"
    headroom = Zone(adds={ATTENUATION_CB: 400})  # no synth turns a note up beyond its sample
    path.write_bytes(choose_font(Path("embedded")).file.excerpt([(0, 73)], (headroom,)))
    file = read_font(path)
    loudness = struct.pack("<HHhHH", 0x502, ATTENUATION_CB, -960, 0, 0)
    bags = file.tables[b"pbag"].copy()
    bags["mod"][-1] = 1
    rows = np.frombuffer(loudness + bytes(10), TABLES[b"pmod"])
    changed = replace(file, tables={**file.tables, b"pbag": bags, b"pmod": rows})
    zones = changed.modulation((0, 73), 1.35)
    for laid, least, most in (((), 6.0, 9.0), (zones, -1.5, 1.5)):
        soft, loud = (
            rms(heard_from(file.excerpt([(0, 73)], laid), 73, (72,), gain)[0]) for gain in (0.3, 0.7)
        )
        assert least < 20 * np.log10(loud / soft) < most
    assert file.modulation((0, 73), 1.35) == () and file.modulation((1, 1), 1.35) == ()


def test_a_preset_that_would_part_into_too_many_zones_plays_as_it_is() -> None:
    file = choose_font(Path("embedded")).file
    many = tuple(Zone(keys=(60, 60), adds={ATTENUATION_CB: n % 9}) for n in range(17_000))
    plain, zoned = (heard_from(file.excerpt([(0, 73)], z), 73, (60,))[0] for z in ((), many))
    assert np.array_equal(plain, zoned)


MUSESCORE = Path("/usr/share/sounds/sf3/MuseScore_General.sf3")


@pytest.mark.slow  # its piano takes 5 s to decode
@pytest.mark.skipif(not MUSESCORE.is_file(), reason="Debian's musescore-general-soundfont is not installed")
def test_the_musescore_fonts_piano_is_louder_the_harder_it_is_struck() -> None:
    instrument = open_instrument(choose_font(MUSESCORE), (0, 0))
    for key in (52, 64, 76):
        levels = []
        for velocity in (40, 60, 80, 100, 120):
            silence(instrument.synth)
            instrument.select(0)
            instrument.synth.channel_note_on(0, key, note_gain(velocity))
            sound = np.zeros((48_000, 2), np.float32)
            instrument.synth.render(sound)
            levels.append(rms(sound))
        assert levels == sorted(levels) and levels[-1] > 3 * levels[0]


def rms(sound: Sound) -> float:
    return float(np.sqrt((sound.astype(np.float64) ** 2).mean()))


def test_attenuation_counts_as_the_makers_of_fonts_hear_it() -> None:
    """0.4 of what is written: from key to key the electric piano then leaps by 5 dB, not by 9."""
    levels = [note_lufs(choose_font(Path("embedded")), (0, 4), (key,), "builtin") for key in range(48, 90)]
    assert np.abs(np.diff(levels)).max() < 3.0


@pytest.mark.parametrize("programme", [2, 40, 41, 42, 45, 49, 71])
def test_soft_notes_are_darker_and_not_just_quieter(programme: int) -> None:
    font = choose_font(Path("embedded"))
    content = font.excerpt((0, programme), "builtin")
    soft, loud = (bright(heard_from(content, programme, (60,), note_gain(v))[0]) for v in (40, 110))
    assert soft < loud - 2.0


def bright(sound: Sound) -> float:
    """Energy above 1.5 kHz against the whole, in dB."""
    energy = np.abs(np.fft.rfft(sound.sum(axis=1) * np.hanning(len(sound)))) ** 2
    return float(10 * np.log10(energy[1_500:].sum() / energy.sum()))


def test_a_pad_is_as_wide_as_a_room_and_its_bass_stands_in_the_middle() -> None:
    content = choose_font(Path("embedded")).excerpt((0, 89), "builtin")
    low, high = heard_from(content, 89, (40, 64))
    assert rms(low[:, 0] - low[:, 1]) < 0.01 * rms(low.sum(axis=1))
    assert 0.1 < rms(high[:, 0] - high[:, 1]) / rms(high.sum(axis=1)) < 0.9


def test_every_voice_is_of_a_programme_that_the_font_has_and_keeps_all_its_layers() -> None:
    file = choose_font(Path("embedded")).file
    assert {(0, plays) for plays in CAST.values()} <= file.presets
    for programme in VOICES:
        zoned = heard_from(
            file.excerpt([(0, programme)], voice_zones(programme, 1.35, 1.0)), programme, (50, 74)
        )
        assert min(rms(sound) for sound in zoned) > 1e-4
