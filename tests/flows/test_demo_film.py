"""The demo film: its rate, its cuts, its voice, its bytes; drawn small and short."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import soxr

from flows.demo_film import RATE, SCENES, STORY, DemoTruth, Shot, cut_story, draw_demo_film, sound_story
from flows.demo_paint import Finish, Layer, Stage, glow, paste, print_curve, reflect, shine
from vision.sound_classes import music_likelihood
from vision.sound_features import FeatureListener
from vision.speech import SPEECH_RATE_HZ, SpeechDetector, speech_share_at, speech_spans

SIZE = (192, 108)
LITTLE = (
    Shot("night city", 20, "start"),
    Shot("her line", 40),
    Shot("street", 26, "dissolve", 12),
    Shot("crossing", 20),
    Shot("hunter", 22, "fade", 6),
    Shot("wheel", 12),
    Shot("harbour", 20),
)


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoTruth]:
    path = tmp_path_factory.mktemp("demo") / "little.mp4"
    return path, draw_demo_film(path, story=LITTLE, size=SIZE)


def pictures(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="gray").astype(np.float64)


def test_every_frame_stands_at_exactly_its_multiple_of_1001_over_24000(
    little: tuple[Path, DemoTruth],
) -> None:
    with av.open(str(little[0])) as container:
        stream = container.streams.video[0]
        stamps = [frame.pts * frame.time_base for frame in container.decode(stream)]
        assert stream.average_rate == Fraction(24000, 1001)
    assert stamps == [stamps[0] + n / RATE for n in range(little[1].frames)]
    assert little[1].frame_rate == "24000/1001"


def test_shots_cover_the_film_without_gap(little: tuple[Path, DemoTruth]) -> None:
    shots = little[1].shots
    assert shots[0].start_frame == 0 and shots[-1].end_frame == little[1].frames == sum(
        s.frames for s in LITTLE
    )
    assert all(a.end_frame == b.start_frame for a, b in zip(shots, shots[1:], strict=False))


def test_the_picture_changes_most_at_the_true_cuts(little: tuple[Path, DemoTruth]) -> None:
    """Difference to the frame before, at each cut, tops its surroundings."""
    frames = list(pictures(little[0]))
    change = np.array([0.0] + [np.abs(b - a).mean() for a, b in zip(frames, frames[1:], strict=False)])
    assert little[1].cuts == (20, 86, 128, 140)
    for cut in little[1].cuts:
        assert change[cut] > 1.5 * np.delete(change[max(0, cut - 5) : cut + 6], min(cut, 5)).max()


def test_the_fade_goes_through_black_between_its_true_frames(little: tuple[Path, DemoTruth]) -> None:
    level = np.array([picture.mean() for picture in pictures(little[0])])
    fade = next(change for change in little[1].changes if change.kind == "fade")
    middle = (fade.start_frame + fade.end_frame) // 2
    assert level[middle] < 8 < 20 < min(level[fade.start_frame], level[fade.end_frame])


def test_the_dissolve_mixes_and_does_not_jump(little: tuple[Path, DemoTruth]) -> None:
    frames = list(pictures(little[0]))
    mix = next(change for change in little[1].changes if change.kind == "dissolve")
    old, new = frames[mix.start_frame], frames[mix.end_frame]
    middle = frames[(mix.start_frame + mix.end_frame) // 2]
    assert np.abs(middle - (old + new) / 2).mean() < 0.35 * np.abs(new - old).mean()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    story = cut_story(STORY, (1, 2), 12)
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        draw_demo_film(tmp_path / f"{name}.mp4", story=story, size=SIZE, seed=seed)
    a, b, c = ((tmp_path / f"{name}.mp4").read_bytes() for name in "abc")
    assert a == b and a != c


def test_the_speech_detector_accepts_the_voice_and_nothing_else() -> None:
    """The whole story's sound: nine tenths of the lines found, under half a second found outside them."""
    sound = sound_story(STORY)
    mono = np.asarray(soxr.resample(sound.samples.mean(1), 48_000, SPEECH_RATE_HZ), np.float32)
    detector = SpeechDetector()
    detector.feed(mono)
    probability = detector.probabilities(len(mono) // 512)
    times = (np.arange(len(probability)) + 0.5) * 0.032
    found = speech_share_at(speech_spans(times, probability, 0.032), times, 0.032)
    true = np.zeros(len(times), bool)
    for line in sound.speech:
        true |= (times > line.start_s) & (times < line.end_s)
    assert found[true].mean() > 0.9
    assert found[~true].sum() * 0.032 < 0.5 + 0.1 * len(sound.speech)


def test_no_effect_is_taken_for_music() -> None:
    samples = sound_story(STORY).samples.mean(1)
    listener = FeatureListener()
    listener.feed(np.asarray(soxr.resample(samples, 48_000, SPEECH_RATE_HZ), np.float32))
    rows = listener.rows(len(samples) // 24_000)
    assert (music_likelihood(rows, np.zeros(len(rows.steady))) > 0.5).mean() < 0.02


def test_effects_set_in_where_the_truth_says() -> None:
    sound = sound_story(STORY)
    level = np.abs(sound.samples).max(1)
    door = next(effect for effect in sound.effects if effect.kind == "door")
    at = round(door.start_s * 48_000)
    assert level[at : at + 2400].max() > 5 * level[at - 4800 : at - 240].max()


def test_the_story_is_what_the_demo_promises() -> None:
    seconds = float(sum(shot.frames for shot in STORY) / RATE)
    assert 45 <= seconds <= 60 and len(STORY) >= 14
    assert {shot.transition_in for shot in STORY} == {"start", "cut", "dissolve", "fade"}
    assert max(shot.frames for shot in STORY) / RATE >= 10


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_scene_moves_and_is_not_black(scene: str) -> None:
    made = SCENES[scene](Stage(*SIZE), np.random.default_rng(1), 4.0, np.zeros(1))
    first, later = made.draw(0.1), made.draw(0.6)
    assert first.shape == (SIZE[1], SIZE[0], 3) and first.dtype == np.uint8
    assert first.mean() > 6 and np.abs(first.astype(int) - later).mean() > 0.05


def test_progress_counts_frames_to_one(tmp_path: Path) -> None:
    shares: list[float] = []
    draw_demo_film(tmp_path / "a.mp4", shares.append, story=cut_story(STORY, (0,), 6), size=SIZE)
    assert shares == sorted(shares) and set(shares) == {n / 6 for n in range(1, 7)}


def test_threads_of_opencv_are_given_back(tmp_path: Path) -> None:
    before = cv2.getNumThreads()
    draw_demo_film(tmp_path / "a.mp4", story=cut_story(STORY, (0,), 2), size=SIZE)
    assert cv2.getNumThreads() == before


def test_a_layer_pasted_half_a_pixel_left_mixes_two_neighbours() -> None:
    colour = np.zeros((4, 8, 3), np.uint8)
    colour[:, 4] = 200
    frame = np.zeros((4, 6, 3), np.uint8)
    paste(frame, Layer.of(colour, np.full((4, 8), 255, np.uint8)), -0.5)
    assert abs(int(frame[0, 3, 0]) - 100) <= 1 and abs(int(frame[0, 4, 0]) - 100) <= 1


def test_light_beyond_the_frame_does_no_harm() -> None:
    frame = np.zeros((20, 30, 3), np.uint8)
    light = glow(Stage(1280, 720), 9, (255, 255, 255))
    for x, y in ((-50, 10), (0, 0), (29, 19), (80, 80)):
        shine(frame, light, x, y)
    assert frame[0, 0].max() > 0 and frame[19, 29].max() > 0 and frame[10, 15].max() == 0


def test_water_mirrors_what_stands_above_it() -> None:
    frame = np.zeros((72, 128, 3), np.uint8)
    frame[20:30, 60:70] = 255
    reflect(frame, 36, 0.0, Stage(128, 72), 1.0, (0, 0, 0), 0.0)
    assert frame[44, 64].mean() > 60 and frame[44, 20].mean() <= 1


def test_the_grade_keeps_black_dark_and_white_bright() -> None:
    stage = Stage(64, 36)
    finish = Finish(stage, np.random.default_rng(1))
    dark = finish.apply(np.zeros((36, 64, 3), np.uint8), 0, print_curve(0.5))
    bright = finish.apply(np.full((36, 64, 3), 255, np.uint8), 0, print_curve(0.5))
    assert dark.mean() < 10 and bright[18, 32].mean() > 235
