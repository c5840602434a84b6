"""Facts of a made-up minute of film, as rich as a real job's, for the report's tests."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from composer.notes import ChordSpan, CueNotes, Note, Part
from composer.request import BarCondition, CueRequest, RequestedHit, ThemeCell, ThemeNote
from composer.spotting import Cue, Hit, Silence, Spotting
from composer.tempo_map import TempoChange, TempoMap
from render.duck import DuckPoint
from render.levels import CueLevel, FilmLevels
from render.mix import MixFacts
from render.report_facts import ReportFacts
from vision.analysis import (
    Analysis,
    AudioStream,
    Film,
    Programme,
    Shot,
    ShotFeatures,
    SoundFacts,
    SoundSpan,
    SpeechSpan,
)
from vision.curves import Curves

FEATURES = ShotFeatures(
    cut_rate_hz=0.3, brightness=0.4, saturation=0.3, colourfulness=0.3, motion=0.2, loudness_lufs=-24.0,
    speech=0.2, music=0.0, effects=0.3, arousal=0.4, pleasure=0.5,
)  # fmt: skip
SHOT_FRAMES = (96, 72, 60, 110, 48, 40, 36, 30, 24, 24, 28, 60, 90, 300, 120, 60)


def made_up_film(
    rate: Fraction = Fraction(24000, 1001), start: str = "01:00:00:00", drop: bool = False
) -> Film:
    frames = sum(SHOT_FRAMES)
    length = float(frames / rate)
    return Film(
        sha256="0" * 64, frame_rate=f"{rate.numerator}/{rate.denominator}", frames=frames, duration_s=length,
        length_samples=round(length * 48000), width=1280, height=720, variable_rate=False, start_timecode=start,
        drop_frame=drop, video_stream=0, video_codec="h264", pixel_format="yuv420p", container="mp4",
        audio_streams=(AudioStream(index=1, codec="aac", sample_rate_hz=48000, channels=2, layout="stereo"),),
        time_base="1/24000", first_pts=0, end_pts=frames * 1001,
        programme=Programme(first_frame=0, last_frame=frames - 1, start_s=0, end_s=length),
    )  # fmt: skip


def made_up_analysis(film: Film) -> Analysis:
    starts = [0, *np.cumsum(SHOT_FRAMES).tolist()]
    kinds = {0: "start", 5: "dissolve", 12: "fade"}
    shots = tuple(
        Shot(
            index=i, start_frame=a, end_frame=b, start_s=float(a / film.rate), end_s=float(b / film.rate),
            transition_in=kinds.get(i, "cut"), features=FEATURES,
        )
        for i, (a, b) in enumerate(zip(starts, starts[1:], strict=False))
    )  # fmt: skip
    spans = [
        ("silence", 0, 8),
        ("speech", 8, 16),
        ("effects", 16, 27),
        ("silence", 27, 40),
        ("effects", 40, 50),
    ]
    sound = SoundFacts(
        spans=tuple(SoundSpan(kind=kind, start_s=a, end_s=b) for kind, a, b in spans),
        speech=(SpeechSpan(start_s=8.2, end_s=11.4), SpeechSpan(start_s=12.6, end_s=15.7)),
        loud_effects_s=(18.5,), loudness_lufs=-24.1, speech_loudness_lufs=-25.3, speech_share=0.13, music_share=0.0,
    )  # fmt: skip
    return Analysis(film=film, shots=shots, sound=sound, warnings=("2 packets could not be read (0.1 %)",))


def made_up_curves(film: Film) -> Curves:
    random = np.random.default_rng(3)
    time = np.arange(film.frames) / float(film.rate)
    wave = lambda period, phase=0.0: (0.5 + 0.4 * np.sin(time * 6.283 / period + phase)).astype(np.float32)  # noqa: E731
    half = np.arange(0.25, film.duration_s, 0.5)
    tenth = np.arange(0.05, film.duration_s, 0.1)
    zero = np.zeros(len(half), np.float32)
    return Curves(
        time_s=time, brightness=wave(20), saturation=wave(14), colourfulness=wave(9),
        motion=np.abs(random.normal(0.2, 0.2, film.frames)).astype(np.float32), difference=wave(3),
        cut_rate_hz=wave(30, 2.0), arousal=wave(40, 1.0), pleasure=wave(50), sound_time_s=half, speech=zero,
        music=zero, effects=zero, silence=zero + 1, speech_time_s=half, speech_probability=zero,
        loudness_time_s=tenth, loudness_lufs=(-30 + 8 * np.sin(tenth)).astype(np.float32),
    )  # fmt: skip


@dataclass(frozen=True)
class MadeUpCue:
    cue: Cue
    request: CueRequest
    notes: CueNotes


THEME = ThemeCell(
    uid="A", mode="dorian",
    notes=tuple(ThemeNote(step=4 * i, steps=4, semitone=s) for i, s in enumerate((0, 3, 5, 7, 10, 7, 5, 3, 2, 3, 5, 2, 0, -2, 0, 0))),
)  # fmt: skip


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
            arousal=0.2 + 0.6 * b / bars, valence=0.4, tension=0.3, dynamics=0.3 + 0.4 * b / bars,
            density=1.0 + b % 3, register=54.0 + b, polyphony=3.0, harmonic_rhythm=1.0, layers=3, speech=0.0,
            section=b // 4, melody="theme" if b >= 2 else "none", melody_density=1.0, melody_register=70.0,
        )
        for b in range(bars)
    )  # fmt: skip
    uid, name = f"c{number:04}", f"1M{number:02}"
    request = CueRequest(
        uid=uid, id=name, take=1, seed=1, style="orchestral", key="D", key_pc=2, mode="dorian", ending="rest",
        lead_in=False, tempo_map=tempo_map, out_bar=bars - 1, length_s=tempo_map.length_s, bars=conditions,
        hits=(RequestedHit(beat=8, kind="turn", strength=0.8, required=True),), theme=THEME, theme_use="full",
    )  # fmt: skip
    cue = Cue(
        uid=uid, id=name, start_s=start_s, out_s=start_s + tempo_map.time_s(4 * (bars - 1)),
        end_s=start_s + tempo_map.length_s, key="D", mode="dorian", style="orchestral", tempo_qpm=60e6 / quarter_us,
        theme="A", theme_use="full" if number == 1 else "fragment", entry="scene_cut", ending="rest", arousal=0.4,
        valence=0.4, reason="the chase starts on the cut to shot 6",
    )  # fmt: skip
    return MadeUpCue(cue, request, _notes(uid, name, tempo_map, bars))


def _notes(uid: str, name: str, tempo_map: TempoMap, bars: int) -> CueNotes:
    parts = (
        Part(role="melody", name="Solo cello", programme=42), Part(role="bass", name="Double bass", programme=43),
        Part(role="pad", name="Strings", programme=48), Part(role="arpeggio", name="Harp", programme=46),
        Part(role="percussion", name="Timpani and drums", programme=0, drums=True),
    )  # fmt: skip
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


def made_up_facts(
    film_name: str = "Night Train.mov", film: Film | None = None, reason: str | None = None
) -> ReportFacts:
    """Facts of the whole job; `film_name` and `reason` may be hostile."""
    film = film or made_up_film()
    analysis = made_up_analysis(film)
    made = [made_up_cue(1, 2.002, 6, 800_000), made_up_cue(2, 24.0, 9, 600_000)]
    cues = [one.cue.model_copy(update={"reason": reason or one.cue.reason}) for one in made]
    hits = tuple(
        Hit(
            time_s=time, frame=round(Fraction(time) * film.rate), kind=kind, strength=0.7, required=kind != "accent",
            cue=cue.uid, bar=1 + place, beat=1.0, realised_s=time + 0.00003, error_ms=0.03, error_frames=0.0007,
            reason=reason or "cut to shot 3",
        )
        for cue in cues
        for place, (time, kind) in enumerate(((cue.start_s, "in"), (cue.start_s + 6.4, "turn"), (cue.start_s + 9.1, "accent"), (cue.out_s, "out")))
    )  # fmt: skip
    spotting = Spotting(
        cues=tuple(cues), hits=hits, coverage=0.7,
        silences=(Silence(start_s=21.4, end_s=24.0, reason=reason or "the line needs the room"),),
        demoted=("turn at 01:00:31:02: the tempo would have to jump by 7 %",),
    )  # fmt: skip
    return ReportFacts(
        film_name=film_name, analysis=analysis, curves=made_up_curves(film), spotting=spotting,
        requests={one.request.uid: one.request for one in made}, notes={one.notes.uid: one.notes for one in made},
        mix=made_up_mix(cues), commands={cue.uid: f"reelscore score 'Night Train.mov' --set cue_seeds.{cue.id}=2" for cue in cues},
        engine="neural", seed=1, figures={"loudness_lufs": -23.02, "hits_worst_ms": 0.03, "cues": 2},
    )  # fmt: skip


def made_up_mix(cues: list[Cue]) -> MixFacts:
    corners = ((0.0, 0.0), (7.9, 0.0), (8.15, -6.0), (16.0, -6.0), (16.9, 0.0), (19.4, 0.0))
    level = {"gain_db": -3.0, "alone_lufs": -30.2, "under_speech_lufs": -39.5, "nearest_speech_lufs": -36.0}
    return MixFacts(
        target="ebu", target_lufs=-23.0, layout="stereo", film=FilmLevels(loudness_lufs=-24.1, speech_lufs=-25.3),
        loudness_lufs=-23.02, dialogue_lufs=-24.0, peak_dbtp=-3.4, score_lufs=-30.0, score_peak_dbtp=-9.0,
        static_gain_db=0.8, score_limit_db=0.0, mix_limit_db=0.0, stems=("bass", "melody"),
        cues=tuple(CueLevel(uid=cue.uid, id=cue.id, deepest_duck_db=6.0, **level) for cue in cues),
        duck=(tuple(DuckPoint(time_s=t, gain_db=g) for t, g in corners),),
    )  # fmt: skip
