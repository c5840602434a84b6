"""Chords as 193 numbers: 12 roots above the tonic x 16 qualities, and none. One chord a half bar.

id = root * 16 + quality, root in semitones above the tonic; NO_CHORD = 192. No absolute pitch is in an
id: the tonic's pitch class is given where pitches are wanted.
"""

from functools import cache
from itertools import product

QUALITIES: tuple[str, ...] = (
    "maj", "min", "7", "maj7", "min7", "sus4", "sus2", "dim",
    "dim7", "hdim", "aug", "minmaj7", "maj7#11", "add9", "power", "pedal",
)  # fmt: skip
INTERVALS: tuple[tuple[int, ...], ...] = (
    (0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 5, 7), (0, 2, 7), (0, 3, 6),
    (0, 3, 6, 9), (0, 3, 6, 10), (0, 4, 8), (0, 3, 7, 11), (0, 4, 6, 7, 11), (0, 2, 4, 7), (0, 7), (0,),
)  # fmt: skip
# Roughness of each quality, 0 (open fifth) to 1 (diminished seventh), ordered after Johnson-Laird et al.
# 2012.
DISSONANCE: tuple[float, ...] = (
    0.1, 0.2, 0.5, 0.45, 0.4, 0.35, 0.3, 0.75, 1.0, 0.8, 0.85, 0.8, 0.65, 0.3, 0.0, 0.0,
)  # fmt: skip
ROOTS = 12
QUALITY_COUNT = len(QUALITIES)
NO_CHORD = ROOTS * QUALITY_COUNT
CHORD_COUNT = NO_CHORD + 1

MODES: tuple[str, ...] = ("ionian", "mixolydian", "lydian", "dorian", "aeolian", "phrygian")
MODE_SCALES: tuple[tuple[int, ...], ...] = (
    (0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 5, 7, 9, 10), (0, 2, 4, 6, 7, 9, 11),
    (0, 2, 3, 5, 7, 9, 10), (0, 2, 3, 5, 7, 8, 10), (0, 1, 3, 5, 7, 8, 10),
)  # fmt: skip
MINOR_MODES = (3, 4, 5)
_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SUFFIXES = (
    "", "m", "7", "maj7", "m7", "sus4", "sus2", "dim", "dim7", "m7b5", "aug", "mMaj7", "maj7#11", "add9", "5",
    "ped",
)  # fmt: skip
# Where each scale degree may lie above the root, in semitones.
_DEGREE_RANGE = ((0,), (1, 2), (3, 4), (5, 6), (6, 7, 8), (8, 9), (9, 10, 11))


def chord_id(root: int, quality: str) -> int:
    """The id of a chord whose root lies `root` semitones above the tonic (any integer, taken mod 12)."""
    return root % ROOTS * QUALITY_COUNT + QUALITIES.index(quality)


def root_of(chord: int) -> int | None:
    """Semitones of the root above the tonic, 0..11; None for NO_CHORD."""
    return None if chord == NO_CHORD else chord // QUALITY_COUNT


def quality_of(chord: int) -> str | None:
    """Name of the quality; None for NO_CHORD."""
    return None if chord == NO_CHORD else QUALITIES[chord % QUALITY_COUNT]


def pitch_classes(chord: int, tonic: int = 0) -> tuple[int, ...]:
    """The chord's pitch classes, root first, when the tonic is pitch class `tonic`; () for NO_CHORD."""
    if chord == NO_CHORD:
        return ()
    root = chord // QUALITY_COUNT
    return tuple((tonic + root + i) % 12 for i in INTERVALS[chord % QUALITY_COUNT])


def fifths_distance(root: int) -> int:
    """Steps on the circle of fifths between tonic and a root `root` semitones above it, 0..6."""
    steps = root * 7 % 12
    return min(steps, 12 - steps)


def tension(chord: int) -> float:
    """0..1: .6 x circle-of-fifths distance from the tonic / 6 + .4 x dissonance; NO_CHORD gives 0."""
    if chord == NO_CHORD:
        return 0.0
    root, quality = divmod(chord, QUALITY_COUNT)
    return 0.6 * fifths_distance(root) / 6 + 0.4 * DISSONANCE[quality]


def chord_name(chord: int, tonic: int) -> str:
    """The chord in words for a tonic pitch class: "Dm7", "N.C."."""
    if chord == NO_CHORD:
        return "N.C."
    root, quality = divmod(chord, QUALITY_COUNT)
    return _NAMES[(tonic + root) % 12] + _SUFFIXES[quality]


def _degree_of(interval: int, intervals: tuple[int, ...]) -> int:
    """The scale degree 0..6 on which a chord tone lies: a tritone is a fifth unless a true fifth is there."""
    if interval == 6:
        return 3 if 7 in intervals else 4
    if interval == 9:
        return 6  # only in dim7, where it is the diminished seventh
    return {0: 0, 2: 1, 3: 2, 4: 2, 5: 3, 7: 4, 8: 4, 10: 6, 11: 6}[interval]


@cache
def chord_scale(chord: int, mode: int) -> tuple[int, ...]:
    """Seven semitone offsets above the chord's root, ascending from 0: the scale that fits chord and mode.

    chord: id; NO_CHORD gives the mode's scale on the tonic.  mode: index into MODES.
    Chord tones stand on their own degrees (third on 2, fifth on 4, seventh on 6); the other degrees are
    taken from the key where they can be. Thus degree 0, 2, 4 (and 6 in seventh chords) always sound the
    chord.
    """
    if chord == NO_CHORD:
        return MODE_SCALES[mode]
    root, quality = divmod(chord, QUALITY_COUNT)
    intervals = INTERVALS[quality]
    fixed = {_degree_of(i, intervals): i for i in intervals}
    key = {(pc - root) % 12 for pc in MODE_SCALES[mode]}
    minor = 3 in intervals or (4 not in intervals and 3 in key)
    usual = MODE_SCALES[3] if minor else MODE_SCALES[1]
    ranges = [(fixed[d],) if d in fixed else _DEGREE_RANGE[d] for d in range(7)]
    rising = (s for s in product(*ranges) if all(a < b for a, b in zip(s, s[1:], strict=False)))
    return max(
        rising,
        key=lambda s: (sum(n in key for n in s), -sum(abs(a - b) for a, b in zip(s, usual, strict=True)), s),
    )


def scale_pitch_classes(chord: int, mode: int, tonic: int = 0) -> frozenset[int]:
    """Pitch classes of chord_scale for a tonic: what melody and texture may sound over this chord."""
    root = root_of(chord) or 0
    return frozenset((tonic + root + offset) % 12 for offset in chord_scale(chord, mode))
