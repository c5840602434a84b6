"""Hits found again by ear: energy onsets in the dry stems of composed cues, beside chance.

    python -m tests.bench.hits_in_stems [SEEDS]

Each part is played without room. An onset is looked for within 42 ms either side of the hit (slow attacks:
120 ms); its bias is what the same rule says of the part's own notes played alone at a known sample, their
median. Chance: the same hits shifted round the cue by shares of its length.
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.compose import compose_cue
from composer.engine import load_engine
from composer.hits import hit_tick
from composer.notes import CueNotes
from composer.request import RequestedHit
from composer.spotting import Style
from composer.tempo_map import TICKS_PER_BEAT
from render.events import SampleClock, played_notes
from render.soundfont import choose_font
from render.synth import play_part
from tests.composer.requests import request

HOP = 48
SIDE_MS = 10
FRAME_MS = 1000 / 24
WINDOW_MS = {"fast": 42, "slow": 120}
FAST = frozenset({*range(0, 16), 24, 25, 26, 27, 32, 33, 45, 46, 47, 105})
"""Programmes that speak at once: keyboards, mallets, plucked strings, harp, timpani; and every kit."""


def onset_ms(sound: NDArray[np.float32], at: int, window_ms: int) -> float | None:
    """Where the attack nearest to sample `at` begins, in ms from it; None where none stands out.

    Energy of the first difference (attacks are bright) by the millisecond; the largest step from 6 ms before
    to 3 ms after, then the first millisecond that has a quarter of that step.
    """
    reach = (window_ms + SIDE_MS) * HOP
    piece = np.zeros((2 * reach, 2), np.float64)
    low, high = max(at - reach, 0), min(at + reach, len(sound))
    if high <= low:
        return None
    piece[low - at + reach : high - at + reach] = sound[low:high]
    bright = np.diff(piece, axis=0, prepend=piece[:1])
    energy = (bright**2).reshape(-1, HOP * 2).sum(axis=1)  # (ms, 48 x 2) -> (ms,)
    total = np.concatenate([[0.0], np.cumsum(energy)])
    ms = np.arange(SIDE_MS, len(energy) - SIDE_MS)
    before, after = (total[ms] - total[ms - 6]) / 6, (total[ms + 3] - total[ms]) / 3
    step = after - before
    best = int(np.argmax(step))
    if after[best] < 1e-10 or step[best] < 0.4 * after[best]:
        return None
    edge = before[best] + 0.25 * step[best]
    top = int(ms[best])
    first = next((m for m in range(top - 3, top + 3) if energy[m] >= edge), top)
    return float(first - window_ms - SIDE_MS)


def biases(cue: CueNotes, index: int, window_ms: int) -> float | None:
    """What the rule says of this part's own notes, each alone, on average."""
    part = cue.model_copy(update={"controls": ()})
    found = []
    for note in [n for n in cue.notes if n.part == index and n.tick > 0][:8]:
        alone = part.model_copy(update={"notes": (note,)})
        sample = SampleClock(cue.tempo_map).sample(note.tick)
        heard = onset_ms(play_part(FONT, alone, index, "builtin"), sample, window_ms)
        if heard is not None:
            found.append(heard)
    return float(np.median(found)) if found else None


FONT = choose_font(Path("embedded"))
STYLES: tuple[Style, ...] = ("chamber", "orchestral", "silent_piano")
HITS = tuple(
    RequestedHit(beat=beat, kind=kind, strength=0.8, required=True)
    for beat, kind in ((9.5, "accent"), (20.0, "turn"), (29.25, "accent"), (41.0, "accent"), (53.5, "accent"))
)


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    errors: dict[str, list[float]] = defaultdict(list)
    chance: list[float] = []
    for seed in range(seeds):
        asked = request(("walk", "chase"), style=STYLES[seed % len(STYLES)], hits=HITS, seed=seed + 1)
        cue = compose_cue(asked, load_engine("rules", None))
        clock = SampleClock(cue.tempo_map)
        struck = {hit_tick(hit) for hit in asked.hits if hit.kind in ("turn", "accent")}
        length = clock.sample(cue.tempo_map.beats * TICKS_PER_BEAT)
        for index, part in enumerate(cue.parts):
            ticks = sorted(struck & {n.tick for n in cue.notes if n.part == index and n.hit})
            if not ticks or not played_notes(cue, index):
                continue
            speed = "fast" if part.drums or part.programme in FAST else "slow"
            window_ms = WINDOW_MS[speed]
            bias = biases(cue, index, window_ms)
            if bias is None:
                continue
            sound = play_part(FONT, cue, index, "builtin")
            for tick in ticks:
                heard = onset_ms(sound, clock.sample(tick), window_ms)
                errors[speed].append(np.nan if heard is None else heard - bias)
                if speed == "fast":
                    for share in np.arange(0.07, 1.0, 0.09):
                        shifted = (clock.sample(tick) + round(share * length)) % length
                        there = onset_ms(sound, shifted, window_ms)
                        chance.append(np.nan if there is None else there - bias)
    print("attack    hits  heard  median ms  within 5  early > 5  in frame")
    for name, values in (*sorted(errors.items()), ("chance", chance)):
        everyone = np.array(values)
        heard = everyone[~np.isnan(everyone)]
        size, count = np.abs(heard), max(len(everyone), 1)
        median = np.median(size) if len(size) else np.nan
        near, framed = (size <= 5).sum() / count, (size <= FRAME_MS).sum() / count
        print(
            f"{name:<8} {len(everyone):5} {len(heard):6} {median:10.2f} {near:9.2f}"
            f" {(heard < -5).sum():10} {framed:9.2f}"
        )


if __name__ == "__main__":
    main()
