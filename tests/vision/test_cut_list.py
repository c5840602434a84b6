"""Cuts that an editor gives: CSV, EDL and OTIO against films of known length."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import opentimelineio as otio
import pytest

from tests.conftest import reelscore
from tests.films import TinyShot, tiny_film
from vision.analysis import Analysis, Programme
from vision.artifact import read_json
from vision.cut_list import read_cuts
from vision.programme import Clock
from vision.rejected import RejectedInput

HOUR = "01:00:00:00"


def clock(frames: int, timecode: str | None = None, rate: Fraction = Fraction(24)) -> Clock:
    return Clock(
        np.arange(frames) / float(rate), frames / float(rate), rate, timecode, ";" in (timecode or "")
    )


def programme(first: int, last: int) -> Programme:
    return Programme(first_frame=first, last_frame=last, start_s=first / 24, end_s=(last + 1) / 24)


def read(text: str, frames: int = 144, timecode: str | None = None, first: int = 0) -> list[tuple[int, str]]:
    found = read_cuts(text, "cut.edl", clock(frames, timecode), programme(first, frames - 1))
    return [(boundary.frame, boundary.kind) for boundary in found]


def edl(*events: str) -> str:
    return "\n".join(("TITLE: CUT", "FCM: NON-DROP FRAME", *events))


EDL = edl(
    "001  AX       V     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00",
    "* FROM CLIP NAME: NIGHT",
    "002  AX       V     C        00:00:02:00 00:00:02:00 01:00:02:00 01:00:02:00",
    "002  BX       V     D    012 00:00:00:00 00:00:02:00 01:00:02:00 01:00:04:00",
    "003  AX       A     C        00:00:02:00 00:00:03:00 01:00:02:12 01:00:03:12",
    "004  CX       AA/V  C        00:00:00:00 00:00:02:00 01:00:04:00 01:00:06:00",
)
"""Six seconds at 24: a dissolve of 12 frames from frame 48, a cut at 96, and a cut of sound alone."""


def timeline(*, start: float | None = None, rate: float = 24, overlay: bool = False) -> str:
    def time(frames: float) -> otio.opentime.RationalTime:
        return otio.opentime.RationalTime(frames, rate)

    def lasting(frames: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(time(0), time(frames))

    film, track = otio.schema.Timeline(), otio.schema.Track(kind="Video")
    film.tracks.append(track)
    track.append(otio.schema.Clip(source_range=lasting(48)))
    mix = otio.schema.Transition("SMPTE_Dissolve", in_offset=time(6), out_offset=time(6))
    track.extend(
        [mix, otio.schema.Clip(source_range=lasting(48)), otio.schema.Clip(source_range=lasting(48))]
    )
    if overlay:
        upper = otio.schema.Track(kind="Video")
        film.tracks.append(upper)
        upper.extend([otio.schema.Gap(source_range=lasting(110)), otio.schema.Clip(source_range=lasting(10))])
    sound = otio.schema.Track(kind="Audio")
    sound.extend([otio.schema.Clip(source_range=lasting(70)), otio.schema.Clip(source_range=lasting(74))])
    film.tracks.append(sound)
    film.global_start_time = None if start is None else time(start)
    return str(otio.adapters.write_to_string(film, "otio_json"))


def test_a_csv_of_frames_names_each_shots_first_frame() -> None:
    assert read("frame,kind\n0\n# reel 1\n24\n72,dissolve\n48\n") == [
        (24, "cut"),
        (48, "cut"),
        (72, "dissolve"),
    ]


def test_a_csv_may_count_in_timecode_from_the_films_start() -> None:
    assert read("01:00:01:00\n01:00:03:12\n", timecode=HOUR) == [(24, "cut"), (84, "cut")]


def test_an_edl_gives_picture_cuts_and_dissolves() -> None:
    assert read(EDL, timecode=HOUR) == [(54, "dissolve"), (96, "cut")]


def test_a_dissolve_of_an_edl_keeps_its_span() -> None:
    mix = read_cuts(EDL, "a", clock(144, HOUR), programme(0, 143))[0]
    assert (mix.first, mix.last) == (48, 60)


def test_an_edl_of_the_picture_alone_is_laid_on_the_programme() -> None:
    head = [(102, "dissolve"), (144, "cut")]
    assert read(EDL, frames=192, timecode="00:59:58:00", first=48) == head
    assert read(EDL, frames=192, first=48) == head


def test_black_in_an_edl_is_a_fade() -> None:
    fades = edl(
        "001  AX       V     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00",
        "002  AX       V     C        00:00:02:00 00:00:02:00 01:00:02:00 01:00:02:00",
        "002  BL       V     D    012 00:00:00:00 00:00:02:00 01:00:02:00 01:00:04:00",
        "003  BL       V     C        00:00:00:00 00:00:00:00 01:00:04:00 01:00:04:00",
        "003  AX       V     D    012 00:00:00:00 00:00:02:00 01:00:04:00 01:00:06:00",
    )
    assert read(fades) == [(60, "fade"), (96, "fade")]


def test_drop_frame_is_counted_as_the_list_says() -> None:
    rate, text = Fraction(30000, 1001), EDL.replace("NON-DROP", "DROP").replace("01:00:0", "01:00:5")
    longer = text.replace("01:00:56:00", "01:01:06:02")
    found = read_cuts(longer, "a", clock(480, "01:00:50;00", rate), programme(0, 479))
    assert [boundary.frame for boundary in found] == [66, 120]


def test_a_timeline_gives_cuts_and_dissolves_of_its_picture() -> None:
    assert read(timeline()) == [(48, "dissolve"), (96, "cut")]
    assert read(timeline(start=86400), timecode=HOUR) == [(48, "dissolve"), (96, "cut")]


def test_what_lies_on_top_of_a_timeline_cuts_too() -> None:
    assert read(timeline(overlay=True))[-3:] == [(96, "cut"), (110, "cut"), (120, "cut")]


def test_a_timeline_at_24_counts_the_frames_of_a_film_at_23_976() -> None:
    film = clock(144, None, Fraction(24000, 1001))
    assert [b.frame for b in read_cuts(timeline(), "a", film, programme(0, 143))] == [48, 96]


@pytest.mark.parametrize(
    ("text", "frames", "said"),
    [
        ("24\n150\n", 144, "7 beyond the film's last"),
        (EDL, 120, "ends 24 frames after it"),
        (EDL, 150, "ends 6 frames before its last"),
        (timeline(), 200, "144 frames long, the picture 200"),
    ],
)
def test_a_list_of_another_cut_is_refused_by_how_much(text: str, frames: int, said: str) -> None:
    with pytest.raises(RejectedInput, match=said):
        read(text, frames=frames, timecode=HOUR if text == EDL else None)


def test_a_list_from_another_hour_is_refused() -> None:
    with pytest.raises(RejectedInput, match="86400 frames after it"):
        read(EDL, timecode="00:00:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "frame\n",
        "soon\nlater\n",
        "24,wipe\n",
        "1:2\n",
        "{",
        '{"OTIO_SCHEMA": "Clip.1"}',
        "TITLE: A\n",
        "{}",
        '{"a":' + "[" * 100_000,
        "a" * 200_000,
    ]
    + [edl("001  AX  V  C  00:00"), edl(EDL.splitlines()[2].replace("01:00:02:00", "01:00:02:31"))],
)
def test_text_that_is_no_list_of_cuts_is_refused(text: str) -> None:
    with pytest.raises(RejectedInput, match="--cuts cut.edl"):
        read(text)


def test_the_command_takes_the_editors_cuts(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(40), TinyShot(104)]).path
    given, out = tmp_path / "it's.edl", tmp_path / "out"
    given.write_text(EDL)
    said = reelscore("analyse", film, "-o", out, "--cuts", given)
    assert said.code == 0, said.err
    shots = read_json(out / "analysis.json", Analysis).shots
    assert [(s.start_frame, s.transition_in) for s in shots] == [(0, "start"), (54, "dissolve"), (96, "cut")]


def test_score_refuses_cuts_of_another_film_and_leaves_nothing(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(40), TinyShot(50)]).path
    (tmp_path / "cut.csv").write_text("40\n100\n")
    said = reelscore("score", film, "-o", tmp_path / "out", "--cuts", tmp_path / "cut.csv")
    assert said.code == 2, said
    assert said.err.splitlines()[-1].startswith("rejected: --cuts cut.csv has a cut at frame 100, 11 beyond")
    assert not (tmp_path / "out").exists()
