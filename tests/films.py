"""Tiny films with known truth, for the tests of every room.

    film = tiny_film(tmp_path / "a.mp4", [TinyShot(24), TinyShot(30, how="dissolve", over=10)], tone_hz=440)
    film.cuts, film.frames, film.path

Drawn with numpy, encoded by PyAV on one thread: a 3 s film at 160x90 takes about 0.2 s. Each shot is a
coloured texture of its own that may pan; `sound` takes any samples in place of the tone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Samples = NDArray[np.float32]
SAMPLE_RATE_HZ = 48000


@dataclass(frozen=True)
class TinyShot:
    """frames: its length, transition included.  look: which texture (None: its place in the film).

    pan: picture widths a second.  how, over: what leads into it and over how many frames: a dissolve mixes
    with the last `over` frames of time of the shot before (held still), a fade goes down to `through`
    (0..255 grey) in the shot before's last over/2 frames and up again in this one's first over/2.
    gain: brightness factor.  flash: frames of this shot, counted from its start, that are all white.
    """

    frames: int
    look: int | None = None
    pan: float = 0.0
    how: Literal["cut", "dissolve", "fade"] = "cut"
    over: int = 0
    through: int = 0
    gain: float = 1.0
    flash: tuple[int, ...] = ()


@dataclass(frozen=True)
class TinyFilm:
    """What was drawn: starts holds each shot's first frame, cuts those of hard cuts only."""

    path: Path
    rate: Fraction
    frames: int
    starts: tuple[int, ...]
    cuts: tuple[int, ...]

    @property
    def duration_s(self) -> float:
        return float(self.frames / self.rate)


FIVE_SHOTS = (TinyShot(20), TinyShot(14, pan=0.2), TinyShot(25), TinyShot(13), TinyShot(18, pan=-0.1))


def tiny_film(
    path: Path,
    shots: Sequence[TinyShot] = FIVE_SHOTS,
    *,
    rate: Fraction | int = 24,
    size: tuple[int, int] = (160, 90),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    tone_hz: float | None = None,
    sound: Samples | None = None,
    sound_codec: str = "aac",
    timestamps: Sequence[int] | None = None,
    metadata: dict[str, str] | None = None,
) -> TinyFilm:
    """Write a film of `shots` to `path` (the container by its suffix) and return its truth.

    sound: [channels, samples] float32 at 48 kHz; tone_hz: a mono sine of the film's length instead.
    timestamps: presentation time of each frame in frames of `rate` (a variable-rate film).
    """
    exact = Fraction(rate)
    pictures = draw_shots(shots, exact, size)
    frames = sum(shot.frames for shot in shots)
    if tone_hz is not None:
        sound = tone(tone_hz, float(frames / exact))
    encode(
        path,
        pictures,
        exact,
        size,
        codec,
        pixel_format,
        options or {},
        sound,
        sound_codec,
        timestamps,
        metadata,
    )
    starts = tuple(int(start) for start in np.cumsum([0, *(shot.frames for shot in shots[:-1])]))
    cuts = tuple(s for s, shot in zip(starts[1:], shots[1:], strict=True) if shot.how == "cut")
    return TinyFilm(path, exact, frames, starts, cuts)


def tone(hz: float, seconds: float, gain: float = 0.1) -> Samples:
    """[1, n] float32 sine."""
    time = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (gain * np.sin(2 * np.pi * hz * time)).astype(np.float32)[None, :]


def texture(look: int, size: tuple[int, int]) -> Pixels:
    """[height, 2 width, 3] RGB: blurred noise over a tint and a horizon; the same for the same look."""
    width, height = size
    random = np.random.default_rng(1000 + look)
    coarse = random.uniform(-1, 1, (9, 32, 1)) + 0.4 * random.uniform(-1, 1, (9, 32, 3))
    noise = cv2.resize(coarse.astype(np.float32), (2 * width, height), interpolation=cv2.INTER_CUBIC)
    tint = random.uniform(60, 190, 3)
    slope = np.linspace(-1, 1, height)[:, None, None] * random.uniform(-40, 40, 3)
    return np.clip(tint + slope + 55 * noise, 0, 255).astype(np.uint8)


def draw_shots(shots: Sequence[TinyShot], rate: Fraction, size: tuple[int, int]) -> Iterator[Pixels]:
    """Yield each frame as [height, width, 3] RGB."""
    for index, shot in enumerate(shots):
        following = shots[index + 1] if index + 1 < len(shots) else None
        for place in range(shot.frames):
            picture = _look(shots, index, place, rate, size)
            if shot.how == "dissolve" and place < shot.over:
                before = _look(shots, index - 1, shots[index - 1].frames - 1, rate, size)
                share = (place + 1) / (shot.over + 1)
                picture = (1 - share) * before + share * picture
            if shot.how == "fade" and place < shot.over // 2:
                share = (place + 0.5) / (shot.over // 2)
                picture = shot.through + share * (picture - shot.through)
            left = shot.frames - place
            if following is not None and following.how == "fade" and left <= following.over // 2:
                share = (left - 0.5) / (following.over // 2)
                picture = following.through + share * (picture - following.through)
            if place in shot.flash:
                picture = np.full_like(picture, 255)
            yield np.clip(picture, 0, 255).astype(np.uint8)


def _look(
    shots: Sequence[TinyShot], index: int, place: int, rate: Fraction, size: tuple[int, int]
) -> NDArray[np.float32]:
    shot = shots[index]
    wide = texture(index if shot.look is None else shot.look, size).astype(np.float32)
    shift = int(place / rate * Fraction(shot.pan).limit_denominator(1000) * size[0])
    return shot.gain * np.roll(wide, -shift, axis=1)[:, : size[0]]


def encode(
    path: Path,
    pictures: Iterator[Pixels],
    rate: Fraction,
    size: tuple[int, int],
    codec: str,
    pixel_format: str,
    options: dict[str, str],
    sound: Samples | None,
    sound_codec: str,
    timestamps: Sequence[int] | None,
    metadata: dict[str, str] | None,
) -> None:
    """Encode pictures and sound with PyAV, single-threaded so that the same call gives the same bytes."""
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata or {})
        video = container.add_stream(codec, rate=rate, options=options)
        video.width, video.height = size
        video.pix_fmt = pixel_format
        video.thread_count = 1
        video.codec_context.time_base = 1 / rate
        audio = None
        if sound is not None:
            layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(sound)]
            audio = container.add_stream(sound_codec, rate=SAMPLE_RATE_HZ, layout=layout)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number if timestamps is None else timestamps[number]
            frame.time_base = 1 / rate
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None and sound is not None:
            chunk = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
            chunk.sample_rate = SAMPLE_RATE_HZ
            chunk.pts = 0
            for part in av.AudioResampler(format=audio.format, layout=layout, rate=SAMPLE_RATE_HZ).resample(
                chunk
            ):
                container.mux(audio.encode(part))
            container.mux(audio.encode())
