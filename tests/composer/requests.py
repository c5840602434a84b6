"""Small requests of known character, for every test of the composer."""

from dataclasses import dataclass

from composer.request import BarCondition, CueRequest, MelodyUse, RequestedHit, ThemeCell, ThemeNote
from composer.spotting import Ending, Mode, Style
from composer.tempo_map import TempoChange, TempoMap


@dataclass(frozen=True)
class Mood:
    """The per-bar figures of a character."""

    arousal: float
    tension: float
    density: float
    polyphony: float
    harmonic_rhythm: float
    layers: int
    tempo_qpm: float


MOODS = {
    "night": Mood(0.12, 0.2, 0.5, 3.5, 0.5, 1, 62),
    "walk": Mood(0.4, 0.3, 2.0, 4.0, 1.0, 2, 84),
    "suspense": Mood(0.42, 0.75, 1.5, 4.0, 0.5, 2, 96),
    "drive": Mood(0.66, 0.5, 2.5, 5.0, 1.0, 3, 122),
    "chase": Mood(0.9, 0.7, 4.0, 6.0, 1.0, 4, 152),
}

THEME = ThemeCell(
    uid="theme-1",
    mode="aeolian",
    notes=tuple(
        ThemeNote(step=step, steps=steps, semitone=semitone)
        for step, steps, semitone in (
            (0, 6, 0), (6, 2, 2), (8, 8, 3), (16, 6, 7), (22, 2, 5), (24, 8, 3),
            (32, 4, 2), (36, 4, 3), (40, 8, 5), (48, 14, 7),
        )
    ),
)  # fmt: skip


def bar(mood: Mood, *, section: int = 0, melody: MelodyUse = "none", speech: float = 0.0) -> BarCondition:
    """One bar's condition of a mood."""
    return BarCondition(
        arousal=mood.arousal,
        valence=0.5,
        tension=mood.tension,
        dynamics=min(0.25 + 0.7 * mood.arousal, 1.0),
        density=mood.density,
        register=58.0 + 6 * mood.arousal,
        polyphony=mood.polyphony,
        harmonic_rhythm=mood.harmonic_rhythm,
        layers=mood.layers,
        speech=speech,
        section=section,
        melody=melody,
        melody_density=0.75,
        melody_register=72.0,
    )


def request(
    moods: tuple[str, ...] = ("walk",),
    *,
    bars_each: int = 8,
    style: Style = "orchestral",
    mode: Mode = "aeolian",
    key: str = "D",
    ending: Ending = "rest",
    melody: MelodyUse = "none",
    theme: ThemeCell | None = None,
    hits: tuple[RequestedHit, ...] = (),
    lead_in: bool = False,
    speech_bars: tuple[int, ...] = (),
    irregular: dict[int, int] | None = None,
    uid: str = "cue-a",
    seed: int = 7,
    ring_bars: int = 2,
) -> CueRequest:
    """A cue of one section a mood, `ring_bars` of ringing after the out where the ending strikes a chord."""
    from composer.theory import key_pc_of

    rings = ring_bars if ending in ("close", "rest", "hang") else 0
    names = [name for name in moods for _ in range(bars_each)] + [moods[-1]] * rings
    sections = [index for index in range(len(moods)) for _ in range(bars_each)] + [len(moods) - 1] * rings
    out = len(moods) * bars_each
    conditions = tuple(
        bar(
            MOODS[name],
            section=section,
            melody=melody if index < out and index not in speech_bars and index % 8 < 6 else "none",
            speech=1.0 if index in speech_bars else 0.0,
        )
        for index, (name, section) in enumerate(zip(names, sections, strict=True))
    )
    lengths = tuple((irregular or {}).get(index, 4) for index in range(len(names)))
    changes: list[TempoChange] = []
    for index, name in enumerate(names):
        us = round(60_000_000 / MOODS[name].tempo_qpm)
        if not changes or changes[-1].us_per_beat != us:
            changes.append(TempoChange(beat=sum(lengths[:index]), us_per_beat=us))
    tempo_map = TempoMap(changes=tuple(changes), bars=lengths)
    return CueRequest(
        uid=uid,
        id="1M01",
        take=1,
        seed=seed,
        style=style,
        key=key,
        key_pc=key_pc_of(key),
        mode=mode,
        ending=ending,
        lead_in=lead_in,
        tempo_map=tempo_map,
        out_bar=out,
        length_s=tempo_map.length_s,
        bars=conditions,
        hits=hits,
        theme=theme,
        theme_use="full" if theme else "none",
    )
