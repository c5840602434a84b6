"""Which moments of the picture a cue may mark: turns first, a few accents, never a conversation's cuts."""

from dataclasses import dataclass, replace

from composer.practice import Practice
from composer.reading import Reading
from composer.scenes import novelty
from composer.settings import HitBudget
from composer.spotting import HitKind, Style

TALK_REACH_S = 1.5
TURN_NOVELTY = 0.45
CHANGE_WINDOW_S = 12.0
LEAST_ACCENT = 0.25


@dataclass(frozen=True, slots=True)
class HitWish:
    """A moment that the music may mark. weight: what it costs to leave it out. contrast: arousal after it
    less before it.
    """

    time_s: float
    kind: HitKind
    strength: float
    required: bool
    reason: str
    directed: bool = False
    contrast: float = 0.0

    @property
    def weight(self) -> float:
        """The cost of leaving it out, in the tempo search's unit."""
        return 0.8 + 1.6 * self.strength


@dataclass(frozen=True, slots=True)
class HitLimits:
    """How many hits a cue may have between its in and its out, and how close."""

    most: int
    spacing_s: float
    most_in_speech: int

    @classmethod
    def of(
        cls, budget: HitBudget, style: Style, length_s: float, speech_s: float, practice: Practice
    ) -> "HitLimits":
        """The limits of a cue of some length, `speech_s` of it under speech."""
        rate = practice.hits_a_minute[budget]
        if style == "silent_piano" and budget == "tight":
            rate = practice.hits_a_minute_piano
        spacing = practice.hit_spacing_tight_s if budget == "tight" else practice.hit_spacing_s
        clear_s = max(length_s - speech_s, 0.0)
        spoken = practice.hits_a_minute_speech * speech_s / 60
        return cls(int(rate * clear_s / 60 + spoken + 1e-9), spacing, int(spoken + 1e-9))


def hit_wishes(
    reading: Reading,
    start_s: float,
    out_s: float,
    directed: list[HitWish],
    budget: HitBudget,
    style: Style,
    practice: Practice,
) -> list[HitWish]:
    """The hits of a cue between its in and its out, in order of time; the directed ones are all among them.

    At most one required turn every 30 s; the caps and spacings of `--hits`; accents at most 30 % of all.
    """
    speech_s = reading.speech_share(start_s, out_s) * (out_s - start_s)
    limits = HitLimits.of(budget, style, out_s - start_s, speech_s, practice)
    chosen = list(directed)
    candidates = sorted(_candidates(reading, start_s, out_s, practice), key=lambda h: (-h.strength, h.time_s))
    turns = [h for h in candidates if h.kind == "turn"]
    for wish in turns:
        if _fits(reading, wish, chosen, start_s, out_s, limits, practice):
            near = any(c.required and abs(c.time_s - wish.time_s) < practice.turn_every_s for c in chosen)
            chosen.append(wish if not near else replace(wish, required=False))
    for wish in (h for h in candidates if h.kind == "accent"):
        accents = sum(h.kind == "accent" for h in chosen) + 1
        if accents > practice.accent_share * (len(chosen) + 3):
            break
        if _fits(reading, wish, chosen, start_s, out_s, limits, practice):
            chosen.append(wish)
    return sorted(chosen, key=lambda h: h.time_s)


def _fits(
    reading: Reading,
    wish: HitWish,
    chosen: list[HitWish],
    start_s: float,
    out_s: float,
    limits: HitLimits,
    practice: Practice,
) -> bool:
    if len(chosen) >= limits.most:
        return False
    spoken = in_speech(reading, wish.time_s)
    if spoken and sum(in_speech(reading, h.time_s) for h in chosen) >= max(limits.most_in_speech, 0):
        return False
    spacing = practice.hit_spacing_speech_s if spoken else limits.spacing_s
    edges = (start_s, out_s, *(h.time_s for h in chosen))
    return all(abs(edge - wish.time_s) >= spacing for edge in edges)


def in_speech(reading: Reading, time_s: float) -> bool:
    """Whether a moment lies under speech, or in a pause of it shorter than 1.5 s."""
    word = reading.word_at(time_s, TALK_REACH_S / 2)
    return word is not None


def in_conversation(reading: Reading, time_s: float) -> bool:
    """Whether speech stands within 1.5 s on both sides of a cut, or over it."""
    if reading.word_at(time_s) is not None:
        return True
    before = reading.word_at(time_s - TALK_REACH_S / 2, TALK_REACH_S / 2)
    after = reading.next_word_s(time_s) - time_s <= TALK_REACH_S
    return before is not None and after


def _candidates(reading: Reading, start_s: float, out_s: float, practice: Practice) -> list[HitWish]:
    found: list[HitWish] = []
    for index, shot in enumerate(reading.shots):
        at = shot.start_s
        if index == 0 or not start_s < at < out_s:
            continue
        if in_conversation(reading, at) or reading.effect_near(at, practice.effect_air_s) is not None:
            continue
        contrast = contrast_at(reading, at)
        new = novelty(reading, index) + 0.8 * abs(contrast)
        if new >= TURN_NOVELTY:
            reason = "the picture turns: " + ("more" if contrast > 0 else "less") + " happens from here on"
            strength = min(0.4 + 0.4 * new, 1.0)
            found.append(HitWish(at, "turn", strength, True, reason, contrast=contrast))
            continue
        accent = _accent_strength(reading, index)
        if accent >= LEAST_ACCENT and shot.transition_in == "cut":
            found.append(HitWish(at, "accent", accent, False, "a cut that the picture stresses"))
    return found


def contrast_at(reading: Reading, time_s: float) -> float:
    """Arousal of the 12 s after a moment less that of the 12 s before."""
    low = max(time_s - CHANGE_WINDOW_S, reading.start_s)
    high = min(time_s + CHANGE_WINDOW_S, reading.end_s)
    return reading.mean("arousal", time_s, high) - reading.mean("arousal", low, time_s)


def _accent_strength(reading: Reading, index: int) -> float:
    """How much a cut stresses itself: change of light and motion between its two shots."""
    before, after = reading.shots[index - 1].features, reading.shots[index].features
    light = abs(after.brightness - before.brightness)
    motion = abs(after.motion - before.motion)
    return min(1.2 * light + motion / (motion + 0.3) * 0.6, 1.0)
