"""Cues of a made-up score: arpeggios over four chords with a theme, for the report's tests."""

from dataclasses import dataclass

from composer.notes import ChordSpan, CueNotes, Note, Part
from composer.request import BarCondition, CueRequest, RequestedHit, ThemeCell, ThemeNote
from composer.spotting import Cue
from composer.tempo_map import TempoChange, TempoMap


@dataclass(frozen=True)
class MadeUpCue:
    cue: Cue
    request: CueRequest
    notes: CueNotes


THEME = ThemeCell(
    uid="A",
    mode="dorian",
    notes=tuple(
        ThemeNote(step=4 * i, steps=4, semitone=s)
        for i, s in enumerate((0, 3, 5, 7, 10, 7, 5, 3, 2, 3, 5, 2, 0, -2, 0, 0))
    ),
)


def made_up_cue(number: int, start_s: float, bars: int, quarter_us: int) -> MadeUpCue:
    """A cue of arpeggios over four chords, denser as it goes."""
    tempo_map = TempoMap(
        changes=(
            TempoChange(beat=0, us_per_beat=quarter_us),
            TempoChange(beat=8, us_per_beat=quarter_us - 9000),
        ),
        bars=(4,) * bars,
    )
    conditions = tuple(
        BarCondition(
            arousal=0.2 + 0.6 * b / bars,
            valence=0.4,
            tension=0.3,
            dynamics=0.3 + 0.4 * b / bars,
            density=1.0 + b % 3,
            register=54.0 + b,
            polyphony=3.0,
            harmonic_rhythm=1.0,
            layers=3,
            speech=0.0,
            section=b // 4,
            melody="theme" if b >= 2 else "none",
            melody_density=1.0,
            melody_register=70.0,
        )
        for b in range(bars)
    )
    uid, name = f"c{number:04}", f"1M{number:02}"
    request = CueRequest(
        uid=uid,
        id=name,
        take=1,
        seed=1,
        style="orchestral",
        key="D",
        key_pc=2,
        mode="dorian",
        ending="rest",
        lead_in=False,
        tempo_map=tempo_map,
        out_bar=bars - 1,
        length_s=tempo_map.length_s,
        bars=conditions,
        hits=(RequestedHit(beat=8, kind="turn", strength=0.8, required=True),),
        theme=THEME,
        theme_use="full",
    )
    cue = Cue(
        uid=uid,
        id=name,
        start_s=start_s,
        out_s=start_s + tempo_map.time_s(4 * (bars - 1)),
        end_s=start_s + tempo_map.length_s,
        key="D",
        mode="dorian",
        style="orchestral",
        tempo_qpm=60e6 / quarter_us,
        theme="A",
        theme_use="full" if number == 1 else "fragment",
        entry="scene_cut",
        ending="rest",
        arousal=0.4,
        valence=0.4,
        reason="the chase starts on the cut to shot 6",
    )
    return MadeUpCue(cue, request, _notes(uid, name, tempo_map, bars))


def _notes(uid: str, name: str, tempo_map: TempoMap, bars: int) -> CueNotes:
    parts = (
        Part(role="melody", name="Solo cello", programme=42),
        Part(role="bass", name="Double bass", programme=43),
        Part(role="pad", name="Strings", programme=48),
        Part(role="arpeggio", name="Harp", programme=46),
        Part(role="percussion", name="Timpani and drums", programme=0, drums=True),
    )
    chords = [("Dm", 2, (2, 5, 9)), ("G", 7, (7, 11, 2)), ("C", 0, (0, 4, 7)), ("Am", 9, (9, 0, 4))]
    notes: list[Note] = []
    spans: list[ChordSpan] = []
    for bar in range(bars):
        words, root, pitches = chords[bar % 4]
        at = bar * 4 * 960
        spans.append(ChordSpan(beat=bar * 4, beats=4, name=words, root_pc=root, pitch_classes=pitches))
        notes.append(
            Note(part=1, pitch=36 + root, velocity=70, tick=at, ticks=3800, grid_tick=at, hit=bar == 2)
        )
        notes += [
            Note(part=2, pitch=55 + (p - 7) % 12, velocity=55, tick=at, ticks=3800, grid_tick=at)
            for p in pitches
        ]
        for step in range(0, 16, 4 - bar % 3):
            tick = at + step * 240
            notes.append(
                Note(
                    part=3,
                    pitch=62 + bar + pitches[step % 3] % 12,
                    velocity=50 + 3 * bar,
                    tick=tick,
                    ticks=220,
                    grid_tick=tick,
                )
            )
        if bar >= 2:
            notes += [
                Note(
                    part=0,
                    pitch=69 + s.semitone,
                    velocity=80,
                    tick=at + 960 * i,
                    ticks=900,
                    grid_tick=at + 960 * i,
                )
                for i, s in enumerate(THEME.notes[4 * (bar % 4) : 4 * (bar % 4) + 4])
            ]
            notes += [
                Note(
                    part=4,
                    pitch=41 if i else 36,
                    velocity=60,
                    tick=at + 1920 * i,
                    ticks=240,
                    grid_tick=at + 1920 * i,
                )
                for i in range(2)
            ]
    notes.sort(key=lambda note: (note.tick, note.part, note.pitch))
    return CueNotes(
        uid=uid,
        id=name,
        engine="rules",
        tempo_map=tempo_map,
        parts=parts,
        notes=tuple(notes),
        chords=tuple(spans),
    )
