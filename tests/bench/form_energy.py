"""Asked against realised energy: sections, the shifted control, and jumps from bar to bar."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from composer.midi_read import read_midi
from composer.realised import BarRealised
from composer.training.control import spearman
from tests.bench.film_score import Score

# 95th percentile of |log2 of bar energy after / before|, energy = notes a second x mean velocity, over
# 44,300 bars of 600 pieces of the licence-clean corpus (--corpus makes it anew; its median is .29).
JUMP = 1.46
LEAST_SECTIONS = 4  # of a film, for a rho of its own


def section_pairs(score: Score) -> list[tuple[float, float, float]]:
    """(asked, realised, film) arousal of every section before the outs."""
    found = []
    for request, rows in zip(score.requests, score.rows, strict=True):
        bars: dict[int, list[BarRealised]] = {}
        for row in rows[: request.out_bar]:
            bars.setdefault(row.asked.section, []).append(row)
        for inside in bars.values():
            end = inside[-1].time_s + 240 / inside[-1].tempo_qpm
            film = score.reading.mean("arousal", inside[0].time_s, end)
            asked = float(np.mean([row.asked.arousal for row in inside]))
            found.append((asked, float(np.mean([row.arousal for row in inside])), film))
    return found


def rho(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's; None for too few to say."""
    return spearman(list(pairs)) if len(pairs) >= LEAST_SECTIONS else None


def shifted(pairs: Sequence[tuple[float, float]]) -> float | None:
    """The control: the 95th percentile of rho over twenty circular shifts, by a 21st of the sections each."""
    if len(pairs) < LEAST_SECTIONS:
        return None
    asked, heard = (np.array(column) for column in zip(*pairs, strict=True))
    shifts = sorted({max(round(len(asked) * k / 21), 1) for k in range(1, 21)} - {len(asked)})
    found = [spearman(list(zip(asked, np.roll(heard, shift), strict=True))) for shift in shifts]
    return float(np.percentile(found, 95))


def energy(row: BarRealised) -> float:
    """Notes a second x mean velocity, from the realised arousal that was made of it."""
    return -4.0 * float(np.log(max(1 - row.arousal, 1e-6)))


def jumps(score: Score) -> list[float]:
    """|log2| of each bar's energy against the bar before, where both have notes."""
    found = []
    for rows, request in zip(score.rows, score.requests, strict=True):
        for a, b in pairwise(energy(row) for row in rows[: request.out_bar]):
            if a > 0 and b > 0:
                found.append(abs(float(np.log2(b / a))))
    return found


def corpus_jumps(folder: Path, most: int) -> list[float]:
    """The same of real music: bars of four beats, notes a second x mean velocity."""
    found: list[float] = []
    files = sorted(folder.rglob("*.mid"))
    for path in files[:: max(len(files) // most, 1)]:
        try:
            score = read_midi(path)
        except Exception:  # a hostile file of the corpus says nothing of real music
            continue
        bar = 4 * score.division
        notes: dict[int, list[int]] = {}
        for note in score.notes:
            notes.setdefault(note.start // bar, []).append(note.velocity)
        levels = {at: float(sum(velocities)) for at, velocities in notes.items()}
        found += [abs(float(np.log2(levels[at + 1] / levels[at]))) for at in levels if at + 1 in levels]
    return found
