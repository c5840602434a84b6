"""Pitches and keys as they are written: a place on the line of fifths, C = 0, G = 1, F = -1."""

from typing import Final

from composer.spotting import Mode

LETTERS: Final = "FCGDAEB"
# How far each mode's signature lies from the major one of its tonic.
MODE_OFFSETS: Final[dict[Mode, int]] = {
    "lydian": 1,
    "ionian": 0,
    "mixolydian": -1,
    "dorian": -2,
    "aeolian": -3,
    "phrygian": -4,
}
MOST_ACCIDENTALS: Final = 7
# Of twelve neighbours on the line, three lie on the flat side of the signature's major tonic and eight on
# the sharp side: a minor key's raised sixth and seventh are sharps, a major key's borrowed tones flats.
FLATWARD: Final = 3


def signature(tonic: str, mode: Mode) -> int:
    """Sharps (flats where negative) of a mode on a tonic "C", "F#", "Bb"; respelled beyond seven."""
    place = LETTERS.index(tonic[0]) - 1 + 7 * (tonic.count("#") - tonic.count("b"))
    fifths = place + MODE_OFFSETS[mode]
    if fifths > MOST_ACCIDENTALS:
        return fifths - 12
    return fifths + 12 if fifths < -MOST_ACCIDENTALS else fifths


def spelled_class(pitch_class: int, fifths: int) -> tuple[str, int]:
    """(letter, alteration in semitones) of a pitch class under a signature; never a double accidental."""
    lowest = fifths - FLATWARD
    place = next(p for p in range(lowest, lowest + 12) if p * 7 % 12 == pitch_class % 12)
    if not -8 < place + 1 < 14:  # from Fb (-8) to B# (12)
        place += 12 if place < 0 else -12
    return LETTERS[(place + 1) % 7], (place + 1) // 7


def spelled(pitch: int, fifths: int) -> tuple[str, int, int]:
    """(letter, alteration, octave) of a MIDI pitch; C4 is 60, B#3 too."""
    letter, alter = spelled_class(pitch % 12, fifths)
    return letter, alter, (pitch - alter) // 12 - 1
