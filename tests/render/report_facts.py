"""Facts of a made-up minute of film, as rich as a real job's, for the report's tests."""

from fractions import Fraction

import numpy as np

from composer.spotting import Cue, Hit, Silence, Spotting
from render.duck import DuckPoint
from render.levels import CueLevel, FilmLevels
from render.mix import MixFacts
from render.report_facts import ReportFacts
from render.soundfont import FontFacts
from tests.render.made_up_cue import made_up_cue
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
    cut_rate_hz=0.3,
    brightness=0.4,
    saturation=0.3,
    colourfulness=0.3,
    motion=0.2,
    loudness_lufs=-24.0,
    speech=0.2,
    music=0.0,
    effects=0.3,
    arousal=0.4,
    pleasure=0.5,
)
SHOT_FRAMES = (96, 72, 60, 110, 48, 40, 36, 30, 24, 24, 28, 60, 90, 300, 120, 60)


def made_up_film(
    rate: Fraction = Fraction(24000, 1001), start: str = "01:00:00:00", drop: bool = False
) -> Film:
    frames = sum(SHOT_FRAMES)
    length = float(frames / rate)
    return Film(
        sha256="0" * 64,
        frame_rate=f"{rate.numerator}/{rate.denominator}",
        frames=frames,
        duration_s=length,
        length_samples=round(length * 48000),
        width=1280,
        height=720,
        variable_rate=False,
        start_timecode=start,
        drop_frame=drop,
        video_stream=0,
        video_codec="h264",
        pixel_format="yuv420p",
        container="mp4",
        audio_streams=(AudioStream(index=1, codec="aac", sample_rate_hz=48000, channels=2, layout="stereo"),),
        time_base="1/24000",
        first_pts=0,
        end_pts=frames * 1001,
        programme=Programme(first_frame=0, last_frame=frames - 1, start_s=0, end_s=length),
    )


def made_up_analysis(film: Film) -> Analysis:
    starts = [0, *np.cumsum(SHOT_FRAMES).tolist()]
    kinds = {0: "start", 5: "dissolve", 12: "fade"}
    shots = tuple(
        Shot(
            index=i,
            start_frame=a,
            end_frame=b,
            start_s=float(a / film.rate),
            end_s=float(b / film.rate),
            transition_in=kinds.get(i, "cut"),
            features=FEATURES,
        )
        for i, (a, b) in enumerate(zip(starts, starts[1:], strict=False))
    )
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
        loud_effects_s=(18.5,),
        loudness_lufs=-24.1,
        speech_loudness_lufs=-25.3,
        speech_share=0.13,
        music_share=0.0,
    )
    return Analysis(film=film, shots=shots, sound=sound, warnings=("2 packets could not be read (0.1 %)",))


def made_up_curves(film: Film) -> Curves:
    random = np.random.default_rng(3)
    time = np.arange(film.frames) / float(film.rate)
    wave = lambda period, phase=0.0: (0.5 + 0.4 * np.sin(time * 6.283 / period + phase)).astype(np.float32)  # noqa: E731
    half = np.arange(0.25, film.duration_s, 0.5)
    tenth = np.arange(0.05, film.duration_s, 0.1)
    zero = np.zeros(len(half), np.float32)
    return Curves(
        time_s=time,
        brightness=wave(20),
        saturation=wave(14),
        colourfulness=wave(9),
        motion=np.abs(random.normal(0.2, 0.2, film.frames)).astype(np.float32),
        difference=wave(3),
        cut_rate_hz=wave(30, 2.0),
        arousal=wave(40, 1.0),
        pleasure=wave(50),
        sound_time_s=half,
        speech=zero,
        music=zero,
        effects=zero,
        silence=zero + 1,
        speech_time_s=half,
        speech_probability=zero,
        loudness_time_s=tenth,
        loudness_lufs=(-30 + 8 * np.sin(tenth)).astype(np.float32),
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
            time_s=time,
            frame=round(Fraction(time) * film.rate),
            kind=kind,
            strength=0.7,
            required=kind != "accent",
            cue=cue.uid,
            bar=1 + place,
            beat=1.0,
            realised_s=time + 0.00003,
            error_ms=0.03,
            error_frames=0.0007,
            reason=reason or "cut to shot 3",
        )
        for cue in cues
        for place, (time, kind) in enumerate(
            (
                (cue.start_s, "in"),
                (cue.start_s + 6.4, "turn"),
                (cue.start_s + 9.1, "accent"),
                (cue.out_s, "out"),
            )
        )
    )
    spotting = Spotting(
        cues=tuple(cues),
        hits=hits,
        coverage=0.7,
        silences=(Silence(start_s=21.4, end_s=24.0, reason=reason or "the line needs the room"),),
        demoted=("turn at 01:00:31:02: the tempo would have to jump by 7 %",),
    )
    return ReportFacts(
        film_name=film_name,
        analysis=analysis,
        curves=made_up_curves(film),
        spotting=spotting,
        requests={one.request.uid: one.request for one in made},
        notes={one.notes.uid: one.notes for one in made},
        mix=made_up_mix(cues),
        commands={cue.uid: f"reelscore score 'Night Train.mov' --set cue_seeds.{cue.id}=2" for cue in cues},
        engine="neural",
        seed=1,
        font=FontFacts(name="Night.sf2", sha256="0" * 64, licence="CC-BY-4.0", embedded=False),
        figures={"loudness_lufs": -23.02, "hits_worst_ms": 0.03, "cues": 2},
    )


def made_up_mix(cues: list[Cue]) -> MixFacts:
    corners = ((0.0, 0.0), (7.9, 0.0), (8.15, -6.0), (16.0, -6.0), (16.9, 0.0), (19.4, 0.0))
    level = {"gain_db": -3.0, "alone_lufs": -30.2, "under_speech_lufs": -39.5, "nearest_speech_lufs": -36.0}
    return MixFacts(
        target="ebu",
        target_lufs=-23.0,
        layout="stereo",
        film=FilmLevels(loudness_lufs=-24.1, speech_lufs=-25.3),
        loudness_lufs=-23.02,
        dialogue_lufs=-24.0,
        peak_dbtp=-3.4,
        score_lufs=-30.0,
        score_peak_dbtp=-9.0,
        static_gain_db=0.8,
        score_limit_db=0.0,
        mix_limit_db=0.0,
        stems=("bass", "melody"),
        cues=tuple(CueLevel(uid=cue.uid, id=cue.id, deepest_duck_db=6.0, **level) for cue in cues),
        duck=(tuple(DuckPoint(time_s=t, gain_db=g) for t, g in corners),),
    )
