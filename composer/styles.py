"""The style table: which instrument plays which role, in which octaves, and how. Read it as an orchestrator.

Programmes are General MIDI, 0..127. An instrument plays where its section's arousal lies in [calm, wild).
"""

from dataclasses import dataclass
from typing import Literal

from composer.notes import Role
from composer.spotting import Style

Articulation = Literal["legato", "detached", "short", "ring"]


@dataclass(frozen=True, slots=True)
class Instrument:
    """One line of the table.

    low, high: written range in MIDI pitches; notes outside are moved by octaves.  octave: semitones added
    to the role's notes (a doubling).  level: velocity added.  under_speech: may it play beneath a voice.
    pan: -1 left .. 1 right, by the usual seating.
    """

    name: str
    programme: int
    low: int
    high: int
    articulation: Articulation
    pan: float = 0.0
    octave: int = 0
    level: int = 0
    calm: float = 0.0
    wild: float = 1.01
    under_speech: bool = True
    drums: bool = False


@dataclass(frozen=True, slots=True)
class StyleTable:
    """A style's instruments by role, those that mark its hits, and the velocities of dynamics 0 and 1.

    swing: how late (share of a 16th) every second 16th of an eighth pair and every offbeat eighth comes.
    """

    roles: dict[Role, tuple[Instrument, ...]]
    accents: tuple[Instrument, ...]
    softest: int
    loudest: int
    humanise_ms: float
    swing: float = 0.0


_TIMPANI = Instrument("Timpani", 47, 38, 55, "ring", 0.25, level=-6, under_speech=False)
_VIOLINS = Instrument("Violins", 48, 55, 96, "legato", -0.35, calm=0.3, under_speech=False)
_HIGH_VIOLINS = Instrument(
    "Violins 8va", 48, 67, 96, "legato", -0.35, octave=12, level=-6, calm=0.55, under_speech=False
)
_KIT_QUIET = Instrument("Kit", 0, 35, 59, "ring", 0.0, level=-14, drums=True, under_speech=False)

ORCHESTRAL = StyleTable(
    roles={
        "melody": (
            Instrument("Oboe", 68, 58, 88, "legato", -0.05, wild=0.3, under_speech=False),
            _VIOLINS,
            _HIGH_VIOLINS,
            Instrument("Horns", 60, 46, 77, "legato", -0.2, level=-2, calm=0.55, under_speech=False),
            Instrument("Trumpet", 56, 55, 84, "detached", 0.15, level=-8, calm=0.8, under_speech=False),
        ),
        "bass": (
            Instrument("Cellos", 48, 36, 60, "legato", 0.3, octave=12, level=-6, calm=0.25),
            Instrument("Contrabasses", 43, 28, 55, "legato", 0.45),
            Instrument(
                "Bass Trombone", 57, 31, 55, "detached", 0.35, level=-10, calm=0.78, under_speech=False
            ),
        ),
        "pad": (
            Instrument("Slow Strings", 49, 41, 84, "legato", -0.1, wild=0.55),
            Instrument("Strings", 48, 41, 84, "legato", -0.1, calm=0.55),
            Instrument("Horns Pad", 60, 43, 67, "legato", -0.25, level=-12, calm=0.66, under_speech=False),
        ),
        "arpeggio": (
            Instrument("Harp", 46, 40, 96, "ring", -0.5, level=2, wild=0.42),
            Instrument("Pizzicato", 45, 40, 88, "short", 0.1, calm=0.42, wild=0.62),
            Instrument("Spiccato", 48, 43, 91, "short", -0.3, level=4, calm=0.62),
        ),
        "percussion": (_TIMPANI, Instrument("Taiko", 116, 40, 64, "ring", 0.0, level=-8, calm=0.78)),
    },
    accents=(
        Instrument("Harp Accent", 46, 40, 84, "ring", -0.5, level=4, wild=0.42),
        Instrument("Pizzicato Accent", 45, 40, 84, "short", 0.0, level=4, calm=0.42),
    ),
    softest=34,
    loudest=108,
    humanise_ms=7.0,
)

CHAMBER = StyleTable(
    roles={
        "melody": (
            Instrument("Clarinet", 71, 50, 86, "legato", 0.1, wild=0.3, under_speech=False),
            Instrument("Violin", 40, 55, 93, "legato", -0.3, calm=0.3, under_speech=False),
        ),
        "bass": (Instrument("Cello", 42, 36, 62, "legato", 0.3),),
        "pad": (
            # Chords of one viola's samples sound like an organ; a few players breathe.
            Instrument("Quiet Strings", 49, 48, 81, "legato", -0.1, wild=0.5),
            Instrument("Strings", 48, 48, 81, "legato", -0.1, calm=0.5),
            Instrument("Viola", 41, 48, 79, "legato", 0.15, level=-8, calm=0.5),
        ),
        "arpeggio": (
            Instrument("Piano", 0, 36, 96, "ring", -0.1, wild=0.5),
            Instrument("Pizzicato", 45, 43, 84, "short", 0.15, calm=0.5),
        ),
    },
    accents=(Instrument("Pizzicato Accent", 45, 40, 84, "short", 0.0, level=2),),
    softest=36,
    loudest=100,
    humanise_ms=8.0,
)

ELECTRONIC_TENSION = StyleTable(
    roles={
        "melody": (Instrument("Soft Lead", 81, 48, 84, "legato", 0.0, level=-10, under_speech=False),),
        "bass": (
            Instrument("Synth Bass", 38, 28, 52, "detached", 0.0, level=4),
            Instrument("Sub", 39, 24, 45, "legato", 0.0, octave=-12, level=-8, calm=0.5),
        ),
        "pad": (
            Instrument("Warm Pad", 89, 43, 84, "legato", -0.2),
            Instrument("Sweep Pad", 95, 43, 84, "legato", 0.3, level=-10, calm=0.5),
        ),
        "arpeggio": (
            Instrument("Pulse", 81, 43, 84, "short", 0.3, level=-12, calm=0.4),
            Instrument("Glass", 98, 48, 93, "ring", -0.3, level=-6, wild=0.4),
        ),
        "percussion": (Instrument("Electronic Kit", 25, 35, 59, "ring", 0.0, level=-8, drums=True),),
    },
    accents=(Instrument("Impact", 117, 36, 60, "ring", 0.0, level=6),),
    softest=40,
    loudest=108,
    humanise_ms=2.0,
)

SILENT_PIANO = StyleTable(
    roles={
        "melody": (Instrument("Piano Right Hand", 0, 60, 96, "detached", 0.0, level=8, under_speech=False),),
        "bass": (Instrument("Piano Left Hand", 0, 31, 57, "detached", 0.0),),
        "pad": (Instrument("Piano Chords", 0, 48, 72, "detached", 0.0, level=-6),),
        "arpeggio": (Instrument("Piano Figures", 0, 48, 91, "detached", 0.0, level=-4),),
    },
    accents=(Instrument("Piano Accent", 0, 36, 91, "detached", 0.0, level=8),),
    softest=42,
    loudest=112,
    humanise_ms=8.0,
)

FOLK_WESTERN = StyleTable(
    roles={
        "melody": (
            Instrument("Harmonica", 22, 55, 86, "legato", 0.1, level=-8, wild=0.45, under_speech=False),
            Instrument("Fiddle", 110, 55, 90, "legato", -0.2, calm=0.45, under_speech=False),
        ),
        "bass": (Instrument("Acoustic Bass", 32, 28, 52, "detached", 0.1),),
        "pad": (Instrument("Strings", 49, 45, 79, "legato", -0.1, level=-12),),
        "arpeggio": (
            Instrument("Nylon Guitar", 24, 40, 84, "ring", -0.25, wild=0.5),
            Instrument("Steel Guitar", 25, 40, 84, "ring", -0.25, calm=0.5),
            Instrument(
                "Banjo", 105, 50, 86, "short", 0.35, octave=12, level=-12, calm=0.7, under_speech=False
            ),
        ),
        "percussion": (_KIT_QUIET,),
    },
    accents=(Instrument("Steel Guitar Accent", 25, 40, 84, "ring", 0.0, level=6),),
    softest=40,
    loudest=104,
    humanise_ms=9.0,
)

NOIR_JAZZ = StyleTable(
    roles={
        "melody": (
            Instrument("Muted Trumpet", 59, 54, 82, "legato", 0.15, level=-4, wild=0.4, under_speech=False),
            Instrument("Tenor Sax", 66, 46, 78, "legato", -0.1, level=-4, calm=0.4, under_speech=False),
        ),
        "bass": (Instrument("Upright Bass", 32, 28, 55, "detached", 0.1, level=2),),
        "pad": (
            Instrument("Electric Piano", 4, 48, 76, "legato", -0.25, level=-6, wild=0.5),
            Instrument("Piano", 0, 48, 79, "detached", -0.25, level=-4, calm=0.5),
        ),
        "arpeggio": (Instrument("Vibraphone", 11, 53, 89, "ring", 0.3, level=-6),),
        "percussion": (
            Instrument("Brushes", 40, 35, 59, "ring", 0.0, level=-14, drums=True, under_speech=False),
        ),
    },
    accents=(Instrument("Piano Accent", 0, 36, 84, "detached", -0.2, level=4),),
    softest=38,
    loudest=100,
    humanise_ms=9.0,
    swing=0.6,
)

AMBIENT = StyleTable(
    roles={
        "melody": (Instrument("Soft Piano", 0, 55, 91, "ring", 0.0, level=-4, under_speech=False),),
        "bass": (Instrument("Deep Pad", 89, 28, 52, "legato", 0.0, level=-4),),
        "pad": (
            Instrument("Warm Pad", 89, 43, 84, "legato", -0.2),
            Instrument("Choir", 91, 48, 79, "legato", 0.25, level=-14, calm=0.4),
        ),
        "arpeggio": (
            Instrument("Celesta", 8, 60, 96, "ring", 0.3, level=-8, wild=0.35),
            Instrument("Electric Piano", 4, 48, 89, "ring", -0.3, level=-6, calm=0.35),
        ),
    },
    accents=(Instrument("Soft Bell", 14, 48, 84, "ring", 0.0, level=-6),),
    softest=34,
    loudest=90,
    humanise_ms=12.0,
)

STYLES: dict[Style, StyleTable] = {
    "orchestral": ORCHESTRAL,
    "chamber": CHAMBER,
    "electronic_tension": ELECTRONIC_TENSION,
    "silent_piano": SILENT_PIANO,
    "folk_western": FOLK_WESTERN,
    "noir_jazz": NOIR_JAZZ,
    "ambient": AMBIENT,
}

# Where each role is written before instruments take it: (low, high).
ROLE_RANGE: dict[Role, tuple[int, int]] = {
    "melody": (55, 88),
    "bass": (28, 52),
    "pad": (45, 79),
    "arpeggio": (48, 91),
    "percussion": (35, 59),
}
SPEECH_PAD_RANGE = (43, 60)  # nothing sustained in C4-C6 beneath a voice
