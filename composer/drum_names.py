"""General MIDI's drum keys on paper: their names, and a line or space of the percussion staff for each."""

from typing import Final

# key: (name, display step, display octave), after the usual drum-set key: low drums at the bottom, metal on
# top.
PLACES: Final[dict[int, tuple[str, str, int]]] = {
    35: ("Acoustic bass drum", "E", 4),
    36: ("Bass drum", "F", 4),
    37: ("Side stick", "C", 5),
    38: ("Snare drum", "C", 5),
    39: ("Hand clap", "C", 5),
    40: ("Electric snare", "C", 5),
    41: ("Low floor tom", "G", 4),
    42: ("Closed hi-hat", "G", 5),
    43: ("High floor tom", "A", 4),
    44: ("Pedal hi-hat", "D", 4),
    45: ("Low tom", "B", 4),
    46: ("Open hi-hat", "G", 5),
    47: ("Low-mid tom", "B", 4),
    48: ("High-mid tom", "D", 5),
    49: ("Crash cymbal", "A", 5),
    50: ("High tom", "E", 5),
    51: ("Ride cymbal", "F", 5),
    52: ("Chinese cymbal", "A", 5),
    53: ("Ride bell", "F", 5),
    54: ("Tambourine", "B", 5),
    55: ("Splash cymbal", "B", 5),
    56: ("Cowbell", "E", 5),
    57: ("Second crash cymbal", "A", 5),
    59: ("Second ride cymbal", "F", 5),
    81: ("Triangle", "B", 5),
}


def drum_name(key: int) -> str:
    """ "Snare drum"; a key without a name here says its number."""
    return PLACES[key][0] if key in PLACES else f"Drum key {key}"


def drum_place(key: int) -> tuple[str, int]:
    """(step, octave) on the percussion staff; the middle line for a key without a place."""
    _, step, octave = PLACES.get(key, ("", "B", 4))
    return step, octave
