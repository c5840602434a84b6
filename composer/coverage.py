"""How much music, and under which stretches of the film: rough spans that entries and exits then refine."""

from dataclasses import dataclass

from scipy.ndimage import uniform_filter1d

from composer.practice import Practice
from composer.reading import NO_PICTURE, Reading, Span, merged, overlap, without
from composer.scenes import TITLE_NOVELTY, Scene, parts
from composer.settings import ExistingMusic

SPREAD_S = 300.0
# Ours, on the demo film and the nine clips: a dissolve into another day parts two cues, a cut may not.
GRADUAL_BONUS = 0.08
CUT_SCORE = 0.55


@dataclass(frozen=True, slots=True)
class Blocked:
    """A stretch where no cue may sound, and why."""

    start_s: float
    end_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch that may carry music, how much it wants it, and whether it must."""

    start_s: float
    end_s: float
    want: float
    must: bool = False

    @property
    def length_s(self) -> float:
        """Seconds."""
        return self.end_s - self.start_s


def target_share(reading: Reading, asked: float | None, practice: Practice) -> float:
    """Share of the programme to be scored, by length, talk and action; as asked where it was."""
    if asked is not None:
        return asked
    sound = reading.analysis.sound
    if all(span.kind == "silence" for span in sound.spans) and not sound.speech:
        return practice.coverage_silent
    if reading.length_s <= practice.short_film_s:
        return practice.coverage_short
    if reading.length_s <= practice.long_film_s:
        return practice.coverage_medium
    if sound.speech_share >= practice.talk_share:
        return practice.coverage_talk
    if reading.mean("arousal", reading.start_s, reading.end_s) >= practice.action_arousal:
        return practice.coverage_action
    return practice.coverage_long


def existing_music(reading: Reading, practice: Practice) -> tuple[Span, ...]:
    """Where music fills half of a 5 s window, widened by a second of air; times to the half second."""
    music, times = reading.curves.music, reading.curves.sound_time_s
    if not len(times):
        return ()
    hop = float(times[1] - times[0]) if len(times) > 1 else 0.5
    width = max(round(practice.music_window_s / hop), 1)
    filled = uniform_filter1d((music >= 0.5).astype(float), width, mode="constant") >= 0.5 - 1e-9
    air = hop / 2 + practice.music_air_s
    spans = [(float(t) - air, float(t) + air) for t, full in zip(times, filled, strict=True) if full]
    return merged(spans, 0.0)


def blocked(
    reading: Reading, directed: tuple[Blocked, ...], existing: ExistingMusic, practice: Practice
) -> list[Blocked]:
    """Every stretch without score that is settled before the picture is asked, in order."""
    found = [*directed]
    if existing == "avoid":
        found += [Blocked(a, b, "the film's own music sounds") for a, b in existing_music(reading, practice)]
    found += [Blocked(a, b, "logo") for a, b in reading.regions("logo")]
    found += [Blocked(a, b, "leader or slate, not picture") for a, b in reading.regions(*NO_PICTURE)]
    return sorted(found, key=lambda hole: (hole.start_s, hole.end_s))


def free_spans(reading: Reading, holes: list[Blocked]) -> list[Span]:
    """Where music may be."""
    spans = merged([(hole.start_s, hole.end_s) for hole in holes], 0.0)
    return without((reading.start_s, reading.end_s), spans)


def stretches(
    reading: Reading, found: tuple[Scene, ...], free: list[Span], musts: list[float], practice: Practice
) -> list[Stretch]:
    """The free stretches of every scene with their want: little speech, strong or still pictures, new
    scenes, titles, the film's first and last minutes. musts: moments that have to be scored.
    """
    mean = reading.mean("arousal", reading.start_s, reading.end_s)
    titles = reading.regions("title", "credits")
    long_credits = [(a, b) for a, b in reading.regions("credits") if b - a >= practice.credits_s]
    scored = merged([*reading.regions("title"), *long_credits], 0.0)
    result: list[Stretch] = []
    for scene in found:
        for a, b in parts(reading, scene, practice.typical_cue_s):
            for low, high in free:
                start, end = max(a, low), min(b, high)
                if end - start <= 1e-6:
                    continue
                want = 0.9 * (1.0 - reading.speech_share(start, end))
                want += 0.7 * abs(reading.mean("arousal", start, end) - mean)
                want += 0.1 * min(scene.novelty, 1.0) if a == scene.start_s else 0.0
                want += 0.8 if overlap(titles, start, end) > 0 else 0.0
                want += 0.25 if start == reading.start_s or end == reading.end_s else 0.0
                must = any(start <= moment < end for moment in musts)
                must = must or overlap(scored, start, end) > 0.5 * (end - start)
                result.append(Stretch(start, end, want, must))
    return result


def chosen(candidates: list[Stretch], budget_s: float) -> list[Stretch]:
    """Stretches up to the budget, those that must first, then by want; distance from music adds to it.

    The last one taken may overshoot the budget by half its length; a film's first stretch is as good as any.
    """
    taken = [item for item in candidates if item.must]
    left = {item: min((_apart(item, other) for other in taken), default=SPREAD_S) for item in candidates}
    left = {item: near for item, near in left.items() if not item.must}
    used = sum(item.length_s for item in taken)
    while left:
        best = max(left, key=lambda item: (item.want + 0.4 * min(left[item] / SPREAD_S, 1.0), -item.start_s))
        del left[best]
        if used + best.length_s / 2 > budget_s:
            continue
        taken.append(best)
        used += best.length_s
        left = {item: min(near, _apart(item, best)) for item, near in left.items()}
    return sorted(taken, key=lambda item: item.start_s)


def _apart(one: Stretch, other: Stretch) -> float:
    """Seconds between two stretches, 0 where they touch."""
    return max(other.start_s - one.end_s, one.start_s - other.end_s, 0.0)


def runs(taken: list[Stretch], free: list[Span], found: tuple[Scene, ...], practice: Practice) -> list[Span]:
    """Stretches joined into cues' rough spans: gaps under 15 s closed where they are free, long runs and
    strong contrasts cut at a scene.
    """
    joined: list[Span] = []
    for item in taken:
        gap = (joined[-1][1], item.start_s) if joined else None
        if gap and item.start_s - gap[0] < practice.longest_gap_joined_s and _free(gap, free):
            joined[-1] = (joined[-1][0], item.end_s)
        else:
            joined.append((item.start_s, item.end_s))
    return [piece for run in joined for piece in _cut(run, found, practice)]


def _free(span: Span, free: list[Span]) -> bool:
    return any(low <= span[0] and span[1] <= high for low, high in free)


def _cut(run: Span, found: tuple[Scene, ...], practice: Practice) -> list[Span]:
    """A run cut at the scene start that asks for it most, until no piece is too long or torn."""
    start, end = run
    least = max(practice.shortest_cue_s + 3.0, 18.0)
    options = [
        (_contrast(a, b) + 0.3 * min(b.novelty, 1.0) + (GRADUAL_BONUS if b.gradual else 0.0), b.start_s)
        for a, b in zip(found, found[1:], strict=False)
        if start + least <= b.start_s <= end - least
    ]
    length = end - start
    too_long = length > practice.longest_cue_s - 20.0
    titled = [scene.start_s for scene in found if scene.novelty >= TITLE_NOVELTY]
    for at in titled:
        if start + least <= at <= end - least:
            return [*_cut((start, at), found, practice), *_cut((at, end), found, practice)]
    wish = CUT_SCORE - 0.25 * min(max(length / practice.typical_cue_s - 1.0, 0.0), 1.5)
    if options:
        score, at = max(
            options, key=lambda option: option[0] - abs(option[1] - (start + end) / 2) / length / 4
        )
        if too_long or score >= wish:
            return [*_cut((start, at), found, practice), *_cut((at, end), found, practice)]
    credited = any(s.novelty >= TITLE_NOVELTY and s.start_s <= start and end <= s.end_s for s in found)
    if too_long and not credited:
        middle = (start + end) / 2
        return [*_cut((start, middle), found, practice), *_cut((middle, end), found, practice)]
    return [run]


def _contrast(before: Scene, after: Scene) -> float:
    return abs(after.arousal - before.arousal) + 0.5 * abs(after.pleasure - before.pleasure)
