"""A results folder with made-up films whose every frame carries its own number, and a server over it."""

import contextlib
import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn

from composer.spotting import Spotting
from flows.review.desk import open_review
from flows.review.results import film_key
from flows.review.review import Review
from flows.review.server import review_app
from render.aac import aac_file
from render.peaks import peaks_of, write_peaks
from tests.films import encode
from tests.render.report_facts import made_up_curves, made_up_facts, made_up_film
from vision.analysis import Analysis
from vision.artifact import sha256_text, write_json
from vision.curves import save_curves

SIZE = (160, 90)
BITS = 16
BLOCK = 10  # pixels; macroblocks of 16 blur less than half of it


def numbered_film(path: Path, frames: int, rate: Fraction, group: int = 12, still: bool = False) -> None:
    """A film whose top row is the frame's number: 16 blocks, white for 1, the highest bit first."""
    path.write_bytes(_numbered(frames, rate, group, still))


@cache
def _numbered(frames: int, rate: Fraction, group: int, still: bool) -> bytes:
    """The file's bytes; many versions show the same film."""
    width, height = SIZE
    grey = np.linspace(40, 160, width)[None, :, None] * np.ones((height, 1, 3))

    def pictures() -> Iterator[np.ndarray]:
        for number in range(frames):
            picture = grey.copy() if still else np.roll(grey, 3 * number, axis=1)
            for bit in range(BITS):
                white = number >> (BITS - 1 - bit) & 1
                picture[: 2 * BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 255 if white else 0
            yield picture.astype(np.uint8)

    seconds = float(frames / rate)
    tone = (0.1 * np.sin(np.arange(round(seconds * 48_000)) / 20)).astype(np.float32)[None, :]
    options = {"g": str(group), "crf": "20", "preset": "ultrafast"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "numbered.mp4"
        encode(path, pictures(), rate, SIZE, "libx264", "yuv420p", options, tone, "aac", None, None)
        return path.read_bytes()


@cache
def _tone(hertz: float, samples: int) -> tuple[bytes, str]:
    """A stereo tone in AAC, and its peaks as the page reads them."""
    sound = 0.1 * np.sin(np.arange(samples) / 48_000 * 2 * np.pi * hertz)[:, None] * [[1, 1]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tone.m4a"
        with aac_file(path, "stereo", 2, len(sound)) as writer:
            writer.write(sound)
        return path.read_bytes(), peaks_of([sound])


READ_NUMBER = """() => {
  const film = document.getElementById("film");
  const canvas = document.createElement("canvas");
  canvas.width = 160; canvas.height = 90;
  const pen = canvas.getContext("2d");
  pen.drawImage(film, 0, 0, 160, 90);
  let number = 0;
  for (let bit = 0; bit < 16; bit++) {
    const [red] = pen.getImageData(bit * 10 + 5, 10, 1, 1).data;
    number = number * 2 + (red > 127 ? 1 : 0);
  }
  return number;
}"""


def made_up_version(
    folder: Path,
    rate: Fraction = Fraction(24),
    start: str = "01:00:00:00",
    drop: bool = False,
    film_name: str = "Night Train.mov",
    reason: str | None = None,
    findings: tuple[str, ...] = (),
    loudness: float = -23.0,
    sounds: bool = True,
) -> None:
    """Everything of a published version that the review page reads; media of the film's true length."""
    film = made_up_film(rate, start, drop)
    facts = made_up_facts(film_name, film, reason)
    analysis: Analysis = facts.analysis
    folder.mkdir(parents=True)
    write_json(folder / "analysis.json", analysis)
    spotting: Spotting = facts.spotting
    write_json(folder / "spotting.json", spotting)
    save_curves(folder / "curves.npz", made_up_curves(film))
    assert facts.mix is not None
    write_json(folder / ".work" / "mix.json", facts.mix.model_copy(update={"loudness_lufs": loudness}))
    for uid, request in facts.requests.items():
        write_json(folder / "cues" / uid / "1" / "request.json", request)
        write_json(folder / "cues" / uid / "1" / "notes.json", facts.notes[uid])
    numbered_film(folder / "preview.mp4", film.frames, rate)
    peaks = {}
    for name, hertz in (("score", 330.0), ("film", 110.0)) if sounds else ():
        data, peaks[name] = _tone(hertz, film.length_samples)
        (folder / f"{name}.m4a").write_bytes(data)
    write_peaks(folder / "peaks.json", peaks)
    (folder / "stills").mkdir()
    (folder / "stills" / "0001.jpg").write_bytes(STILL)
    names = ["analysis.json", "spotting.json", "curves.npz", "preview.mp4", "score.m4a", "film.m4a"]
    manifest: dict[str, Any] = {
        "schema_version": 1,
        "identity": sha256_text(str(folder)),
        "film": film_name,
        "film_sha256": film.sha256,
        "seed": 1,
        "settings": {},
        "versions": {},
        "engine": "rules",
        "weights_sha256": "0",
        "font": {},
        "licences": {},
        "quality": {"loudness_lufs": loudness},
        "findings": list(findings),
        "kinds": ["note"] * len(findings),
        "files": {name: "0" * 64 for name in names},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


# A JPEG of one grey block.
STILL = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "10" * 64
    + "ffc0000b080001000101011100ffc40014000100000000000000000000000000000009"
    + "ffc40014100100000000000000000000000000000000ffda0008010100003f0054dfffd9"
)


@dataclass(frozen=True)
class Served:
    """A running review server."""

    url: str
    root: Path
    review: Review

    def film(self, name: str, version: str = "v001") -> str:
        """The address of a version's player."""
        return f"{self.url}/film/{film_key(name)}/{version}"


@contextlib.contextmanager
def served(root: Path, open_house: bool = True, **more: Any) -> Iterator[Served]:
    """The real server on a free port, in a thread of this process."""
    review = open_review(root, open_house=open_house, **more)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(review_app(review), log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", root, review)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()
