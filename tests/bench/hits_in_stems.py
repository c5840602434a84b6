"""Hits found again by ear: energy onsets in the dry stems of composed cues, beside chance.

    python -m tests.bench.hits_in_stems [SEEDS]

Each role is played without room. An onset is where the energy of 48 samples (1 ms) first rises, within 30 ms
either side of the hit, by half of its way to the highest millisecond there; its bias is what the same rule
says of single notes at a known sample, a median for each role's instruments. Chance: the same hits shifted
round the cue by shares of its length.
"""

import sys
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from composer.compose import compose_cue
from composer.engine import load_engine
from composer.hits import hit_tick
from composer.notes import CueNotes
from composer.tempo_map import TICKS_PER_BEAT
from render.events import SampleClock, played_notes
from render.soundfont import choose_font
from render.synth import RATE_HZ, play_part
from tests.composer.requests import request

HOP = 48
WINDOW_MS = 30
FRAME_MS = 1000 / 24
FAST = frozenset({*range(0, 16), 24, 25, 26, 27, 32, 33, 45, 46, 47, 105})
"""Programmes that speak at once: keyboards, mallets, plucked strings, harp, timpani; and every kit."""


def onset_ms(sound: NDArray[np.float32], at: int) -> float | None:
    """Where energy rises nearest to sample `at`, in ms from it; None where nothing does."""
    reach = WINDOW_MS * HOP
    piece = np.zeros((2 * reach, 2), np.float32)
    low, high = max(at - reach, 0), min(at + reach, len(sound))
    if high <= low:
        return None
    piece[low - at + reach : high - at + reach] = sound[low:high]
    energy = (piece.astype(np.float64) ** 2).reshape(-1, HOP * 2).sum(axis=1)  # (ms, 48 x 2) -> (ms,)
    before = np.maximum.accumulate(energy)
    rise = energy[1:] - before[:-1]
    if energy.max() < 1e-9 or rise.max() < 0.3 * energy.max():
        return None
    top = int(np.argmax(rise)) + 1
    base = before[max(top - 5, 0)]
    first = next(ms for ms in range(max(top - 5, 0), top + 1) if energy[ms] > base + 0.25 * (energy[top] - base))
    return float(first - WINDOW_MS)


def biases(cue: CueNotes, index: int) -> float | None:
    """What the rule says of this part's own notes, each alone, on average."""
    part = cue.model_copy(update={"controls": ()})
    found = []
    for note in [n for n in cue.notes if n.part == index and n.tick > 0][:8]:
        alone = part.model_copy(update={"notes": (note,)})
        sample = SampleClock(cue.tempo_map).sample(note.tick)
        heard = onset_ms(play_part(FONT, alone, index, "builtin"), sample)
        if heard is not None:
            found.append(heard)
    return float(np.median(found)) if found else None


FONT = choose_font(None)


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    errors: dict[str, list[float]] = defaultdict(list)
    chance: list[float] = []
    for seed in range(seeds):
        asked = request(seed)
        cue = compose_cue(asked, load_engine("rules", None))
        clock = SampleClock(cue.tempo_map)
        struck = {hit_tick(hit) for hit in asked.hits if hit.kind in ("turn", "accent")}
        length = clock.sample(cue.tempo_map.beats * TICKS_PER_BEAT)
        for index, part in enumerate(cue.parts):
            ticks = sorted(struck & {n.tick for n in cue.notes if n.part == index and n.hit})
            if not ticks or not played_notes(cue, index):
                continue
            bias = biases(cue, index)
            if bias is None:
                continue
            sound = play_part(FONT, cue, index, "builtin")
            speed = "fast" if part.drums or part.programme in FAST else "slow"
            for tick in ticks:
                heard = onset_ms(sound, clock.sample(tick))
                errors[speed].append(np.nan if heard is None else heard - bias)
                if speed == "fast":
                    for share in np.arange(0.07, 1.0, 0.09):
                        shifted = (clock.sample(tick) + round(share * length)) % length
                        there = onset_ms(sound, shifted)
                        chance.append(np.nan if there is None else there - bias)
    print(f"{'attack':<8} {'hits':>5} {'heard':>6} {'median ms':>10} {'within 5':>9} {'early > 5':>10} {'in frame':>9}")
    for name, values in (*sorted(errors.items()), ("chance", chance)):
        all_of = np.array(values)
        heard = all_of[~np.isnan(all_of)]
        size = np.abs(heard)
        print(
            f"{name:<8} {len(all_of):5} {len(heard):6} {np.median(size) if len(size) else np.nan:10.2f}"
            f" {(size <= 5).sum() / len(all_of):9.2f} {(heard < -5).sum():10} {(size <= FRAME_MS).sum() / len(all_of):9.2f}"
        )


if __name__ == "__main__":
    main()
