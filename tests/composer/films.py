"""A small film and its spotting, made of values, for tests of the film-long files."""

from collections.abc import Sequence

from composer.notes import CueNotes
from composer.request import CueRequest
from composer.spotting import Cue, Hit, Spotting
from vision.analysis import Analysis, Film, Programme, Shot, ShotFeatures, SoundFacts

FEATURES = ShotFeatures(
    cut_rate_hz=0.2,
    brightness=0.5,
    saturation=0.5,
    colourfulness=0.5,
    motion=0.1,
    loudness_lufs=None,
    speech=0.0,
    music=0.0,
    effects=0.0,
    arousal=0.5,
    pleasure=0.5,
)


def analysis(duration_s: float, shots: Sequence[tuple[float, float]] = ()) -> Analysis:
    """An analysis of a silent film at 24000/1001 that starts at 01:00:00:00."""
    frames = round(duration_s * 24000 / 1001)
    film = Film(
        sha256="0" * 64,
        frame_rate="24000/1001",
        frames=frames,
        duration_s=duration_s,
        length_samples=round(duration_s * 48000),
        width=1280,
        height=720,
        variable_rate=False,
        start_timecode="01:00:00:00",
        drop_frame=False,
        video_stream=0,
        video_codec="h264",
        pixel_format="yuv420p",
        container="mp4",
        audio_streams=(),
        time_base="1/24000",
        first_pts=0,
        end_pts=frames * 1001,
        programme=Programme(first_frame=0, last_frame=frames - 1, start_s=0.0, end_s=duration_s),
    )
    rows = tuple(
        Shot(
            index=index,
            start_frame=round(start * 24000 / 1001),
            end_frame=round(end * 24000 / 1001),
            start_s=start,
            end_s=end,
            transition_in="cut" if index else "start",
            features=FEATURES,
        )
        for index, (start, end) in enumerate(shots)
    )
    sound = SoundFacts(
        spans=(),
        speech=(),
        loud_effects_s=(),
        loudness_lufs=None,
        speech_loudness_lufs=None,
        speech_share=0.0,
        music_share=0.0,
    )
    return Analysis(film=film, shots=rows, sound=sound)


def cue_of(request: CueRequest, start_s: float) -> Cue:
    """The spotting's cue of a request that begins at a film time."""
    out_beat = request.tempo_map.bar_starts()[request.out_bar]
    return Cue(
        uid=request.uid,
        id=request.id,
        start_s=start_s,
        out_s=start_s + request.tempo_map.time_s(out_beat),
        end_s=start_s + request.length_s,
        key=request.key,
        mode=request.mode,
        style=request.style,
        tempo_qpm=request.tempo_map.qpm_at(0),
        theme=None,
        theme_use="none",
        entry="scene_cut",
        ending=request.ending,
        arousal=0.5,
        valence=0.5,
        reason="a test",
    )


def hits_of(request: CueRequest, cue: Cue) -> tuple[Hit, ...]:
    """The spotting's hits of a request: they want exactly what the tempo map gives."""
    found = []
    for hit in request.hits:
        time_s = cue.start_s + request.tempo_map.time_s(hit.beat)
        bar, beat = request.tempo_map.bar_of(hit.beat)
        found.append(
            Hit(
                time_s=time_s,
                frame=round(time_s * 24000 / 1001),
                kind=hit.kind,
                strength=hit.strength,
                required=hit.required,
                cue=cue.id,
                bar=bar + 1,
                beat=beat + 1,
                realised_s=time_s,
                error_ms=0.0,
                error_frames=0.0,
                reason="a test",
            )
        )
    return tuple(found)


def spotting_of(pairs: Sequence[tuple[CueRequest, Cue]]) -> Spotting:
    """A spotting of these cues and their hits."""
    hits = tuple(hit for request, cue in pairs for hit in hits_of(request, cue))
    return Spotting(cues=tuple(cue for _, cue in pairs), hits=hits, silences=(), coverage=0.5)


def film_score(
    placed: Sequence[tuple[CueRequest, CueNotes, float]],
) -> tuple[Spotting, list[tuple[Cue, CueNotes]]]:
    """The spotting and the cues of requests placed at film times."""
    cues = [(request, cue_of(request, start_s)) for request, _, start_s in placed]
    notes = [notes for _, notes, _ in placed]
    return spotting_of(cues), [(cue, music) for (_, cue), music in zip(cues, notes, strict=True)]
