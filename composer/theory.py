"""Chords as the engines hand them on, and what may sound over them: a guarantee, not a taste.

The arithmetic of qualities, scales and tension is `composer.encoding.chord`, which the networks learned in.
"""

from dataclasses import dataclass
from functools import cache

from composer.encoding import chord as code
from composer.spotting import Mode

MODE_STEPS: dict[Mode, tuple[int, ...]] = {
    "ionian": code.MODE_SCALES[0],
    "mixolydian": code.MODE_SCALES[1],
    "lydian": code.MODE_SCALES[2],
    "dorian": code.MODE_SCALES[3],
    "aeolian": code.MODE_SCALES[4],
    "phrygian": code.MODE_SCALES[5],
}


@dataclass(frozen=True, slots=True)
class Chord:
    """A root pitch class (0..11), a quality of `code.QUALITIES`, and a bass where it isn't the root."""

    root: int
    quality: str
    bass: int | None = None

    @property
    def intervals(self) -> tuple[int, ...]:
        """Semitones above the root."""
        return code.INTERVALS[code.QUALITIES.index(self.quality)]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes from the root up, each once."""
        return _pitch_classes(self.root, self.quality)

    @property
    def bass_pc(self) -> int:
        """Pitch class of the lowest voice."""
        return self.root if self.bass is None else self.bass

    def id(self, key_pc: int) -> int:
        """Its number in the chord encoding; a foreign bass is not part of it."""
        return code.chord_id(self.root - key_pc, self.quality)

    def name(self) -> str:
        """The chord in words: "Dm7", "F/A", "G5"."""
        text = code.chord_name(code.chord_id(self.root, self.quality), 0)
        bass = code.chord_name(code.chord_id(self.bass_pc, "maj"), 0)
        return text if self.bass_pc == self.root else f"{text}/{bass}"


@cache
def _pitch_classes(root: int, quality: str) -> tuple[int, ...]:
    return tuple((root + step) % 12 for step in code.INTERVALS[code.QUALITIES.index(quality)])


def chord_of(number: int, key_pc: int) -> Chord:
    """The chord of a number of the encoding; NO_CHORD is read as the bare tonic."""
    root = code.root_of(number)
    quality = code.quality_of(number)
    return Chord(key_pc, "pedal") if root is None or quality is None else Chord((key_pc + root) % 12, quality)


@cache
def vocabulary(key_pc: int) -> tuple[Chord, ...]:
    """The 192 chords of the encoding over a tonic; the index is their number, none is left out."""
    return tuple(chord_of(number, key_pc) for number in range(code.NO_CHORD))


def mode_index(mode: Mode) -> int:
    """Index of a mode in the encodings."""
    return code.MODES.index(mode)


def is_minor(mode: Mode) -> bool:
    """Whether a mode's third is minor."""
    return mode_index(mode) in code.MINOR_MODES


def scale_pcs(key_pc: int, mode: Mode) -> tuple[int, ...]:
    """Seven pitch classes of a mode, from the tonic up."""
    return tuple((key_pc + step) % 12 for step in MODE_STEPS[mode])


def tension(chord: Chord, key_pc: int) -> float:
    """0..1: .6 of the root's distance round the circle of fifths, .4 of the quality's dissonance."""
    return code.tension(chord.id(key_pc))


def is_chromatic(chord: Chord, key_pc: int, mode: Mode) -> bool:
    """Whether a chord has a tone outside its key's mode."""
    return not set(chord.pitch_classes) <= set(scale_pcs(key_pc, mode))


@cache
def chord_scale(chord: Chord, key_pc: int, mode: Mode) -> frozenset[int]:
    """The seven pitch classes that melody and texture may sound over a chord, and its pedal bass."""
    scale = code.scale_pitch_classes(chord.id(key_pc), mode_index(mode), key_pc)
    return scale | {chord.bass_pc}


def rubs(pitch: int, chord: Chord) -> bool:
    """Whether a pitch lies a semitone (a minor ninth) over a tone of a chord: held, it sounds wrong.

    So does the root of a major seventh chord, which sits on its seventh.
    """
    return (pitch - 1) % 12 in chord.pitch_classes


def nearest_pitch(pitch: float, allowed: frozenset[int] | set[int], low: int = 0, high: int = 127) -> int:
    """The pitch nearest to `pitch` within [low, high] whose class is allowed; the lower one on a tie.

    Raises ValueError where no such pitch is in range.
    """
    start = min(max(round(pitch), low), high)
    if start == pitch and start % 12 in allowed:
        return start
    near = [p for p in range(max(low, start - 12), min(high, start + 12) + 1) if p % 12 in allowed]
    if not near:
        raise ValueError("no allowed pitch in range")
    return min(near, key=lambda p: (abs(p - pitch), p))


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
