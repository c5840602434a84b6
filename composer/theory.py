"""Modes, chords and what fits over them: the part of harmony that is a guarantee, not a taste."""

from dataclasses import dataclass
from typing import Literal

from composer.spotting import Mode

Quality = Literal[
    "maj", "min", "7", "maj7", "min7", "sus4", "sus2", "dim",
    "dim7", "hdim", "aug", "minmaj7", "maj7#11", "add9", "power", "pedal",
]  # fmt: skip

MODE_STEPS: dict[Mode, tuple[int, ...]] = {
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}

# Happiness of a melody in each mode, share of listeners: Temperley & Tan 2013.
MODE_HAPPINESS: dict[Mode, float] = {
    "ionian": 0.83, "mixolydian": 0.64, "lydian": 0.58, "dorian": 0.40, "aeolian": 0.34, "phrygian": 0.21,
}  # fmt: skip
MODE_LADDER: tuple[Mode, ...] = ("ionian", "mixolydian", "lydian", "dorian", "aeolian", "phrygian")

CHORD_STEPS: dict[Quality, tuple[int, ...]] = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10), "sus4": (0, 5, 7), "sus2": (0, 2, 7), "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9), "hdim": (0, 3, 6, 10), "aug": (0, 4, 8), "minmaj7": (0, 3, 7, 11),
    "maj7#11": (0, 4, 7, 11, 6), "add9": (0, 4, 7, 2), "power": (0, 7), "pedal": (0,),
}  # fmt: skip

# How rough each quality sounds, 0 (open fifth) to 1 (minor-major seventh): an ordering, after the usual
# ranking of chord dissonance by sensory roughness (Hutchinson & Knopoff 1979); the spacing is ours.
DISSONANCE: dict[Quality, float] = {
    "power": 0.0, "pedal": 0.0, "maj": 0.05, "min": 0.15, "sus2": 0.2, "sus4": 0.25, "add9": 0.3,
    "maj7": 0.4, "min7": 0.35, "7": 0.5, "maj7#11": 0.6, "hdim": 0.75, "dim": 0.8, "aug": 0.85,
    "dim7": 0.9, "minmaj7": 1.0,
}  # fmt: skip

SUFFIX: dict[Quality, str] = {
    "maj": "", "min": "m", "7": "7", "maj7": "maj7", "min7": "m7", "sus4": "sus4", "sus2": "sus2",
    "dim": "dim", "dim7": "dim7", "hdim": "m7b5", "aug": "aug", "minmaj7": "m(maj7)",
    "maj7#11": "maj7#11", "add9": "add9", "power": "5", "pedal": "pedal",
}  # fmt: skip

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True, slots=True)
class Chord:
    """A root pitch class (0..11), a quality, and a bass pitch class where it isn't the root."""

    root: int
    quality: Quality
    bass: int | None = None

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes from the root up, each once."""
        return tuple((self.root + step) % 12 for step in CHORD_STEPS[self.quality])

    @property
    def bass_pc(self) -> int:
        """Pitch class of the lowest voice."""
        return self.root if self.bass is None else self.bass

    @property
    def third(self) -> int | None:
        """Pitch class of the third, or None in open and suspended chords."""
        return next(((self.root + s) % 12 for s in CHORD_STEPS[self.quality] if s in (3, 4)), None)

    def name(self, flats: bool = True) -> str:
        """The chord in words: "Dm7", "F/A", "G5"."""
        names = FLAT_NAMES if flats else SHARP_NAMES
        text = names[self.root] + SUFFIX[self.quality]
        return text if self.bass is None or self.bass == self.root else f"{text}/{names[self.bass]}"


def scale_pcs(key_pc: int, mode: Mode) -> tuple[int, ...]:
    """Seven pitch classes of a mode, from the tonic up."""
    return tuple((key_pc + step) % 12 for step in MODE_STEPS[mode])


def fifths_distance(a: int, b: int) -> int:
    """Steps between two pitch classes round the circle of fifths, 0..6."""
    distance = (7 * (a - b)) % 12
    return min(distance, 12 - distance)


def tension(chord: Chord, key_pc: int) -> float:
    """0..1: .6 of the root's distance round the circle of fifths, .4 of the quality's dissonance."""
    return 0.6 * fifths_distance(chord.root, key_pc) / 6 + 0.4 * DISSONANCE[chord.quality]


def is_chromatic(chord: Chord, key_pc: int, mode: Mode) -> bool:
    """Whether a chord has a tone outside its key's mode."""
    return not set(chord.pitch_classes) <= set(scale_pcs(key_pc, mode))


def chord_scale(chord: Chord, key_pc: int, mode: Mode) -> frozenset[int]:
    """The pitch classes that may sound over a chord: its tones, and the key's scale bent to hold them.

    Each foreign chord tone takes the place of the scale tone a semitone away (never of a chord tone, and of
    the tonic only when nothing else is near), so G major in C minor gives C harmonic minor.
    """
    tones = set(chord.pitch_classes)
    scale = set(scale_pcs(key_pc, mode))
    for tone in sorted(tones - scale):
        near = [pc for pc in ((tone - 1) % 12, (tone + 1) % 12) if pc in scale and pc not in tones]
        near.sort(key=lambda pc: pc == key_pc)
        scale -= set(near[:1])
        scale.add(tone)
    return frozenset(scale)


def diatonic_triad(degree: int, key_pc: int, mode: Mode) -> Chord:
    """The triad on scale degree 0..6 of a mode."""
    scale = scale_pcs(key_pc, mode)
    root, third, fifth = (scale[(degree + step) % 7] for step in (0, 2, 4))
    shape = ((third - root) % 12, (fifth - root) % 12)
    shapes: dict[tuple[int, int], Quality] = {(4, 7): "maj", (3, 7): "min", (3, 6): "dim", (4, 8): "aug"}
    return Chord(root, shapes.get(shape, "power"))


def is_minor(mode: Mode) -> bool:
    """Whether a mode's third is minor."""
    return MODE_STEPS[mode][2] == 3


def nearest_pitch(pitch: float, allowed: frozenset[int] | set[int], low: int = 0, high: int = 127) -> int:
    """The pitch nearest to `pitch` within [low, high] whose class is allowed; the lower one on a tie.

    Raises ValueError where no such pitch is in range.
    """
    choices = [p for p in range(low, high + 1) if p % 12 in allowed]
    if not choices:
        raise ValueError("no allowed pitch in range")
    return min(choices, key=lambda p: (abs(p - pitch), p))


def uses_flats(key: str, mode: Mode) -> bool:
    """Whether a key is written with flats: by its name, else by its mode's relative major."""
    if "b" in key[1:]:
        return True
    if "#" in key:
        return False
    return key_signature(key_pc_of(key), mode).endswith("b") or key_signature(key_pc_of(key), mode) == "F"


def key_pc_of(name: str) -> int:
    """Pitch class of a tonic's name: "C", "F#", "Bb". Raises ValueError for anything else."""
    letters = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    if not name or name[0] not in letters or name[1:] not in ("", "#", "b"):
        raise ValueError(f"not a key name: {name!r}")
    return (letters[name[0]] + {"": 0, "#": 1, "b": -1}[name[1:]]) % 12


def key_signature(key_pc: int, mode: Mode) -> str:
    """The major key with the same tones, as a MIDI key signature names it: "C", "Bb", "F#"."""
    relative = {"ionian": 0, "lydian": 5, "mixolydian": 7, "dorian": 2, "aeolian": 9, "phrygian": 4}
    names = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    return names[(key_pc - relative[mode]) % 12]
