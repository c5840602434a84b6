"""How cues end and how the next begins, heard: steps of loudness at joins, rings that die away, stops.

    python -m tests.bench.joins_heard [--features N...] [--style NAME] [--most CUES] [RESULT...]

A join is two cues less than 15 s apart: loudness of the last 3 s before the first one's out against the next
one's first 3 s, as they stand in the score. Cues of seeded features (tests.bench.feature_films) are composed
by rules, played on the embedded font and levelled for a film whose speech is at -23 LUFS; of a RESULT folder
its own score.wav is heard. A step of 4 LU or more is directed where arousal moves by .2 or more the same way.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from composer.compose import compose_cue
from composer.directions import Directions
from composer.rules import RulesEngine
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.spotting import Cue, Spotting
from composer.themes import complete_requests, freeze_themes
from render.levels import FilmLevels, place_cue
from render.score_sound import cue_sounds, measure_cue
from render.settings import RenderSettings
from render.synth import synthesise_cue
from tests.bench.feature_films import feature_film
from vision.artifact import read_json
from vision.loudness_meter import LoudnessMeter, lufs
from vision.progress import silent

Sound = NDArray[np.float32]
RATE_HZ = 48_000
NEAR_S, WINDOW_S, STEP_LU, AROUSAL = 15.0, 3.0, 4.0, 0.2
LONGEST_S = 160.0
FILM = FilmLevels(loudness_lufs=-24.0, speech_lufs=-23.0)


@dataclass(frozen=True)
class Heard:
    """A cue and its own sound as it stands in the score, from its start to the end of its tail."""

    cue: Cue
    sound: Sound

    def part(self, start_s: float, seconds: float) -> Sound:
        """Samples of the film's seconds start_s .. start_s + seconds."""
        first = round((start_s - self.cue.start_s) * RATE_HZ)
        return self.sound[max(first, 0) : max(first + round(seconds * RATE_HZ), 0)]


def loudness(sound: Sound) -> float:
    """LUFS of all of it, ungated."""
    meter = LoudnessMeter(RATE_HZ, (1.0, 1.0))
    meter.feed(np.ascontiguousarray(sound, np.float32))
    energies = meter.energies()
    return lufs(float(energies.mean())) if len(energies) else -120.0


def level_db(sound: Sound) -> float:
    """Power in dB of full scale."""
    return float(10 * np.log10((sound.astype(np.float64) ** 2).mean() + 1e-12)) if len(sound) else -120.0


def joined(cues: Sequence[Cue]) -> set[str]:
    """The cues that stand at a join, and those that stop."""
    found = {cue.uid for cue in cues if cue.ending == "stop"}
    for before, after in pairwise(cues):
        if after.start_s - before.end_s < NEAR_S:
            found |= {before.uid, after.uid}
    return found


def of_feature(number: int, style: str, most: int, folder: Path) -> list[Heard]:
    """The joined cues of one seeded feature that are no longer than LONGEST_S."""
    film, engine = feature_film(number), RulesEngine()
    settings = ComposerSettings.model_validate({"existing_music": "under", "style": style})
    plan = plan_score(film.analysis, film.curves, settings, Directions(), 1)
    requests = complete_requests(plan, freeze_themes(plan, engine, 1))
    wanted = joined(plan.spotting.cues)
    pairs = [
        (cue, request)
        for cue, request in zip(plan.spotting.cues, requests, strict=True)
        if cue.uid in wanted and cue.end_s - cue.start_s < LONGEST_S
    ][:most]
    render = RenderSettings(soundfont=Path("embedded"))
    for cue, request in pairs:
        synthesise_cue(compose_cue(request, engine), render, folder / cue.uid, silent)
    analysis = film.analysis
    sounds = cue_sounds(
        [cue for cue, _ in pairs], {cue.uid: folder / cue.uid for cue, _ in pairs},
        analysis.film.length_samples, analysis.film.programme.end_s,
    )  # fmt: skip
    heard = []
    for sound in sounds:
        placed, _ = place_cue(sound, *measure_cue(sound), FILM, analysis.sound.speech, 0.0)
        whole = np.concatenate(list(sound.blocks())) * placed.level(sound.start, sound.end - sound.start)
        heard.append(Heard(sound.cue, whole.astype(np.float32)))
    return heard


def of_result(folder: Path) -> list[Heard]:
    """Every cue of a result, out of its score.wav: at a join what overlaps is heard in both."""
    cues = read_json(folder / "spotting.json", Spotting).cues
    heard = []
    with sf.SoundFile(folder / "score.wav") as file:
        for cue in cues:
            file.seek(round(cue.start_s * RATE_HZ))
            count = min(round((cue.end_s - cue.start_s + 4.0) * RATE_HZ), file.frames - file.tell())
            heard.append(Heard(cue, file.read(count, dtype="float32", always_2d=True)))
    return heard


def ends(heard: Sequence[Heard]) -> Iterator[str]:
    """A row a cue: what is left of its level after its out."""
    marks = (0.1, 0.5, 1.0, 2.0, 3.0, 4.0)
    yield f"{'cue':<8}{'ending':<8}{'ring s':>7}  dB against the second before the out, after " + " ".join(
        f"{mark:g} s" for mark in marks
    )
    for one in heard:
        before = level_db(one.part(one.cue.out_s - 1.0, 1.0))
        after = [level_db(one.part(one.cue.out_s + mark, 0.1)) - before for mark in marks]
        ring = one.cue.end_s - one.cue.out_s
        yield f"{one.cue.id:<8}{one.cue.ending:<8}{ring:7.1f}  " + " ".join(f"{db:6.1f}" for db in after)


def steps(heard: Sequence[Heard]) -> Iterator[tuple[str, float, bool]]:
    """(row, step in LU, whether the film directs it) of each join."""
    for one, other in pairwise(heard):
        gap = other.cue.start_s - one.cue.end_s
        if not -0.1 <= gap < NEAR_S:
            continue
        before = loudness(one.part(one.cue.out_s - WINDOW_S, WINDOW_S))
        step = loudness(other.part(other.cue.start_s, WINDOW_S)) - before
        stirred = other.cue.arousal - one.cue.arousal
        directed = abs(step) >= STEP_LU and step * stirred > 0 and abs(stirred) >= AROUSAL
        yield (
            f"{one.cue.id} -> {other.cue.id}: {gap:5.1f} s apart, {one.cue.ending}, arousal"
            f" {one.cue.arousal:.2f} -> {other.cue.arousal:.2f}, {before:.1f} LUFS {step:+.1f} LU",
            step,
            directed,
        )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="*", type=Path)
    parser.add_argument("--features", nargs="*", type=int, default=[])
    parser.add_argument("--style", default="chamber")
    parser.add_argument("--most", type=int, default=14)
    asked = parser.parse_args(arguments)
    found: list[tuple[str, float, bool]] = []
    with tempfile.TemporaryDirectory() as folder:
        films = [of_feature(n, asked.style, asked.most, Path(folder) / str(n)) for n in asked.features]
        films += [of_result(result) for result in asked.results]
    for heard in films:
        print("\n".join(ends(heard)))
        found += steps(heard)
    print("\n".join(row for row, _, _ in found))
    if found:
        sizes = np.abs([step for _, step, _ in found])
        accidents = sum(abs(step) >= STEP_LU and not directed for _, step, directed in found)
        print(
            f"{len(found)} joins: step median {np.median(sizes):.1f} LU, 90 % under"
            f" {np.percentile(sizes, 90):.1f}, largest {sizes.max():.1f}; {accidents} of {STEP_LU:g} LU or"
            " more that the film does not direct"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
