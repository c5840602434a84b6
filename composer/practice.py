"""How films are scored, as numbers: one readable table that a director may change.

Every default is PRACTICE's; where a figure is ours, its comment says so.
"""

from composer.spotting import Mode
from vision.artifact import Frozen


class Practice(Frozen):
    """Spotting, tempo and mapping figures. Times in seconds, rates a minute, arousal and shares 0..1.

    coverage_short, _medium, _long: share of the programme that is scored, up to 3, 3-30, over 30 minutes;
    a long film counts as talk-heavy or as action by its share of speech and its mean arousal.
    tempo_bands: (arousal up to, lowest, highest preferred quarter notes a minute), calm to wild.
    """

    coverage_short: float = 0.95
    coverage_medium: float = 0.50
    coverage_long: float = 0.40
    coverage_talk: float = 0.30
    coverage_action: float = 0.60
    coverage_silent: float = 1.0
    short_film_s: float = 180.0
    long_film_s: float = 1800.0
    talk_share: float = 0.45
    action_arousal: float = 0.60

    shortest_cue_s: float = 15.0
    longest_cue_s: float = 270.0
    typical_cue_s: float = 90.0
    shortest_sting_s: float = 3.0
    longest_gap_joined_s: float = 15.0
    section_s: float = 15.0
    credits_s: float = 20.0
    music_window_s: float = 5.0
    music_air_s: float = 1.0
    music_film_share: float = 0.60

    line_rest_s: float = 1.5
    after_line_s: tuple[float, float] = (0.3, 1.0)
    conversation_gap_s: float = 4.0
    ring_s: tuple[float, float] = (1.0, 3.0)
    tail_under_line_s: float = 0.4

    hits_a_minute: dict[str, float] = {"sparse": 1.0, "normal": 3.0, "tight": 8.0}
    hits_a_minute_piano: float = 12.0
    hits_a_minute_speech: float = 1.0
    hit_spacing_s: float = 5.0
    hit_spacing_tight_s: float = 2.0
    hit_spacing_speech_s: float = 8.0
    turn_every_s: float = 30.0
    effect_air_s: float = 0.15
    accent_share: float = 0.30
    merge_beats: float = 2.0
    join_contrast: float = 0.18

    tempo_bands: tuple[tuple[float, float, float], ...] = (
        (0.22, 56.0, 72.0),
        (0.45, 72.0, 92.0),
        (0.62, 84.0, 112.0),
        (0.80, 112.0, 138.0),
        (1.01, 138.0, 168.0),
    )
    slowest_qpm: float = 48.0
    fastest_qpm: float = 176.0
    section_tempo_share: float = 0.05
    step_share: float = 0.02
    step_share_pulse: float = 0.015
    irregular_share: float = 0.03
    pulse_arousal: float = 0.45

    melody_share: float = 0.40
    melody_speech: float = 0.25
    theme_cue_share: float = 0.40
    colour_weight: float = 0.25
    energy_weight: float = 0.5


# Happiness of the diatonic modes, Temperley & Tan, Emotional connotations of diatonic modes, 2013.
MODE_HAPPINESS: dict[Mode, float] = {
    "phrygian": 0.21,
    "aeolian": 0.34,
    "dorian": 0.40,
    "lydian": 0.58,
    "mixolydian": 0.64,
    "ionian": 0.83,
}
LADDER: tuple[Mode, ...] = ("phrygian", "aeolian", "dorian", "lydian", "mixolydian", "ionian")

# Home mode first, then the modes that a tone may lean to; all within two steps of the ladder from home.
TONE_MODES: dict[str, tuple[Mode, ...]] = {
    "light": ("ionian", "mixolydian", "lydian"),
    "neutral": ("dorian", "aeolian", "mixolydian"),
    "dark": ("aeolian", "phrygian", "dorian"),
    "tense": ("phrygian", "aeolian", "dorian"),
    "comic": ("mixolydian", "ionian", "lydian"),
}
