"""Keys, modes and tempi of a film's cues: related neighbours, one home, small leanings."""

from collections.abc import Sequence

from composer.draws import draw, pick
from composer.practice import LADDER, MODE_HAPPINESS, TONE_MODES, Practice
from composer.settings import Tone
from composer.spotting import Mode
from composer.tempo_fit import TempoWish
from composer.theory import key_pc_of

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
# Fifths up and down, the same, relatives and mediants: the joins that sound meant.
RELATED = (0, 7, 5, 0, 9, 3, 4, 8)
# Where one cue runs on into the next the ear holds the old key: the same one, or a fifth away.
CLOSE = (0, 7, 5, 0)
CERTAIN_SATURATION = 0.06


def key_chain(runs_on: Sequence[bool], seed: int, asked: str | None) -> list[str]:
    """Tonics of a film's cues, each related to the one before; all the one that was asked for.

    runs_on: of each cue, whether the next one begins where it ends.
    """
    if asked is not None:
        return [asked] * len(runs_on)
    at = int(draw(seed, "home key") * 12)
    keys: list[str] = []
    for number, close in enumerate(runs_on):
        keys.append(TONICS[at])
        at = (at + pick(CLOSE if close else RELATED, seed, "key step", number)) % 12
    return keys


def tonic_pc(name: str) -> int:
    """Pitch class of a tonic's name."""
    return key_pc_of(name)


def mode_of(pleasure: float, saturation: float, tone: Tone, share: float, practice: Practice) -> Mode:
    """A cue's mode: the tone's home, leaned by colour (at most a quarter) and by a little seeded variety.

    A picture without colour says nothing: it leans to neither side.  At most two steps from home.
    """
    options = TONE_MODES[tone]
    home = MODE_HAPPINESS[options[0]]
    # Pleasure keeps within .375-.625 (vision.affect); stretched here to the ladder's own range.
    seen = min(max((pleasure - 0.375) / 0.25, 0.0), 1.0) if saturation >= CERTAIN_SATURATION else 0.5
    colour = 0.21 + 0.62 * seen
    wanted = (1 - practice.colour_weight) * home + practice.colour_weight * colour + 0.24 * (share - 0.5)
    near = [m for m in options if abs(LADDER.index(m) - LADDER.index(options[0])) <= 2]
    return min(near, key=lambda mode: (abs(MODE_HAPPINESS[mode] - wanted), options.index(mode)))


def tempo_wish(arousal: float, share: float, asked: float | None, practice: Practice) -> TempoWish:
    """Preferred tempi for an arousal: its band, a wish inside it by arousal and a seeded share."""
    step = practice.step_share_pulse if arousal >= practice.pulse_arousal else practice.step_share
    if asked is not None:
        return TempoWish(asked, asked, asked, practice.section_tempo_share, step)
    floor = 0.0
    for ceiling, low, high in practice.tempo_bands:
        if arousal < ceiling or ceiling > 1.0:
            place = min(max((arousal - floor) / (ceiling - floor), 0.0), 1.0)
            wish = low + (high - low) * (0.6 * place + 0.4 * share)
            return TempoWish(low, high, wish, practice.section_tempo_share, step)
        floor = ceiling
    raise AssertionError("the last band reaches above 1")
