"""A font is checked before anything native reads it, and named by its hash."""

from pathlib import Path

import pytest

from render import soundfont
from render.soundfont import choose_font
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
