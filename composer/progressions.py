"""Four-chord turns of each mode, as (semitones above the tonic, quality), from calm to tense."""

from composer.encoding.chord import chord_id, tension
from composer.spotting import Mode, Style

Progression = tuple[tuple[int, str], ...]

PROGRESSIONS: dict[Mode, tuple[Progression, ...]] = {
    "ionian": (
        ((0, "add9"), (5, "maj7"), (0, "add9"), (7, "sus4")),
        ((0, "maj"), (5, "maj"), (9, "min"), (7, "maj")),
        ((0, "maj"), (4, "min"), (5, "maj"), (7, "maj")),
        ((0, "maj"), (9, "min"), (2, "min7"), (7, "7")),
        ((0, "maj"), (4, "maj"), (9, "min"), (5, "min")),
        ((0, "maj"), (8, "maj"), (3, "maj"), (10, "maj")),
        ((0, "maj"), (8, "maj"), (4, "min"), (1, "maj7")),
    ),
    "lydian": (
        ((0, "maj"), (2, "maj"), (0, "maj7"), (7, "maj")),
        ((0, "add9"), (7, "sus4"), (2, "maj"), (0, "maj")),
        ((0, "maj7"), (2, "maj"), (9, "min7"), (7, "maj")),
        ((0, "maj"), (4, "maj"), (2, "maj"), (0, "maj7#11")),
        ((0, "maj"), (6, "min"), (2, "maj"), (11, "min")),
    ),
    "mixolydian": (
        ((0, "maj"), (10, "maj"), (5, "maj"), (0, "maj")),
        ((0, "maj"), (5, "maj"), (10, "maj"), (5, "maj")),
        ((0, "maj"), (7, "min"), (10, "maj"), (5, "maj")),
        ((0, "7"), (10, "maj"), (3, "maj"), (5, "maj")),
        ((0, "maj"), (3, "maj"), (8, "maj"), (1, "maj7")),
    ),
    "dorian": (
        ((0, "min"), (5, "maj"), (0, "min7"), (5, "maj")),
        ((0, "min"), (10, "maj"), (5, "maj"), (0, "min")),
        ((0, "min"), (3, "maj"), (10, "maj"), (5, "maj")),
        ((0, "min7"), (2, "min7"), (3, "maj7"), (5, "7")),
        ((0, "min"), (8, "maj"), (1, "maj"), (7, "maj")),
        ((0, "min"), (8, "min"), (11, "min"), (6, "hdim")),
    ),
    "aeolian": (
        ((0, "min"), (8, "maj7"), (3, "add9"), (10, "sus4")),
        ((0, "min"), (8, "maj"), (3, "maj"), (10, "maj")),
        ((0, "min"), (5, "min"), (8, "maj"), (7, "min")),
        ((0, "min"), (10, "maj"), (8, "maj"), (7, "maj")),
        ((0, "min"), (3, "maj"), (5, "min"), (8, "maj")),
        ((0, "min"), (8, "min"), (0, "min"), (11, "min")),
        ((0, "minmaj7"), (6, "dim"), (8, "maj7#11"), (7, "maj")),
    ),
    "phrygian": (
        ((0, "min"), (1, "maj"), (0, "min"), (10, "min")),
        ((0, "min"), (8, "maj"), (1, "maj"), (0, "min")),
        ((0, "min"), (5, "min"), (1, "maj7"), (0, "min")),
        ((0, "min"), (1, "maj"), (6, "dim"), (8, "min")),
    ),
}

# What a style makes of a plain triad or seventh.
COLOURS: dict[Style, dict[str, str]] = {
    "orchestral": {},
    "chamber": {"7": "maj"},
    "electronic_tension": {"maj": "add9", "min": "power", "7": "sus4"},
    "silent_piano": {"add9": "maj", "maj7": "maj", "sus4": "7"},
    "folk_western": {"add9": "maj", "maj7": "maj", "min7": "min", "7": "maj", "maj7#11": "maj"},
    "noir_jazz": {"maj": "maj7", "min": "min7", "add9": "maj7", "dim": "hdim", "sus4": "7"},
    "ambient": {"maj": "add9", "min": "min7", "7": "sus4", "dim": "sus2"},
}


def coloured(progression: Progression, style: Style) -> Progression:
    """A progression in a style's qualities."""
    return tuple((root, COLOURS[style].get(quality, quality)) for root, quality in progression)


def mean_tension(progression: Progression) -> float:
    """Mean chord tension of a progression, 0..1."""
    return sum(tension(chord_id(root, quality)) for root, quality in progression) / len(progression)
