"""Where the preview's sound lands and ends, as ffmpeg and Chromium decode it: 5 seconds to two hours.

    python -m tests.bench.sound_sync [SECONDS ...]

A row a film (23.976, 25, 29.97, variable rate; 5 s, 10 min, 2 h): samples by which mix.wav differs from the
film; by how many ms the decoded sound ends after the picture; and by how many ms clicks at time 0 and on the
first and the last hit land off their place. The picture is copied by the real make_preview, the mix written
by the real WAV writer. ffmpeg decodes to samples on the command line. Chromium does it twice: by
decodeAudioData of the whole file at 48 kHz (it refuses two hours), and by its video element, which is sent to
a quarter of a second before each click, in the middle of quiet noise, and recorded: from the first sample
that sounds, which is the place it was sent to, to the click must be that quarter. At 0 it has nothing before
the click, so that it is only heard or lost.
"""

import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile as sf

from render.preview import make_preview
from render.wav import time_reference, wav_file
from tests.render.scenes import analysis
from vision.analysis import Analysis
from vision.process import ffmpeg_path
from vision.progress import silent

RATE_HZ = 48_000
CHROMIUM = "/usr/bin/chromium"
LENGTHS_S = (5, 600, 7200)
GROUP = 24  # frames that are encoded once and repeated
RATES = (Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001))
WINDOW = RATE_HZ // 20
FOUND = 0.1  # what is left of a click of .9 after AAC is more than this

DECODE = """async ([name, places, window]) => {
  const data = await (await fetch(name)).arrayBuffer();
  const context = new OfflineAudioContext(1, 1, 48000);
  const sound = await context.decodeAudioData(data);
  const samples = sound.getChannelData(0);
  const found = places.map((place) => {
    let best = -1, peak = 0;
    for (let at = Math.max(place - window, 0); at < Math.min(place + window, samples.length); at++) {
      if (Math.abs(samples[at]) > peak) { peak = Math.abs(samples[at]); best = at; }
    }
    return [best, peak];
  });
  return [sound.length, found];
}"""
PLAY = """async ([name, places, before]) => {
  const video = document.createElement("video");
  video.src = name;
  await new Promise((done) => video.addEventListener("loadedmetadata", done, { once: true }));
  const context = new AudioContext({ sampleRate: 48000 });
  const recorder = context.createScriptProcessor(4096, 1, 1);
  let heard = [];
  recorder.onaudioprocess = (event) => heard.push(event.inputBuffer.getChannelData(0).slice());
  context.createMediaElementSource(video).connect(recorder).connect(context.destination);
  await context.resume();
  const found = [];
  for (const place of places) {
    video.pause();
    const sent = new Promise((done) => video.addEventListener("seeked", done, { once: true }));
    video.currentTime = Math.max(place - before, 0) / 48000;
    await sent;
    await new Promise((done) => setTimeout(done, 300));
    heard = [];
    await video.play();
    const sounds = () => heard.some((block) => block.some((sample) => Math.abs(sample) > 0.002));
    for (let waits = 0; waits < 100 && !sounds(); waits++) await new Promise((done) => setTimeout(done, 100));
    await new Promise((done) => setTimeout(done, 1000));
    video.pause();
    let at = 0, first = -1, best = -1, peak = 0;
    for (const block of heard) for (const sample of block) {
      const size = Math.abs(sample);
      if (first < 0 && size > 0.002) first = at;
      if (size > peak && first >= 0 && at - first < 2 * before) { peak = size; best = at; }
      at += 1;
    }
    found.push([best - first, peak]);
  }
  const length = video.duration;
  video.removeAttribute("src");
  video.load();
  await context.close();
  return [found, length];
}"""
BEFORE = RATE_HZ // 4
DECODED_UP_TO_S = 1200


@dataclass(frozen=True)
class Case:
    """A film of `steps` ticks a frame in 1/ticks of a second."""

    name: str
    rate: Fraction
    ticks: int
    steps: tuple[int, ...]

    @property
    def end(self) -> int:
        return sum(self.steps)


def cases(lengths: Sequence[int]) -> Iterator[Case]:
    """Constant rates, and one whose frames last 1 to 3 frames of 29.97 and a bit."""
    for length in lengths:
        for rate in RATES:
            frames = round(length * rate)
            yield Case(f"{float(rate):.3f}, {length} s", rate, rate.numerator, (rate.denominator,) * frames)
        random = np.random.default_rng(length)
        steps = tuple(int(step) for step in random.choice((3003, 3004, 6006, 9011), round(15 * length)))
        average = Fraction(90_000 * len(steps), sum(steps)).limit_denominator(100_000)
        yield Case(f"variable, {length} s", average, 90_000, steps)


def draw(path: Path, case: Case) -> None:
    """One second's worth of frames encoded, its packets repeated on the film's own times."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"bf": "0", "g": str(GROUP)})
        video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
        video.codec_context.time_base = video.time_base = Fraction(1, case.ticks)
        video.codec_context.gop_size = GROUP
        random = np.random.default_rng(1)
        packets = []
        for number in range(GROUP):
            frame = av.VideoFrame.from_ndarray(random.integers(0, 255, (36, 64, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = number * 1000, Fraction(1, case.ticks)
            packets += video.encode(frame)
        packets += video.encode()
        bodies = [(bytes(packet), packet.is_keyframe) for packet in packets]
        for number, (at, step) in enumerate(zip(accumulate((0, *case.steps)), case.steps, strict=False)):
            body, key = bodies[number % GROUP]
            packet = av.Packet(body)
            packet.stream, packet.time_base, packet.is_keyframe = video, Fraction(1, case.ticks), key
            packet.pts = packet.dts = at
            packet.duration = step
            container.mux(packet)


def seen(case: Case) -> Analysis:
    """What the eyes would say of it."""
    about = analysis(
        len(case.steps), case.rate, layout=None, time_base=Fraction(1, case.ticks), end_pts=case.end
    )
    return about.model_copy(
        update={"film": about.film.model_copy(update={"variable_rate": len(set(case.steps)) > 1})}
    )


def click_mix(path: Path, about: Analysis, places: Sequence[int]) -> None:
    """Mono, silent but for a sample of .9 at each place and half a second of quiet noise before it."""
    length, random = about.film.length_samples, np.random.default_rng(5)
    with wav_file(path, length, "mono", "pcm24", time_reference(about.film)) as wav:
        for at in range(0, length, RATE_HZ):
            block = np.zeros((min(RATE_HZ, length - at), 1))
            for place in places:
                low, high = max(place - RATE_HZ // 2 - at, 0), min(place - at, len(block))
                if low < high:
                    block[low:high, 0] = random.uniform(-0.05, 0.05, high - low)
                if at <= place < at + len(block):
                    block[place - at] = 0.9
            wav.write(block)


def heard_by_ffmpeg(path: Path, places: Sequence[int]) -> tuple[int, list[tuple[int, float]]]:
    """Samples that the command line decodes, and where the loudest one near each place is."""
    quiet, samples = ["-nostdin", "-v", "error"], ["-map", "0:a", "-f", "f32le", "-"]
    command = [ffmpeg_path(), *quiet, "-i", f"file:{path}", *samples]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as decoder:
        assert decoder.stdout is not None
        at, best = 0, [(-1, 0.0)] * len(places)
        while data := decoder.stdout.read(4 * RATE_HZ):
            sound = np.abs(np.frombuffer(data, np.float32))
            for number, place in enumerate(places):
                low, high = max(place - WINDOW - at, 0), min(place + WINDOW - at, len(sound))
                if low < high and (peak := float(sound[low:high].max())) > best[number][1]:
                    best[number] = (at + low + int(sound[low:high].argmax()), peak)
            at += len(sound)
    assert decoder.returncode == 0
    return at, best


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over HTTP with ranges, which a player needs to go anywhere; a file may not fetch one."""

    class Ranges(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            path = folder / Path(self.path).name
            if not path.is_file():
                self.send_error(404)
                return
            size = path.stat().st_size
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            first = int(asked[1]) if asked else 0
            last = min(int(asked[2]), size - 1) if asked and asked[2] else size - 1
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(last - first + 1))
            self.send_header("Content-Type", "video/mp4" if path.suffix == ".mp4" else "text/html")
            self.end_headers()
            with path.open("rb") as file, suppress(ConnectionError):  # a player hangs up when it has enough
                file.seek(first)
                for at in range(first, last + 1, 1 << 18):
                    self.wfile.write(file.read(min(1 << 18, last + 1 - at)))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def row(case: Case, folder: Path, page: Any, address: str) -> list[str]:
    """Make one film's preview and listen to it twice."""
    about, film, mix, out = seen(case), folder / "film.mp4", folder / "mix.wav", folder / "preview.mp4"
    length = about.film.length_samples
    places = [0, round(0.123 * length), length - RATE_HZ // 3]
    draw(film, case)
    click_mix(mix, about, places)
    facts = make_preview(film, about, mix, out, silent)
    picture = Fraction(case.end, case.ticks)
    exact = sf.info(mix).frames - int(picture * RATE_HZ + Fraction(1, 2))
    cells = [case.name, "copied" if facts.copied else "proxy", str(exact)]
    decoded, clicks = heard_by_ffmpeg(out, places)
    cells += _cells(Fraction(decoded, RATE_HZ) - picture, clicks, places)
    if page is not None:
        page.goto(f"{address}/index.html")
        cells += ["–"] * 4
        if picture <= DECODED_UP_TO_S:
            decoded, clicks = page.evaluate(DECODE, ["preview.mp4", places, WINDOW])
            cells[-4:] = _cells(Fraction(decoded, RATE_HZ) - picture, clicks, places)
        # The page is opened again: what the decoder held would be in the player's way.
        page.goto(f"{address}/index.html")
        spans, plays = page.evaluate(PLAY, ["preview.mp4", places, BEFORE])
        wanted = [min(place, BEFORE) for place in places]
        cells += _cells(Fraction(plays) - picture, spans, wanted)
    for path in (film, mix, out):
        path.unlink()
    return cells


def _cells(late: Fraction, clicks: Sequence[Sequence[float]], places: Sequence[int]) -> list[str]:
    off = [
        f"{1000 * (at - place) / RATE_HZ:.3f}" if peak > FOUND else "lost"
        for (at, peak), place in zip(clicks, places, strict=True)
    ]
    return [f"{1000 * float(late):.3f}", *off]


PLACES = ("0", "first", "last")
HEAD = ("film", "picture", "wav", "ff end", *PLACES, "cr end", *PLACES, "plays", *PLACES)


def main(arguments: Sequence[str]) -> None:
    lengths = [int(word) for word in arguments] or LENGTHS_S
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as address, browser() as page:
        (Path(name) / "index.html").write_text("<!doctype html><title>sound</title>")
        print(f"{HEAD[0]:<18}" + "".join(f"{cell:>9}" for cell in HEAD[1:]))
        for case in cases(lengths):
            first, *rest = row(case, Path(name), page, address)
            print(f"{first:<18}" + "".join(f"{cell:>9}" for cell in rest), flush=True)


@contextmanager
def browser() -> Iterator[Any]:
    """A page of Chromium's, or None where there is none."""
    if not Path(CHROMIUM).exists():
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        page = chromium.new_page()
        page.set_default_timeout(600_000)
        yield page
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1:])
