"""The review page over a two-hour film: until it can be used, until a seek shows its picture, twenty viewers.

python -m tests.bench.review_page [CLIP]: CLIP (H.264 and AAC) is looped by copy; a numbered clip without one.
"""

import os
import random
import statistics
import sys
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import httpx
import numpy as np
import psutil

from render.packets import picture_facts
from tests.conftest import CHROMIUM, OFFLINE
from tests.faults.test_review import running
from tests.flows.review.browsing import open_player, wait_for
from tests.flows.review.made_results import made_up_version, numbered_film
from vision.analysis import Analysis, Shot
from vision.artifact import read_json, write_json
from vision.curves import Curves, load_curves, save_curves
from vision.process import ffmpeg_path, run_tool

HOURS, SEEKS, VIEWERS, VIEW_S = 2, 20, 20, 15.0


def main() -> None:
    """Print the figures, with the machine's load."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "results"
        version = root / "feature" / "v001"
        made_up_version(version, Fraction(24), sounds=False)
        clip = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "clip.mp4"
        if len(sys.argv) == 1:
            numbered_film(clip, 24 * 60, Fraction(24))
        frames, rate = _looped(clip, version / "preview.mp4")
        _stretched(version, frames, rate)
        with running(root) as (url, process):
            print(f"load {os.getloadavg()[0]:.1f}, {frames} frames, {rate} a second")
            _page(url, frames)
            _viewers(url, psutil.Process(process.pid), version / "preview.mp4")


def _looped(clip: Path, path: Path) -> tuple[int, Fraction]:
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        rate = Fraction(stream.average_rate or 24)
        length_s = float(stream.duration * stream.time_base)  # type: ignore[operator]
    path.unlink()
    loops = str(int(HOURS * 3600 / length_s))
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-stream_loop", loops, "-i", str(clip)]
    run_tool([*command, "-c", "copy", str(path)], timeout_s=900)
    return len(picture_facts(path, 0, 0, hashed=False).times), rate


def _stretched(version: Path, frames: int, rate: Fraction) -> None:
    """Facts of a feature: a shot every four seconds, curves of every frame."""
    analysis = read_json(version / "analysis.json", Analysis)
    length = float(frames / rate)
    film = analysis.film.model_copy(
        update={"frames": frames, "duration_s": length, "frame_rate": f"{rate.numerator}/{rate.denominator}"}
    )
    stride = int(4 * rate)
    shots = tuple(
        Shot(
            index=number,
            start_frame=first,
            end_frame=min(first + stride, frames),
            start_s=float(first / rate),
            end_s=float(min(first + stride, frames) / rate),
            transition_in="cut" if first else "start",
            features=analysis.shots[0].features,
        )
        for number, first in enumerate(range(0, frames, stride))
    )
    write_json(version / "analysis.json", analysis.model_copy(update={"film": film, "shots": shots}))
    curves = load_curves(version / "curves.npz")
    time_s = np.arange(frames) / float(rate)
    wave = (0.5 + 0.4 * np.sin(time_s / 30)).astype(np.float32)
    names = ("brightness", "saturation", "colourfulness", "motion", "difference", "cut_rate_hz", "arousal")
    rows = {name: wave for name in (*names, "pleasure")}
    save_curves(version / "curves.npz", Curves(**{**curves.__dict__, **rows, "time_s": time_s}))


def _page(url: str, frames: int) -> None:
    from playwright.sync_api import sync_playwright

    key = httpx.get(f"{url}/api/films").json()[0]["key"]
    address = f"{url}/film/{key}/v001"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OFFLINE)
        ready, seeks = [], []
        for _ in range(5):
            page = browser.new_page()
            began = time.perf_counter()
            open_player(page, address)
            ready.append(time.perf_counter() - began)
            page.close()
        page = browser.new_page()
        open_player(page, address)
        draw = random.Random(7)
        for _ in range(SEEKS):
            seeks.append(page.evaluate(SEEK, draw.randrange(frames)))
        wait_for(page, "document.getElementById('review').dataset.ready === 'yes'")
        browser.close()
    print(f"page ready, first frame shown: median {statistics.median(ready):.2f} s, worst {max(ready):.2f} s")
    print(f"seek to picture: median {statistics.median(seeks):.0f} ms, worst {max(seeks):.0f} ms of {SEEKS}")


SEEK = """(frame) => new Promise((done) => {
  const film = document.getElementById("film"), began = performance.now();
  const look = (_, meta) => {
    if (Math.abs(meta.mediaTime - film.currentTime) < 0.1) done(performance.now() - began);
    else film.requestVideoFrameCallback(look);
  };
  film.requestVideoFrameCallback(look);
  const box = document.getElementById("tc");
  box.focus(); box.value = `f${frame}`;
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
})"""


def _viewers(url: str, server: psutil.Process, preview: Path) -> None:
    """Twenty viewers read at the film's own pace from different places; a stall is a second without bytes."""
    key = httpx.get(f"{url}/api/films").json()[0]["key"]
    address, size = f"{url}/film/{key}/v001/media/preview.mp4", preview.stat().st_size
    pace = size / (HOURS * 3600)  # bytes a second
    stalls, slowest = [0] * VIEWERS, [0.0] * VIEWERS

    def view(number: int) -> None:
        first, draw = size * number // VIEWERS, random.Random(number)
        ends = time.monotonic() + VIEW_S
        with httpx.Client() as client:
            while time.monotonic() < ends:
                began = time.monotonic()
                last = min(first + int(pace), size - 1)
                got = client.get(address, headers={"range": f"bytes={first}-{last}"})
                assert got.status_code == 206
                took = time.monotonic() - began
                slowest[number] = max(slowest[number], took)
                stalls[number] += took > 1.0
                first = draw.randrange(size - int(pace) - 1) if draw.random() < 0.1 else last + 1
                first = first if first < size else 0
                time.sleep(max(1.0 - took, 0))

    memory = [server.memory_info().rss]
    threads = [threading.Thread(target=view, args=(number,)) for number in range(VIEWERS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.5)
        memory.append(server.memory_info().rss)
    for thread in threads:
        thread.join()
    print(f"{VIEWERS} viewers for {VIEW_S:.0f} s at {pace / 125_000:.1f} Mbit/s each: {sum(stalls)} stalls,")
    print(f"  slowest second of film in {max(slowest):.2f} s;")
    print(f"  server memory {memory[0] / 2**20:.0f} MiB before, {max(memory) / 2**20:.0f} MiB at most")


if __name__ == "__main__":
    main()
