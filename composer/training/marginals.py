"""The marginals of the field, on melody and texture together: each a number a passage of sixteen bars.

Grid of 16 steps a bar, drums left out. UPC, QN and PP after MuseGAN (Dong et al. 2018), H1, H4, GS and CPI
after MusDr (Wu & Yang 2020), tonal distance after Harte et al. 2006; muspy has the same definitions.
"""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from composer.encoding.chord import MODE_SCALES, MODES, NO_CHORD
from composer.theory import chord_of, is_chromatic
from composer.training.excerpt import STEPS, Excerpt

Floats = NDArray[np.float64]
MAJOR, MINOR = MODE_SCALES[0], MODE_SCALES[4]
RADII = (1.0, 1.0, 0.5)  # fifths, minor thirds, major thirds


def marginals(excerpt: Excerpt) -> dict[str, float]:
    """empty: share of bars in which nothing sounds.  upc: pitch classes a bar that is not empty.  qn2, qn3:
    share of notes of at least 2, 3 sixteenths.  pp: share of steps with two pitches or more.  h1, h4: entropy
    in bits of the onsets over twelve pitch classes, in one bar and in four.  gs, gs_adj: 1 - XOR / 16 of the
    onset steps of two bars, over all pairs and over neighbours.  unique_rhythms: different ones in four bars
    / 4.  scale: share of onsets in the best of 24 keys.  in_key: in the mode asked for.  tonal_distance: of
    melody and texture, a bar where both sound.  cpi: different chord trigrams / trigrams, half bars.
    chromatic: share of half bars whose chord has a tone outside the mode.
    """
    onset, sounding = excerpt.pitches()
    bars = excerpt.bars
    struck = onset.any(1).reshape(bars, STEPS)
    heard = sounding.any(1).reshape(bars, STEPS).any(1)
    classes = _folded(onset).reshape(bars, STEPS, 12).sum(1)  # (bars, 12)
    used = _folded(sounding).reshape(bars, STEPS, 12).any(1).sum(1)  # (bars,)
    return {
        "empty": float(1 - heard.mean()),
        "upc": float(used[heard].mean()) if heard.any() else 0.0,
        **_lengths(excerpt),
        "pp": float((sounding.sum(1) >= 2).mean()),
        "h1": _mean_entropy(classes),
        "h4": _mean_entropy(classes[: bars // 4 * 4].reshape(-1, 4, 12).sum(1)),
        **grooves(struck),
        "scale": scale_consistency(classes.sum(0)),
        "in_key": _share(classes.sum(0), excerpt.tonic, MODE_SCALES[excerpt.mode]),
        "tonal_distance": _tonal_distances(excerpt),
        "cpi": chord_irregularity(excerpt.chords.reshape(-1)),
        "chromatic": chromatic_share(excerpt),
    }  # fmt: skip


def grooves(struck: NDArray[np.bool_]) -> dict[str, float]:
    """gs, gs_adj and unique_rhythms of onset steps [bars, 16]."""
    alike = {(a, b): float((struck[a] == struck[b]).mean()) for a, b in combinations(range(len(struck)), 2)}
    beside = [value for (a, b), value in alike.items() if b == a + 1]
    fours = [struck[first : first + 4] for first in range(0, len(struck) - 3, 4)]
    unique = [len({bar.tobytes() for bar in four}) / 4 for four in fours]
    return {
        "gs": float(np.mean(list(alike.values()))),
        "gs_adj": float(np.mean(beside)),
        "unique_rhythms": float(np.mean(unique)),
    }


def entropy(counts: Floats) -> float:
    """Bits of a histogram; 0 where it is empty."""
    share = counts[counts > 0] / max(counts.sum(), 1e-12)
    return float(-(share * np.log2(share)).sum())


def scale_consistency(classes: Floats) -> float:
    """Share of onsets [12] in the best of the twelve major and twelve natural minor scales."""
    return max(_share(classes, tonic, scale) for tonic in range(12) for scale in (MAJOR, MINOR))


def tonal_distance(first: Floats, second: Floats) -> float:
    """Distance of two chroma [12] in the tonal space of six dimensions; each is scaled to sum 1."""
    angles = np.arange(12)[:, None] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])  # (12, 3)
    space = np.stack([np.sin(angles), np.cos(angles)], 2) * np.array(RADII)[:, None]  # (12, 3, 2)
    points = [chroma / chroma.sum() @ space.reshape(12, 6) for chroma in (first, second)]
    return float(np.linalg.norm(points[0] - points[1]))


def chord_irregularity(chords: NDArray[np.int64]) -> float:
    """Different trigrams of chords / trigrams, silence left out."""
    named = [int(chord) for chord in chords if chord != NO_CHORD]
    trigrams = list(zip(named, named[1:], named[2:], strict=False))
    return len(set(trigrams)) / len(trigrams) if trigrams else 0.0


def chromatic_share(excerpt: Excerpt) -> float:
    """Share of half bars with a chord that has a tone outside the mode."""
    named = [chord_of(int(c), 0) for c in excerpt.chords.reshape(-1) if c != NO_CHORD]
    mode = MODES[excerpt.mode]
    return float(np.mean([is_chromatic(c, 0, mode) for c in named])) if named else 0.0  # type: ignore[arg-type]


def _folded(plane: NDArray[np.bool_]) -> NDArray[np.int64]:
    """[T, 128] -> [T, 12] counts by pitch class."""
    padded = np.zeros((len(plane), 132), np.int64)
    padded[:, :128] = plane
    return np.asarray(padded.reshape(len(plane), 11, 12).sum(1))


def _lengths(excerpt: Excerpt) -> dict[str, float]:
    steps = np.array([n.steps for n in (*excerpt.melody_notes(), *excerpt.texture_notes())])
    return {f"qn{n}": float((steps >= n).mean()) if len(steps) else 0.0 for n in (2, 3)}


def _mean_entropy(histograms: NDArray[np.int64]) -> float:
    full = histograms[histograms.sum(1) > 0]
    return float(np.mean([entropy(row.astype(float)) for row in full])) if len(full) else 0.0


def _share(classes: Floats, tonic: int, scale: Sequence[int]) -> float:
    inside = sum(float(classes[(tonic + step) % 12]) for step in scale)
    return inside / max(float(classes.sum()), 1e-9)


def _tonal_distances(excerpt: Excerpt) -> float:
    planes = []
    for notes in (excerpt.melody_notes(), excerpt.texture_notes()):
        chroma = np.zeros((excerpt.bars, 12))
        for note in notes:
            for step in range(note.step, min(note.end, STEPS * excerpt.bars)):
                chroma[step // STEPS, note.pitch % 12] += 1
        planes.append(chroma)
    both = [tonal_distance(a, b) for a, b in zip(*planes, strict=True) if a.sum() and b.sum()]
    return float(np.mean(both)) if both else 0.0


LEAST_SPREAD = 1e-6  # where real passages are all alike there is no deviation to count in


def deviations(apart: float, spread: float) -> float:
    """How many real deviations a difference is; not a number where real has none."""
    return apart / spread if spread > LEAST_SPREAD else math.nan


def beside_real(
    real: Sequence[dict[str, float]], ours: Sequence[dict[str, float]]
) -> dict[str, dict[str, float]]:
    """For each marginal: mean of real, of ours, real's deviation over passages, how many of them apart, and
    overlap area and divergence of the distances within real and between real and ours."""
    found = {}
    for name in real[0]:
        theirs, own = (np.array([row[name] for row in rows]) for rows in (real, ours))
        spread = float(theirs.std())
        apart = float(own.mean() - theirs.mean())
        area, divergence = overlap(theirs, own)
        found[name] = {
            "real": float(theirs.mean()), "ours": float(own.mean()), "real_sd": spread,
            "off_sd": deviations(apart, spread),
            "off_share": apart / float(theirs.mean()) if abs(theirs.mean()) > 1e-9 else 0.0,
            "oa": area, "kld": divergence,
        }  # fmt: skip
    return found


def overlap(real: Floats, ours: Floats) -> tuple[float, float]:
    """Overlapped area and Kullback-Leibler divergence (nats) of two densities: of the distances within
    `real`, and from `real` to `ours`.

    Gaussian kernels of Scott's width on a grid of 200. Yang & Lerch 2020.
    """
    within = np.abs(real[:, None] - real[None])[np.triu_indices(len(real), 1)]
    between = np.abs(real[:, None] - ours[None]).reshape(-1)
    top = max(float(within.max(initial=0)), float(between.max(initial=0)))
    if top < 1e-12:
        return 1.0, 0.0
    grid = np.linspace(0, 1.1 * top, 200)
    p, q = (_density(values, grid, top) for values in (within, between))
    area = float(np.minimum(p, q).sum())
    return area, float((p * np.log((p + 1e-12) / (q + 1e-12))).sum())


def _density(values: Floats, grid: Floats, top: float) -> Floats:
    """Shares [200] of a kernel density on the grid, reflected at 0; from a histogram, so that it is fast."""
    width = max(float(values.std()) * len(values) ** -0.2, 0.01 * top)
    counts, edges = np.histogram(values, 400, (0, top))
    centres = (edges[1:] + edges[:-1]) / 2
    kernel = sum(np.exp(-((grid[:, None] - side * centres) ** 2) / (2 * width**2)) for side in (1, -1))
    density = kernel @ counts
    return np.asarray(density / density.sum())
