"""The burn-in preview: every frame once, at the film's own times, with legible marks."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from composer.spotting import Cue, Hit, Spotting
from render.burn_in import burn_in_preview, check_clock
from render.lettering import fitted, plate, text_width
from render.stills import write_stills
from tests.films import TinyShot, tiny_film
from tests.render.made_up_cue import made_up_cue
from tests.render.report_facts import made_up_analysis, made_up_film
from vision.analysis import Analysis, Film
from vision.progress import silent

SHOTS = (TinyShot(20), TinyShot(16), TinyShot(12))
FRAMES = 48
HIT_FRAME = 20
TIMES = [*range(0, 40, 2), *range(40, 68)]  # in 1/24 s: the first twenty frames last twice as long


def film_of(path: Path, rate: Fraction, variable: bool = False) -> Film:
    """The facts of a tiny film as an analysis would give them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        pts = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        time_base = stream.time_base
    step = round(1 / rate / time_base)
    length = float((pts[-1] + step - pts[0]) * time_base)
    made = {
        "frame_rate": f"{rate.numerator}/{rate.denominator}", "frames": len(pts), "duration_s": length,
        "length_samples": round(length * 48000), "variable_rate": variable, "first_pts": pts[0],
        "end_pts": pts[-1] + step, "time_base": str(time_base), "width": 160, "height": 90,
    }  # fmt: skip
    return made_up_film().model_copy(update=made)


def analysis_of(film: Film) -> Analysis:
    """Three shots; only their starts matter here."""
    made = made_up_analysis(film)
    starts = [0.0, 20 / 24, 36 / 24]
    shots = [
        made.shots[place].model_copy(update={"index": place, "start_s": start, "end_s": start + 0.5})
        for place, start in enumerate(starts)
    ]
    return made.model_copy(update={"shots": tuple(shots)})


def spotting_of(film: Film, time_s: float) -> Spotting:
    cue: Cue = made_up_cue(1, 0.0, 2, 400_000).cue
    hit = Hit(
        time_s=time_s, frame=HIT_FRAME, kind="accent", strength=1, required=True, cue=cue.uid, bar=1, beat=2,
        realised_s=time_s, error_ms=0.02, error_frames=0.0, reason="cut",
    )  # fmt: skip
    return Spotting(cues=(cue,), hits=(hit,), silences=(), coverage=1.0)


def burn_in(tmp_path: Path, rate: Fraction, timestamps: list[int] | None = None) -> tuple[Film, Path]:
    made = tiny_film(tmp_path / "film.mkv", SHOTS, rate=rate, timestamps=timestamps, size=(320, 180))
    film = film_of(made.path, rate, timestamps is not None)
    mix = tmp_path / "mix.wav"
    soundfile.write(mix, np.zeros((film.length_samples, 2), np.float32), 48000)
    hit_s = (timestamps[HIT_FRAME] if timestamps else HIT_FRAME) / float(rate)
    out = tmp_path / "preview.mp4"
    burn_in_preview(made.path, analysis_of(film), spotting_of(film, hit_s), mix, out, silent)
    return film, out


def pictures(path: Path) -> tuple[list[Fraction], list[NDArray[np.uint8]]]:
    """Presentation times and RGB pictures of every frame."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        shown = [(frame.pts or 0, frame.to_ndarray(format="rgb24")) for frame in container.decode(stream)]
        return [pts * stream.time_base for pts, _ in shown], [picture for _, picture in shown]


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001)])
def test_a_constant_rate_film_keeps_its_exact_rate_and_every_frame(tmp_path: Path, rate: Fraction) -> None:
    _, out = burn_in(tmp_path, rate)
    with av.open(str(out)) as container:
        assert container.streams.video[0].average_rate == rate
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    assert pictures(out)[0] == [frame / rate for frame in range(FRAMES)]


def test_a_variable_rate_film_keeps_each_frames_own_time(tmp_path: Path) -> None:
    _, out = burn_in(tmp_path, Fraction(24), TIMES)
    got = pictures(out)[0]
    assert len(got) == FRAMES
    assert all(abs(a - Fraction(b, 24)) <= Fraction(1, 1000) for a, b in zip(got, TIMES, strict=True))


def test_a_hit_flashes_from_its_own_frame_on_and_not_before(tmp_path: Path) -> None:
    _, out = burn_in(tmp_path, Fraction(24000, 1001))
    edges = [picture[60:120, 0].astype(int).mean(axis=0) for picture in pictures(out)[1]]
    yellow = [edge[0] > 200 and edge[1] > 170 and edge[2] < 150 for edge in edges]
    assert yellow.index(True) == HIT_FRAME
    assert 6 <= sum(yellow) <= 8


def test_the_band_reads_white_on_dark_over_a_white_picture(tmp_path: Path) -> None:
    white = (TinyShot(6, flash=tuple(range(6))),)
    made = tiny_film(tmp_path / "white.mp4", white, rate=24, size=(320, 180))
    film = film_of(made.path, Fraction(24))
    soundfile.write(tmp_path / "mix.wav", np.zeros((film.length_samples, 2), np.float32), 48000)
    burn_in_preview(
        made.path, analysis_of(film), spotting_of(film, 9.0), tmp_path / "mix.wav", tmp_path / "p.mp4", silent
    )
    band = pictures(tmp_path / "p.mp4")[1][3][170:178].max(axis=2)
    assert np.median(band) < 90 and band.max() > 220


def test_the_same_film_gives_the_same_bytes(tmp_path: Path) -> None:
    made = [burn_in(tmp_path, Fraction(25))[1].read_bytes() for _ in range(2)]
    assert made[0] == made[1]


def test_a_preview_with_a_frame_missing_is_not_believed(tmp_path: Path) -> None:
    film, out = burn_in(tmp_path, Fraction(25))
    check_clock(out, film, FRAMES)
    with pytest.raises(RuntimeError, match="48 frames"):
        check_clock(out, film, FRAMES + 1)
    with pytest.raises(RuntimeError, match="runs at 25"):
        check_clock(out, film.model_copy(update={"frame_rate": "24000/1001"}), FRAMES)


def test_nothing_half_made_stays_behind_a_failure(tmp_path: Path) -> None:
    made = tiny_film(tmp_path / "film.mp4", SHOTS)
    film = film_of(made.path, Fraction(24))
    with pytest.raises(Exception, match="mix"):
        burn_in_preview(
            made.path,
            analysis_of(film),
            spotting_of(film, 0.5),
            tmp_path / "no_mix.wav",
            tmp_path / "p.mp4",
            silent,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_long_words_are_cut_to_fit() -> None:
    assert fitted("1M01", 20, 400) == "1M01"
    short = fitted("a very long name of a cue that will not fit", 20, 120)
    assert short.endswith("…") and text_width(short, 20) <= 120
    assert plate("1M01", 20).shape[0] == 30


def test_stills_show_the_middle_of_each_shot_and_are_the_same_twice(tmp_path: Path) -> None:
    made = tiny_film(tmp_path / "film.mp4", SHOTS, size=(320, 180))
    analysis = analysis_of(film_of(made.path, Fraction(24)))
    first = write_stills(made.path, analysis, tmp_path / "a", silent)
    again = write_stills(made.path, analysis, tmp_path / "b", silent)
    assert [path.name for path in first] == ["0001.jpg", "0002.jpg", "0003.jpg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert len({path.read_bytes() for path in first}) == 3
