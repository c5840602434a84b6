"""What a browser's element plays begins with the first sample, whatever the film's length."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from render.aac import aac_file
from render.preview import make_preview
from tests.bench.sound_sync import BEFORE, PLAY, Case, click_mix, draw, seen, served
from tests.conftest import NO_BROWSER, WHY_NO_BROWSER
from vision.progress import silent

pytestmark = pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)
WHOLE_FRAMES = Case("16 s are 750 frames of AAC", Fraction(25), 25, (1,) * 400)


def test_a_click_on_the_first_frame_is_heard_where_the_film_is_a_whole_number_of_aac_frames(
    browser: Any, tmp_path: Path
) -> None:
    about, mix = seen(WHOLE_FRAMES), tmp_path / "mix.wav"
    length = about.film.length_samples
    places = [0, length - 16_000]
    draw(tmp_path / "film.mp4", WHOLE_FRAMES)
    click_mix(mix, about, places)
    facts = make_preview(tmp_path / "film.mp4", about, mix, tmp_path / "preview.mp4", silent)
    assert length % 1024 == 0 and abs(facts.sound_error_ms) < 0.05
    with aac_file(tmp_path / "film.m4a", "mono", 1, length) as writer:
        writer.write(sf.read(mix, always_2d=True)[0])
    (tmp_path / "index.html").write_text("<!doctype html><title>sound</title><p>press here")
    with served(tmp_path) as address:
        page = browser.new_page()
        for name in ("preview.mp4", "film.m4a"):
            page.goto(f"{address}/index.html")
            page.click("p")  # a page may not sound before somebody touches it
            heard, plays_s = page.evaluate(PLAY, [name, places, BEFORE])
            assert [round(at) for at, _ in heard] == [0, BEFORE], name
            assert all(peak > 0.3 for _, peak in heard), name
            assert abs(plays_s - 16) < 0.001, name
        page.close()
