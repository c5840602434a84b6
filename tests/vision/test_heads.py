"""FFOA and LFOA of films with every form of head and tail, drawn and encoded; what each part is called."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.films import Pixels, Samples, TinyShot, draw_shots, encode
from vision.analyse import analyse_film
from vision.analysis import Film
from vision.pops import PopListener
from vision.process import ffmpeg_path, run_tool
from vision.progress import silent
from vision.settings import VisionSettings

RATE, SIZE, FRAME_SAMPLES = Fraction(24), (192, 108), 2000
PICTURE = [TinyShot(40, pan=0.1), TinyShot(30, pan=-0.2), TinyShot(34, pan=0.1)]
LENGTH = sum(shot.frames for shot in PICTURE)


def plain(level: int = 0) -> Pixels:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def lettered(*lines: str, level: int = 20, digit: float = 0.4) -> Pixels:
    card = plain(level)
    for place, line in enumerate(lines):
        spot = (24, round((place + 1) * SIZE[1] / (len(lines) + 1)) + 4)
        cv2.putText(card, line, spot, cv2.FONT_HERSHEY_SIMPLEX, digit, (230, 230, 230), 1, cv2.LINE_AA)
    return card


def bars(seconds: int) -> list[Pixels]:
    colours = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]
    line = np.array([colours[x * 7 // SIZE[0]] for x in range(SIZE[0])], np.uint8) * 191
    return [np.repeat(line[None], SIZE[1], 0)] * (24 * seconds)


def slate(seconds: int) -> list[Pixels]:
    lines = (
        "REELSCORE TEST",
        "REEL 1 OF 1",
        "DIRECTOR: N N",
        "TAKE 4 SCENE 9",
        "24 FPS 48 KHZ",
        "NOT FOR SALE",
    )
    return [lettered(*lines)] * (24 * seconds)


def countdown(seconds: int) -> list[Pixels]:
    """Numbers with the hand that sweeps round behind them."""
    drawn = []
    for frame in range(24 * seconds):
        card, middle = plain(110), (SIZE[0] // 2, SIZE[1] // 2)
        cv2.ellipse(card, middle, (90, 90), -90, 0, 15 * (frame % 24), (70, 70, 70), -1)
        number = str(seconds + 2 - frame // 24)
        cv2.putText(card, number, (82, 68), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20, 20, 20), 3, cv2.LINE_AA)
        drawn.append(card)
    return drawn


def black(frames: int) -> list[Pixels]:
    return [plain()] * frames


def picture() -> list[Pixels]:
    return list(draw_shots(PICTURE, RATE, SIZE))


POP = [plain(255), *black(47)]
"""The flash at two seconds, and black up to the picture."""
TAIL = [*black(47), plain(255), *black(30)]


def film_of(path: Path, frames: Sequence[Pixels], pops: Sequence[int], codec: str = "aac") -> Film:
    """The film's facts; a frame of 1 kHz sounds at each of `pops`, noise under the picture."""
    sound: Samples = np.zeros((1, len(frames) * FRAME_SAMPLES), np.float32)
    for pop in pops:
        turn = np.arange(FRAME_SAMPLES) * 2 * np.pi * 1000 / 48000
        sound[0, pop * FRAME_SAMPLES : (pop + 1) * FRAME_SAMPLES] = 0.1 * np.sin(turn)
    encode(path, iter(frames), RATE, SIZE, "libx264", "yuv420p", {}, sound, codec, None, None)
    return analyse_film(path, VisionSettings(threads=1), silent)[0].film


FORMS = {
    "all of it": ([*bars(2), *slate(2), *countdown(3), *POP], 168),
    "only black": (black(36), None),
    "only a slate": (slate(2), None),
    "nothing": ([], None),
    "a slate, then the pop": ([*slate(2), *black(12), *POP], 60),
    "a countdown without sound": ([*countdown(4), *black(47)], None),
    "bars and black": ([*bars(2), *black(24)], None),
    "bars, slate and black": ([*black(4), *bars(2), *slate(2), *black(10)], None),
}


def mark(seconds: int, tint: tuple[int, int, int]) -> list[Pixels]:
    """A disc with a glint that runs over it, faded in and out on black."""
    drawn, frames = [], 24 * seconds
    for frame in range(frames):
        card, middle = plain(), (SIZE[0] // 2, SIZE[1] // 2)
        cv2.circle(card, middle, 26, tint, -1, cv2.LINE_AA)
        cv2.circle(
            card, (middle[0] - 30 + 60 * frame // frames, middle[1]), 6, (255, 255, 255), -1, cv2.LINE_AA
        )
        fade = min(frame, frames - 1 - frame, 10) / 10
        drawn.append((card * fade).astype(np.uint8))
    return drawn


OPENING = [*mark(2, (200, 60, 30)), *black(6), *mark(3, (40, 160, 60)), *black(8)]
TAPE = [*bars(2), *slate(2), *black(48), *POP]
"""Bars, slate, black to the pop at 00:59:58:00: here eight seconds before the hour instead of minutes."""
STARTS = {
    "tape style, pop at 00:59:58:00": (TAPE, 144, "00:59:52:00"),
    "tape style without a pop": ([*bars(2), *slate(2), *black(96)], None, "00:59:52:00"),
    "theatrical: picture start, 8 s, pop 2 s before": ([*countdown(6), *POP], 144, None),
    "logos first": ([], None, "01:00:00:00"),
}


@pytest.mark.parametrize("form", STARTS)
def test_timecode_pop_and_picture_agree_on_the_first_frame(form: str, tmp_path: Path) -> None:
    head, pop, start = STARTS[form]
    opening = (
        [*mark(2, (200, 60, 30)), *black(6), *mark(3, (40, 160, 60)), *black(8)] if "logos" in form else []
    )
    frames = [*head, *opening, *picture()]
    pops = () if pop is None else (pop,)
    raw, path = tmp_path / "raw.mov", tmp_path / "a.mov"
    film_of(raw, frames, pops, "pcm_s16le")
    stamp = [] if start is None else ["-timecode", start]
    command = [ffmpeg_path(), "-v", "error", "-i", str(raw), "-c", "copy", *stamp, str(path)]
    run_tool(command, timeout_s=60)
    film = analyse_film(path, VisionSettings(threads=1), silent)[0].film
    assert film.programme.first_frame == len(head)
    assert film.programme.last_frame == len(frames) - 1


def test_logos_are_named_and_stay_in_the_programme(tmp_path: Path) -> None:
    film = film_of(tmp_path / "a.mp4", [*OPENING, *picture(), *picture()], ())
    found = [(r.start_frame, r.end_frame) for r in film.regions if r.kind == "logo"]
    assert np.abs(np.array(found) - [(0, 48), (54, 126)]).max() <= 3
    assert film.programme.first_frame <= 3


def test_a_title_and_a_dark_scene_between_fades_are_no_logos(tmp_path: Path) -> None:
    title = [lettered("THE LONG", "NIGHT", level=0, digit=0.9)] * 60
    fading = [TinyShot(40), TinyShot(60, how="fade", over=24), TinyShot(50, how="fade", over=24)]
    for head in ([*title, *black(12)], list(draw_shots(fading, RATE, SIZE))):
        film = film_of(tmp_path / "a.mp4", [*head, *picture(), *picture()], ())
        assert not [region for region in film.regions if region.kind == "logo"]


@pytest.mark.parametrize("form", FORMS)
def test_first_and_last_frame_of_picture_are_exact(form: str, tmp_path: Path) -> None:
    head, pop = FORMS[form]
    film = film_of(tmp_path / "a.mp4", [*head, *picture()], () if pop is None else (pop,))
    assert (film.programme.first_frame, film.programme.last_frame) == (len(head), len(head) + LENGTH - 1)


def test_a_tail_leader_with_its_pop_is_outside(tmp_path: Path) -> None:
    head = [*slate(2), *POP]
    film = film_of(tmp_path / "a.mov", [*head, *picture(), *TAIL], (48, 96 + LENGTH + 47), "pcm_s16le")
    assert (film.programme.first_frame, film.programme.last_frame) == (96, 95 + LENGTH)
    kinds = [(region.kind, region.start_frame) for region in film.regions]
    assert ("pop", 48) in kinds and ("pop", 96 + LENGTH + 47) in kinds


def test_each_part_of_a_head_has_its_name(tmp_path: Path) -> None:
    head, pop = FORMS["all of it"]
    film = film_of(tmp_path / "a.mp4", [*head, *picture()], (168,))
    kinds = [(r.kind, r.start_frame, r.end_frame) for r in film.regions]
    assert kinds[:2] == [("bars", 0, 48), ("slate", 48, 96)]
    assert kinds[2][:2] == ("leader", 96) and ("pop", 168, 169) in kinds
    covered = np.zeros(len(head), np.bool_)
    for _, start, end in kinds:
        covered[start:end] = True
    assert covered.all()


def test_a_title_card_of_two_lines_at_the_start_stays_picture(tmp_path: Path) -> None:
    film = film_of(tmp_path / "a.mp4", [*[lettered("THE LONG", "NIGHT")] * 60, *picture()], ())
    assert film.programme.first_frame == 0


def test_a_beep_amid_sound_or_of_another_pitch_is_no_pop() -> None:
    time = np.arange(48000 * 3) / 48000
    burst = ((time > 1.5) & (time < 1.54)).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 0.05, len(time))
    for sound, count in (
        (burst * 0.1 * np.sin(2 * np.pi * 1000 * time), 1),
        (burst * 0.1 * np.sin(2 * np.pi * 700 * time), 0),
        (burst * 0.1 * np.sin(2 * np.pi * 1000 * time) + noise, 0),
        (0.1 * np.sin(2 * np.pi * 1000 * time), 0),
    ):
        listener = PopListener()
        for start in range(0, len(sound), 24000):
            listener.feed(sound[start : start + 24000, None].astype(np.float32))
        assert len(listener.pops_s()) == count
        if count:
            assert listener.pops_s()[0] == pytest.approx(1.5, abs=0.005)


def cards_of(path: Path, frames: Sequence[Pixels], silent_frames: range) -> list[tuple[str, int, int]]:
    """Titles and missing scenes of a film with hiss under all but `silent_frames`."""
    random = np.random.default_rng(2)
    sound = random.normal(0, 0.05, (1, len(frames) * FRAME_SAMPLES)).astype(np.float32)
    sound[:, silent_frames.start * FRAME_SAMPLES : silent_frames.stop * FRAME_SAMPLES] = 0
    encode(path, iter(frames), RATE, SIZE, "libx264", "yuv420p", {}, sound, "aac", None, None)
    regions = analyse_film(path, VisionSettings(threads=1), silent)[0].film.regions
    return [(r.kind, r.start_frame, r.end_frame) for r in regions if r.kind in ("title", "scene_missing")]


def test_a_card_in_silence_amid_a_film_with_sound_is_a_missing_scene(tmp_path: Path) -> None:
    frames = [*picture(), *[lettered("SCENE 12", "MISSING")] * 48, *picture()]
    found = cards_of(tmp_path / "a.mp4", frames, range(LENGTH - 6, LENGTH + 54))
    assert found == [("scene_missing", LENGTH, LENGTH + 48)]


def test_the_main_title_is_a_card_near_the_beginning_with_sound(tmp_path: Path) -> None:
    frames = [
        *picture(),
        *[lettered("THE LONG", "NIGHT", digit=0.9)] * 60,
        *picture(),
        *picture(),
        *picture(),
    ]
    assert cards_of(tmp_path / "a.mp4", frames, range(0)) == [("title", LENGTH, LENGTH + 60)]


def test_intertitles_of_a_silent_film_are_neither(tmp_path: Path) -> None:
    frames = [*picture(), *[lettered("MEANWHILE")] * 60, *picture(), *picture(), *picture()]
    assert cards_of(tmp_path / "a.mp4", frames, range(len(frames))) == []
