"""The ears: what the film's sound is, in one streamed pass over all of its sound streams."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from vision.analysis import AudioStream, SoundFacts, SpeechSpan
from vision.curves import Curve
from vision.loudness_meter import MOMENTARY_HOPS, LoudnessMeter, curve_lufs
from vision.pops import PopListener
from vision.progress import Progress
from vision.settings import VisionSettings
from vision.sound_buses import Bus, Routing, route
from vision.sound_classes import SILENCE_DB, SoundClasses, class_spans, classify, struck_notes
from vision.sound_curves import (
    CLASS_HOP_S,
    LOUDNESS_FLOOR_LUFS,
    LOUDNESS_HOP_S,
    SPEECH_HOP_S,
    SoundCurves,
    hop_times,
    silent_curves,
)
from vision.sound_features import FeatureListener
from vision.sound_onsets import OnsetListener, looks_split
from vision.soundtrack import RATE_HZ, read_soundtrack
from vision.speech import SPEECH_RATE_HZ, SpeechDetector, speech_share_at, speech_spans
from vision.threads import one_thread

LOUD_EFFECT_DB = 12.0
"""Rise over the second before; a door or a shot stands 15-40 dB out, steps and rain under 10."""


def listen(
    path: Path,
    streams: Sequence[AudioStream],
    zero_s: Fraction,
    duration_s: float,
    settings: VisionSettings,
    progress: Progress,
) -> SoundCurves:
    """The curves of [0, duration_s); one decoding pass, memory flat but for the rows.

    zero_s: container time of the first shown frame.  No streams: curves of silence.
    Raises RejectedInput where settings.tracks doesn't fit the streams.
    """
    if not streams:
        progress(1.0)
        return silent_curves(duration_s)
    one_thread()
    routing = route(streams, settings.tracks)
    ears = _Ears(routing)
    for block in read_soundtrack(path, streams, zero_s, duration_s, progress):
        ears.feed(np.concatenate(block, axis=1))
    return ears.curves(duration_s)


class _Ears:
    """All listeners of one film, fed with [n, channels of all streams] at 48 kHz."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._meter = LoudnessMeter(RATE_HZ, routing.loudness)
        self._onsets = OnsetListener(routing.pair)
        self._pops = PopListener()
        self._buses = [_BusEars(bus) for bus in routing.buses]

    def feed(self, sound: NDArray[np.float32]) -> None:
        self._meter.feed(sound)
        self._onsets.feed(sound)
        self._pops.feed(sound)
        for bus in self._buses:
            bus.feed(sound)

    def curves(self, duration_s: float) -> SoundCurves:
        class_times = hop_times(duration_s, CLASS_HOP_S)
        speech_times = hop_times(duration_s, SPEECH_HOP_S)
        heard = [bus.finish(len(class_times), len(speech_times)) for bus in self._buses]
        classes = joined([each for each, _ in heard])
        onset_s, onset_db = self._onsets.onsets()
        loudness_times = hop_times(duration_s, LOUDNESS_HOP_S)
        return SoundCurves(
            sound_time_s=class_times,
            speech=classes.speech,
            music=classes.music,
            effects=classes.effects,
            silence=classes.silence,
            speech_time_s=speech_times,
            speech_probability=np.max([speech for _, speech in heard], axis=0),
            loudness_time_s=loudness_times,
            loudness_lufs=momentary_curve(self._meter, len(loudness_times)),
            onset_s=onset_s,
            onset_db=onset_db,
            split_pair=looks_split(self._onsets.sides(), classes.speech),
            pops_s=self._pops.pops_s(),
        )


class _BusEars:
    """Speech and features of one bus. Music and effects tracks are what their name says: no classing."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._down = soxr.ResampleStream(RATE_HZ, SPEECH_RATE_HZ, 1, "float32", "HQ")
        self._features = FeatureListener()
        self._speech = SpeechDetector() if bus.role in ("full", "dx") else None

    def feed(self, sound: NDArray[np.float32], last: bool = False) -> None:
        mono = self._down.resample_chunk(sound @ self._bus.fold, last=last)
        self._features.feed(mono)
        if self._speech is not None:
            self._speech.feed(mono)

    def finish(self, rows: int, hops: int) -> tuple[SoundClasses, Curve]:
        self.feed(np.zeros((0, len(self._bus.fold)), np.float32), last=True)
        features = self._features.rows(rows)
        probability = self._speech.probabilities(hops) if self._speech else np.zeros(hops, np.float32)
        times = (np.arange(hops, dtype=np.float64) + 0.5) * SPEECH_HOP_S
        spans = speech_spans(times, probability, SPEECH_HOP_S)
        for note in struck_notes(spans, features):
            probability[(times > note.start_s) & (times < note.end_s)] = 0.0
        spans = speech_spans(times, probability, SPEECH_HOP_S)
        share = speech_share_at(spans, (np.arange(rows, dtype=np.float64) + 0.5) * CLASS_HOP_S, CLASS_HOP_S)
        if self._bus.role == "full":
            return classify(features, share), probability
        return _by_name(self._bus.role, features.level_db, share), probability


def _by_name(role: str, level_db: NDArray[np.float32], share: NDArray[np.float64]) -> SoundClasses:
    sounding = (level_db > SILENCE_DB).astype(np.float32)
    nothing = np.zeros(len(level_db), np.float32)
    speech = (share * sounding).astype(np.float32)
    music = sounding if role == "mx" else nothing
    effects = sounding if role == "fx" else nothing
    return SoundClasses(speech, music, effects, 1.0 - sounding)


def joined(buses: Sequence[SoundClasses]) -> SoundClasses:
    """Each class as sure as the bus that is surest of it; silence only where all are silent."""
    return SoundClasses(
        speech=np.max([bus.speech for bus in buses], axis=0),
        music=np.max([bus.music for bus in buses], axis=0),
        effects=np.max([bus.effects for bus in buses], axis=0),
        silence=np.min([bus.silence for bus in buses], axis=0),
    )


def momentary_curve(meter: LoudnessMeter, count: int) -> Curve:
    """[count] momentary loudness at each 100 ms: the 400 ms round it, the ends held."""
    values = curve_lufs(meter.energies(), MOMENTARY_HOPS)
    if not len(values):
        return np.full(count, LOUDNESS_FLOOR_LUFS, np.float32)
    centred = np.pad(values, (MOMENTARY_HOPS // 2, count), mode="edge")
    return centred[:count].astype(np.float32)


def sound_facts(curves: SoundCurves, duration_s: float, programme_s: tuple[float, float]) -> SoundFacts:
    """Spans over the whole film; shares and loudness over the programme only.

    Loudness is gated after BS.1770-4 over the 400 ms blocks of the curve; speech-gated loudness over those
    whose middle lies in speech (an approximation of dialogue gating by our speech detector).
    """
    speech = speech_spans(curves.speech_time_s, curves.speech_probability, SPEECH_HOP_S)
    classes = SoundClasses(curves.speech, curves.music, curves.effects, curves.silence)
    inside = _within(curves.sound_time_s, programme_s)
    blocks = _within(curves.loudness_time_s, programme_s)
    spoken = speech_share_at(speech, curves.loudness_time_s, LOUDNESS_HOP_S) > 0.5
    return SoundFacts(
        spans=class_spans(classes, duration_s),
        speech=speech,
        loud_effects_s=loud_effects(curves, speech),
        loudness_lufs=gated_lufs(curves.loudness_lufs[blocks]),
        speech_loudness_lufs=gated_lufs(curves.loudness_lufs[blocks & spoken]),
        speech_share=_share(curves.speech[inside]),
        music_share=_share(curves.music[inside]),
        split_pair=curves.split_pair,
    )


def _within(time_s: NDArray[np.float64], span_s: tuple[float, float]) -> NDArray[np.bool_]:
    return (time_s >= span_s[0]) & (time_s < span_s[1])


def _share(values: Curve) -> float:
    return round(float((values > 0.5).mean()), 4) if len(values) else 0.0


def gated_lufs(momentary: Curve) -> float | None:
    """Integrated loudness of a row of momentary ones; None where all lie under the absolute gate."""
    energies = np.where(momentary > LOUDNESS_FLOOR_LUFS, 10.0 ** (momentary.astype(np.float64) / 10.0), 0.0)
    loud = energies[energies > 0.0]
    if not len(loud):
        return None
    return round(float(10.0 * np.log10(loud[loud > loud.mean() / 10.0].mean())), 2)


def loud_effects(curves: SoundCurves, speech: Sequence[SpeechSpan]) -> tuple[float, ...]:
    """Times of sudden loud sounds that are neither a syllable nor a beat of music already there."""
    spoken = speech_share_at(speech, curves.onset_s, 0.1) > 0.0
    music = (
        np.interp(curves.onset_s, curves.sound_time_s, curves.music) > 0.5 if len(curves.onset_s) else spoken
    )
    needed = np.where(music, LOUD_EFFECT_DB + 6.0, LOUD_EFFECT_DB)
    kept = ~spoken & (curves.onset_db >= needed)
    return tuple(round(float(time), 3) for time in curves.onset_s[kept])
