"""Where people speak: Silero's voice activity model, run through ONNX alone."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vision.analysis import SpeechSpan
from vision.curves import Curve, Times

SPEECH_RATE_HZ = 16_000
HOP_SAMPLES = 512
CONTEXT_SAMPLES = 64
ENTER, LEAVE = 0.5, 0.35
"""Hysteresis of the model's own authors: in at .5, out below .35."""
MIN_SPEECH_S = 0.25
MIN_PAUSE_S = 0.30
"""A stop consonant closes for up to .15 s, breath and comma take .3 s or more: only those part spans."""
MIN_PEAK = 0.75
"""A span never sure of itself is a creak or a gull, not a line."""


def model_path() -> Path:
    """The sequence model inside the silero_vad wheel, found without importing it (it would import torch)."""
    spec = find_spec("silero_vad")
    assert spec is not None and spec.origin is not None, "silero-vad is a declared dependency"
    return Path(spec.origin).parent / "data" / "silero_vad_16k_sequence.onnx"


class SpeechDetector:
    """Feed 16 kHz mono in pieces of any size; probabilities come out for each complete 32 ms.

    Silero VAD 6 (Silero Team, MIT): recurrent state and 64 samples of context carry across pieces, so the
    result does not depend on how the sound was cut up.
    """

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        options.log_severity_level = 3  # the export leaves unused initialisers, each a warning at start
        self._model = onnxruntime.InferenceSession(
            str(model_path()), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._state = (np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32))
        self._context = np.zeros(CONTEXT_SAMPLES, np.float32)
        self._rest = np.zeros(0, np.float32)
        self._probability: list[NDArray[np.float32]] = []

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Listen to [n] more samples."""
        sound = np.concatenate([self._rest, samples])
        hops = len(sound) // HOP_SAMPLES
        self._rest = sound[hops * HOP_SAMPLES :]
        if hops:
            self._run(sound[: hops * HOP_SAMPLES].reshape(hops, HOP_SAMPLES))

    def _run(self, frames: NDArray[np.float32]) -> None:
        tails = np.concatenate([self._context[None], frames[:-1, -CONTEXT_SAMPLES:]])
        self._context = frames[-1, -CONTEXT_SAMPLES:].copy()
        speech, *state = self._model.run(
            None,
            {
                "input": np.concatenate([tails, frames], axis=1),
                "h": self._state[0],
                "c": self._state[1],
            },
        )
        self._state = (state[0], state[1])
        self._probability.append(speech.reshape(-1))

    def probabilities(self, hops: int) -> Curve:
        """[hops] so far; an incomplete last hop is heard with zeros behind it, missing ones are 0."""
        if len(self._rest):
            self.feed(np.zeros(HOP_SAMPLES - len(self._rest), np.float32))
        heard = np.concatenate([np.zeros(0, np.float32), *self._probability])[:hops]
        return np.pad(heard, (0, hops - len(heard))).astype(np.float32)


def speech_spans(time_s: Times, probability: Curve, hop_s: float) -> tuple[SpeechSpan, ...]:
    """Stretches of speech by hysteresis, pauses under .3 s bridged, under .25 s or never sure dropped."""
    half = hop_s / 2
    runs: list[list[float]] = []
    for start, end in _hysteresis(probability):
        if probability[start:end].max() < MIN_PEAK:
            continue
        span = [float(time_s[start]) - half, float(time_s[end - 1]) + half]
        if runs and span[0] - runs[-1][1] < MIN_PAUSE_S:
            runs[-1][1] = span[1]
        else:
            runs.append(span)
    return tuple(
        SpeechSpan(start_s=round(max(start, 0.0), 3), end_s=round(end, 3))
        for start, end in runs
        if end - start >= MIN_SPEECH_S
    )


def _hysteresis(probability: Curve) -> Sequence[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for index, value in enumerate(probability):
        if start is None and value >= ENTER:
            start = index
        elif start is not None and value < LEAVE:
            runs.append((start, index))
            start = None
    return [*runs, (start, len(probability))] if start is not None else runs


def speech_share_at(spans: Sequence[SpeechSpan], time_s: Times, hop_s: float) -> NDArray[np.float64]:
    """[N] share of each hop (centre `time_s`) that lies in a span."""
    share = np.zeros(len(time_s))
    for span in spans:
        low = np.maximum(time_s - hop_s / 2, span.start_s)
        high = np.minimum(time_s + hop_s / 2, span.end_s)
        share += np.clip(high - low, 0.0, None)
    return share / hop_s
