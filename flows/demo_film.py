"""The demo film: a night, a morning, a busy day and a chase, drawn and sounded from nothing but a seed.

The storyboard below is the film. Every cut, fade, line and bang stands at a known frame or time, so that the
same code gives the tests their films: a storyboard of a few shots at a small size is a little film with the
truth beside it.  Run `python -m flows.demo_film OUT.mp4`.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.demo_chase import Bridge, Road, SideChase, Wheel
from flows.demo_day import BusyStreet, Crossing, FromAbove
from flows.demo_encode import write_film
from flows.demo_morning import Sunrise
from flows.demo_night import LastHarbour, NightCity, Talk, WetStreet
from flows.demo_paint import Finish, Picture, Stage, print_curve
from flows.demo_score_sheet import sound_of
from flows.demo_sound import SoundDesk
from vision.analysis import Transition
from vision.artifact import Artifact, Frozen
from vision.progress import Progress, silent

RATE = Fraction(24000, 1001)
SIZE = (1280, 720)


@dataclass(frozen=True)
class Shot:
    """One shot of the storyboard. gradual: frames of the dissolve, or of each half of the fade, before it."""

    scene: str
    frames: int
    transition_in: Transition = "cut"
    gradual: int = 0


STORY: tuple[Shot, ...] = (
    Shot("night city", 128, "start"),
    Shot("walk home", 112),
    Shot("his line", 64),
    Shot("her line", 58),
    Shot("his line", 50),
    Shot("her line", 66),
    Shot("sunrise", 276, "dissolve", 24),
    Shot("street", 66),
    Shot("crowd", 48),
    Shot("from above", 52),
    Shot("crossing", 44),
    Shot("hunted", 54, "fade", 12),
    Shot("cabin", 30),
    Shot("hunter", 26),
    Shot("wheel", 17),
    Shot("road", 24),
    Shot("hunted", 19),
    Shot("bridge", 36),
    Shot("cabin", 20),
    Shot("hunter", 17),
    Shot("harbour", 132),
)


class TruthShot(Frozen):
    """A shot as drawn, [start_frame, end_frame); a gradual change is divided in its middle."""

    scene: str
    start_frame: int
    end_frame: int
    transition_in: Transition


class TruthChange(Frozen):
    """start_frame: the last frame wholly old; end_frame: the first wholly new one."""

    kind: Transition
    start_frame: int
    end_frame: int


class TruthSound(Frozen):
    """A line of speech, or an effect that sets in at start_s."""

    kind: str
    start_s: float
    end_s: float


class DemoTruth(Artifact):
    """All that is known of a drawn film."""

    frame_rate: str
    frames: int
    width: int
    height: int
    shots: tuple[TruthShot, ...]
    changes: tuple[TruthChange, ...]
    speech: tuple[TruthSound, ...]
    effects: tuple[TruthSound, ...]

    @property
    def cuts(self) -> tuple[int, ...]:
        """First frames of the shots that begin with a hard cut."""
        return tuple(shot.start_frame for shot in self.shots if shot.transition_in == "cut")


class Scene(Protocol):
    """Something that can be filmed."""

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds after the scene's clock started."""


SceneMaker = Callable[[Stage, np.random.Generator, float, NDArray[np.float64]], Scene]
SCENES: dict[str, SceneMaker] = {
    "night city": lambda stage, rng, length, mouth: NightCity(stage, rng),
    "walk home": lambda stage, rng, length, mouth: WetStreet(stage, rng),
    "his line": lambda stage, rng, length, mouth: Talk(stage, rng, True, mouth),
    "her line": lambda stage, rng, length, mouth: Talk(stage, rng, False, mouth),
    "sunrise": lambda stage, rng, length, mouth: Sunrise(stage, rng, length),
    "street": lambda stage, rng, length, mouth: BusyStreet(stage, rng, near=False),
    "crowd": lambda stage, rng, length, mouth: BusyStreet(stage, rng, near=True),
    "from above": lambda stage, rng, length, mouth: FromAbove(stage, rng),
    "crossing": lambda stage, rng, length, mouth: Crossing(stage, rng),
    "hunted": lambda stage, rng, length, mouth: SideChase(stage, rng, hunter=False),
    "hunter": lambda stage, rng, length, mouth: SideChase(stage, rng, hunter=True),
    "cabin": lambda stage, rng, length, mouth: Road(stage, rng, 0.5, cabin=True, ahead=True),
    "road": lambda stage, rng, length, mouth: Road(stage, rng, -0.7, cabin=False, ahead=True),
    "wheel": lambda stage, rng, length, mouth: Wheel(stage, rng),
    "bridge": lambda stage, rng, length, mouth: Bridge(stage, rng),
    "harbour": lambda stage, rng, length, mouth: LastHarbour(stage, rng),
}
WARMTH = {
    "sunrise": 1.0,
    "street": 0.8,
    "crowd": 0.8,
    "from above": 0.5,
    "crossing": 0.7,
    "his line": 0.9,
    "her line": 1.1,
}
NIGHT_WARMTH = 0.35
NIGHT_GAMMA = 0.76  # night is printed up, as a lab would: shapes stay readable on an office screen


def draw_demo_film(
    path: Path,
    progress: Progress = silent,
    *,
    story: Sequence[Shot] = STORY,
    size: tuple[int, int] = SIZE,
    seed: int = 1,
) -> DemoTruth:
    """Draw, sound and write `story` as an MP4 of exactly 24000/1001 frames a second; returns its truth.

    Same story, size and seed: same bytes on one machine type.  Written by part and rename, read back;
    raises OSError where what was written is not what was drawn.
    """
    clocks = _clocks(story)
    sound = sound_story(story, seed)
    camera = _Camera(Stage(*size), clocks, sound.mouths, seed)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # small pictures: two threads cost more processor time than they save
    try:
        write_film(path, camera.frame, clocks[-1].end, size, RATE, sound.samples, progress)
    finally:
        cv2.setNumThreads(threads)
    return _truth(clocks, sound, size)


@dataclass(frozen=True)
class StorySound:
    """samples: [n, 2] at 48 kHz.  mouths: by shot, how far a mouth is open, 100 values a second."""

    samples: NDArray[np.float32]
    speech: tuple[TruthSound, ...]
    effects: tuple[TruthSound, ...]
    mouths: tuple[NDArray[np.float64], ...]


def sound_story(story: Sequence[Shot], seed: int = 1) -> StorySound:
    """The story's soundtrack alone."""
    clocks = _clocks(story)
    desk = SoundDesk(float(clocks[-1].end / RATE), seed)
    heard = [sound_of(desk, c.shot.scene, c.seconds(c.start), c.seconds(c.end)) for c in clocks]
    return StorySound(
        desk.finished(),
        tuple(TruthSound(kind=k, start_s=a, end_s=b) for part in heard for k, a, b in part.speech),
        tuple(TruthSound(kind=k, start_s=a, end_s=b) for part in heard for k, a, b in part.effects),
        tuple(part.mouth for part in heard),
    )


def _truth(clocks: Sequence["_Clock"], sound: StorySound, size: tuple[int, int]) -> DemoTruth:
    return DemoTruth(
        frame_rate=f"{RATE.numerator}/{RATE.denominator}",
        frames=clocks[-1].end,
        width=size[0],
        height=size[1],
        shots=tuple(clock.truth() for clock in clocks),
        changes=tuple(clock.change() for clock in clocks[1:]),
        speech=sound.speech,
        effects=sound.effects,
    )


def cut_story(story: Sequence[Shot], keep: Sequence[int], frames: int | None = None) -> tuple[Shot, ...]:
    """A shorter story of the shots at `keep`, each at most `frames` long; the first one starts the film."""
    chosen = [story[index] for index in keep]
    short = [replace(shot, frames=min(shot.frames, frames or shot.frames)) for shot in chosen]
    return (replace(short[0], transition_in="start", gradual=0), *short[1:])


@dataclass(frozen=True)
class _Clock:
    """Where a shot lies, [start, end) in frames; `first`: where its own clock starts."""

    shot: Shot
    start: int
    end: int
    first: int

    def seconds(self, frame: int) -> float:
        return float(frame / RATE)

    def truth(self) -> TruthShot:
        shot = self.shot
        return TruthShot(
            scene=shot.scene, start_frame=self.start, end_frame=self.end, transition_in=shot.transition_in
        )

    def change(self) -> TruthChange:
        kind, half = self.shot.transition_in, self.shot.gradual
        if kind == "cut":
            return TruthChange(kind=kind, start_frame=self.start - 1, end_frame=self.start)
        reach = half // 2 if kind == "dissolve" else half
        return TruthChange(kind=kind, start_frame=self.start - reach - 1, end_frame=self.start + reach)


def _clocks(story: Sequence[Shot]) -> list[_Clock]:
    clocks, at = [], 0
    for shot in story:
        lead = shot.gradual // 2 if shot.transition_in == "dissolve" else 0
        clocks.append(_Clock(shot, at, at + shot.frames, at - lead))
        at += shot.frames
    return clocks


class _Camera:
    """Films the storyboard frame by frame, in order; scenes are built when needed and then let go."""

    def __init__(
        self, stage: Stage, clocks: list[_Clock], mouths: Sequence[NDArray[np.float64]], seed: int
    ) -> None:
        self._stage = stage
        self._clocks = clocks
        self._mouths = mouths
        self._seed = seed
        self._finish = Finish(stage, np.random.default_rng([seed, 999]))
        self._scenes: dict[int, Scene] = {}

    def frame(self, index: int) -> Picture:
        """The finished picture of film frame `index`, BGR."""
        number = next(n for n, clock in enumerate(self._clocks) if index < clock.end)
        picture = self._shoot(number, index)
        for other in (number - 1, number + 1):
            picture = self._mixed(picture, number, other, index)
        return self._finish.apply(self._faded(picture, number, index), index, self._curve(number, index))

    def _curve(self, number: int, index: int) -> NDArray[np.uint8]:
        """The grade of the scene that holds the larger share of the frame."""
        scene = self._clocks[number].shot.scene
        return print_curve(WARMTH[scene]) if scene in WARMTH else print_curve(NIGHT_WARMTH, NIGHT_GAMMA)

    def _shoot(self, number: int, index: int) -> Picture:
        clock = self._clocks[number]
        if number not in self._scenes:
            self._scenes = {n: scene for n, scene in self._scenes.items() if abs(n - number) <= 1}
            rng = np.random.default_rng([self._seed, list(SCENES).index(clock.shot.scene)])
            length = clock.seconds(clock.end - clock.first)
            self._scenes[number] = SCENES[clock.shot.scene](self._stage, rng, length, self._mouths[number])
        return self._scenes[number].draw(clock.seconds(index - clock.first))

    def _mixed(self, picture: Picture, number: int, other: int, index: int) -> Picture:
        """Blend with the neighbour while a dissolve between the two is on."""
        later = max(number, other)
        if (
            not 0 < later < len(self._clocks)
            or other < 0
            or self._clocks[later].shot.transition_in != "dissolve"
        ):
            return picture
        change = self._clocks[later].change()
        if not change.start_frame < index < change.end_frame:
            return picture
        share = (index - change.start_frame) / (change.end_frame - change.start_frame)
        own = share if number == later else 1 - share
        return np.asarray(cv2.addWeighted(picture, own, self._shoot(other, index), 1 - own, 0), np.uint8)

    def _faded(self, picture: Picture, number: int, index: int) -> Picture:
        """Towards black before a fade, out of it after."""
        light = 1.0
        for clock in self._clocks[number : number + 2]:
            if clock.shot.transition_in == "fade":
                light = min(light, abs(index + 0.5 - clock.start) / (clock.shot.gradual + 0.5))
        return picture if light >= 1.0 else np.asarray(cv2.convertScaleAbs(picture, alpha=light), np.uint8)


def main(arguments: Sequence[str]) -> int:
    """`python -m flows.demo_film OUT.mp4`: draw the film; the truth goes to standard output as JSON."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m flows.demo_film OUT.mp4\n")
        return 2
    sys.stdout.write(draw_demo_film(Path(arguments[0])).model_dump_json(indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
