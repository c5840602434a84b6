"""What each bar of a cue is asked for: one value a section, swells in the bars, space for speech."""

from collections.abc import Sequence
from dataclasses import dataclass

from composer.layers import SPEECH_ONSETS_A_SECOND
from composer.melody_plan import plan_melody
from composer.practice import Practice
from composer.reading import Reading
from composer.request import BarCondition, RequestedHit
from composer.spotting import Ending, ThemeUse
from composer.tempo_map import TempoMap

BUILD_BARS = 4
SPEECH_CALM = 0.5  # of arousal, under speech from end to end: the music steps back
SWELL_SHARE = 0.35
SPEECH_BAR = 0.25
RESTING = 0.28  # below it a section is a held pad
RESTING_HARMONY = 0.30  # below it a chord lasts two bars
# Over an ostinato a tune goes in long notes: at a chase's tempo a moving one is one more figure.
DRIVEN, LONG_LINE = 0.58, 2.2
PRESSING_BARS = 2  # the last bars of a build, in which chords come twice as fast


@dataclass(frozen=True, slots=True)
class Section:
    """From bar `first` on, a stretch of at least 15 s with one arousal and one pleasure."""

    first: int
    arousal: float
    pleasure: float


@dataclass(frozen=True, slots=True)
class CueShape:
    """What conditioning needs to know of a cue. lift: what energy and directions add to arousal."""

    start_s: float
    tempo_map: TempoMap
    out_bar: int
    ending: Ending
    theme_use: ThemeUse
    lift: float
    melody: bool
    hits: tuple[RequestedHit, ...]


def sections(
    reading: Reading, shape: CueShape, changes_s: Sequence[float], practice: Practice
) -> tuple[Section, ...]:
    """Sections of a cue: a new one on the downbeat nearest to each change, 15 s or more apart."""
    starts = [shape.tempo_map.time_s(beat) for beat in shape.tempo_map.bar_starts()]
    out_s = starts[shape.out_bar]
    firsts = [0]
    for change in sorted(changes_s):
        at = change - shape.start_s
        bar = min(range(shape.out_bar), key=lambda index: (abs(starts[index] - at), index), default=0)
        if starts[bar] - starts[firsts[-1]] >= practice.section_s - 1 and out_s - starts[bar] >= 6.0:
            firsts.append(bar)
    edges = [*firsts, shape.out_bar]
    return tuple(
        Section(
            first,
            lifted(reading.mean("arousal", *_film(shape, starts, first, end)), shape.lift),
            reading.mean("pleasure", *_film(shape, starts, first, end)),
        )
        for first, end in zip(firsts, edges[1:], strict=True)
    )


def lifted(arousal: float, lift: float) -> float:
    """Arousal with the wishes for more or less laid on, 0..1."""
    return min(max(arousal + lift, 0.0), 1.0)


def _film(shape: CueShape, starts: list[float], first: int, end: int) -> tuple[float, float]:
    return shape.start_s + starts[first], shape.start_s + starts[max(end, first + 1)]


def condition_bars(
    reading: Reading, shape: CueShape, found: Sequence[Section], practice: Practice
) -> tuple[BarCondition, ...]:
    """One condition a bar, ring included, which lies in the last section."""
    starts = [shape.tempo_map.time_s(beat) for beat in shape.tempo_map.bar_starts()]
    speech = [
        reading.speech_share(shape.start_s + a, shape.start_s + b)
        for a, b in zip(starts, starts[1:], strict=False)
    ]
    bars = [
        _bar(reading, shape, found, starts, index, speech[index])
        for index in range(len(shape.tempo_map.bars))
    ]
    bars = _with_builds(bars, shape)
    sung = plan_melody(bars, shape.out_bar, shape.theme_use, practice) if shape.melody else {}
    return tuple(
        bar.model_copy(update={"melody": sung[index]}) if index in sung else bar
        for index, bar in enumerate(bars)
    )


def _bar(
    reading: Reading,
    shape: CueShape,
    found: Sequence[Section],
    starts: list[float],
    index: int,
    speech: float,
) -> BarCondition:
    number = max(place for place, section in enumerate(found) if section.first <= index)
    section = found[number]
    here = lifted(reading.mean("arousal", *_film(shape, starts, index, index + 1)), shape.lift)
    level = section.arousal
    swell = SWELL_SHARE * (here - level)
    spoken = speech >= SPEECH_BAR
    dynamics = 0.15 + 0.75 * level + swell
    beat_s = (starts[index + 1] - starts[index]) / shape.tempo_map.bars[index]
    density = _density(level) + swell
    if spoken:
        dynamics = min(dynamics, 0.4)
        density = min(density, SPEECH_ONSETS_A_SECOND * beat_s)
    ring = index >= shape.out_bar
    return BarCondition(
        arousal=_share((level + swell) * (1.0 - SPEECH_CALM * speech)),
        valence=_share(section.pleasure),
        tension=_share(0.1 + 0.6 * level + 1.2 * (0.5 - section.pleasure) + 0.5 * swell),
        dynamics=_share(dynamics * (0.8 if ring else 1.0)),
        density=round(min(max(0.25 if ring else density, 0.25), 4.0), 4),
        register=round(50.0 if spoken else 53.0 + 12.0 * level + 4.0 * swell, 3),
        polyphony=round(2.5 if spoken else 2.5 + 2.5 * level, 3),
        harmonic_rhythm=0.5 if level < RESTING_HARMONY else 1.0,
        layers=min(1 + round(3 * level), 2 if spoken else 4),
        speech=_share(speech),
        section=number,
        melody="none",
        melody_density=round(0.5 + 1.2 * level - LONG_LINE * max(level - DRIVEN, 0.0), 4),
        melody_register=round(69.0 + 8.0 * level, 3),
        build=round(min(max(2.0 * swell, -1.0), 1.0), 4) if not ring else 0.0,
    )


def _density(level: float) -> float:
    """Onsets a beat of a level: a pad alone breathes, a figure walks from one a beat, a chase runs."""
    if level < RESTING:
        return 0.25 + 2.0 * level
    return 0.25 + 2.0 * RESTING + 4.0 * (level - RESTING)


def _with_builds(bars: list[BarCondition], shape: CueShape) -> list[BarCondition]:
    """Bars that lead into a turn, or into an out that stops, grow over up to four bars."""
    targets = [shape.tempo_map.bar_of(beat)[0] for beat in _turn_beats(shape)]
    if shape.ending in ("stop", "segue"):
        targets.append(shape.out_bar)
    built = list(bars)
    for target in targets:
        first = max(target - BUILD_BARS, 0)
        for index in range(first, min(target, len(bars))):
            falls = target < len(bars) and bars[target].arousal < bars[index].arousal - 0.05
            if bars[index].speech >= SPEECH_BAR or falls:
                continue
            step = (index - first + 1) / BUILD_BARS
            pressing = index >= target - PRESSING_BARS
            built[index] = built[index].model_copy(
                update={
                    "dynamics": _share(built[index].dynamics + 0.16 * step),
                    "density": round(min(built[index].density * (1 + 0.3 * step), 4.0), 4),
                    "tension": _share(built[index].tension + 0.15 * step),
                    "build": round(min(built[index].build + 0.25, 1.0), 4),
                    "harmonic_rhythm": 2.0 if pressing else built[index].harmonic_rhythm,
                }
            )
    return built


def _turn_beats(shape: CueShape) -> list[float]:
    return [hit.beat for hit in shape.hits if hit.kind in ("turn", "stop") and hit.beat > 0]


def _share(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)
