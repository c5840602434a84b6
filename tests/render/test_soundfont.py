"""A font is checked before anything native reads it, and named by its hash."""

from pathlib import Path

import numpy as np
import pytest
from tinysoundfont import _tinysoundfont as tsf

from composer.notes import Part
from render import soundfont
from render.font_file import BadFont, read_font
from render.soundfont import choose_font, open_instrument, stand_in
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


def test_an_excerpt_plays_what_the_font_plays_and_holds_nothing_else() -> None:
    font = choose_font(None)
    excerpt = font.file.excerpt([(0, 48), (128, 0)])
    assert len(excerpt) < font.path.stat().st_size / 4
    instrument = open_instrument(font, (0, 48))
    whole = tsf.SoundFont(font.path.read_bytes())
    whole.set_output(tsf.OutputMode.StereoInterleaved, 48_000, 0.0)
    whole.channel_set_preset_number(0, 48, False)
    heard = []
    for synth in (instrument.synth, whole):
        instrument.select(0)
        synth.channel_note_on(0, 60, 0.7)
        sound = np.zeros((48_000, 2), np.float32)
        synth.render(sound)
        heard.append(sound)
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
