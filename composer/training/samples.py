"""What a network in training writes when nothing is asked of it, as rolls to look at (samples.png)."""

import numpy as np
from numpy.typing import NDArray

from composer.chord_step import ChordNow, ChordStepper
from composer.drum_step import DrumNow, DrumStepper
from composer.encoding.chord import NO_CHORD, pitch_classes
from composer.encoding.time_step import FIRST_ONSET, HOLD, NO_TOKEN, TOKEN_COUNT
from composer.melody_step import MelodyNow, MelodyStepper
from composer.networks.chord_gru import PHRASE, START, UNKNOWN_MODE, ChordGRU
from composer.networks.context import ChordContext, DrumContext, MelodyContext, row
from composer.networks.drum_gru import LANES, DrumGRU
from composer.networks.melody_lstm import NO_CHORD_GIVEN, MelodyLSTM
from composer.sampling import sample_rows

Rolls = NDArray[np.float32]  # [count, rows, steps]: 0 silent, 1 struck, between: held
COUNT, BARS, STEPS = 8, 4, 16
NUCLEUS = 0.95
HELD = np.float32(0.5)


def chord_samples(net: ChordGRU, seed: int) -> Rolls:
    """Eight phrases of sixteen half bars: the pitch classes of their chords, [8, 12, 16]."""
    rng, stepper = np.random.default_rng(seed), ChordStepper(net)
    rolls = np.zeros((COUNT, 12, PHRASE), np.float32)
    for roll in rolls:
        state, before, sounding = stepper.start(), START, np.zeros(12, np.bool_)
        for half in range(PHRASE):
            now = ChordNow(before, half, UNKNOWN_MODE, 0)
            state = stepper.after(now, row(ChordContext()), state)
            logits = stepper.logits(state)[None].astype(np.float64)
            before = int(sample_rows(logits, NUCLEUS, rng.random(1))[0])
            here = np.zeros(12, np.bool_)
            if before != NO_CHORD:
                here[list(pitch_classes(before))] = True
            roll[:, half] = np.where(here & sounding, HELD, here)
            sounding = here
    return rolls


def melody_samples(net: MelodyLSTM, seed: int) -> Rolls:
    """Eight melodies of four bars, [8, 61, 64]."""
    rng, stepper = np.random.default_rng(seed), MelodyStepper(net, COUNT)
    state, nothing = stepper.start(), np.full(COUNT, NO_TOKEN)
    context = np.repeat(row(MelodyContext())[None], COUNT, 0)
    before, sounding = nothing, np.zeros((COUNT, TOKEN_COUNT - FIRST_ONSET), np.float32)
    rolls = np.zeros((*sounding.shape, BARS * STEPS), np.float32)
    for step in range(BARS * STEPS):
        now = MelodyNow(
            before, nothing, nothing, step % STEPS, NO_CHORD_GIVEN, NO_CHORD_GIVEN, UNKNOWN_MODE, 0, 0
        )
        state = stepper.after(now, context, state)
        before = sample_rows(stepper.logits(state).astype(np.float64), NUCLEUS, rng.random(COUNT))
        sounding = np.where((before == HOLD)[:, None] & (sounding > 0), HELD, np.float32(0))
        struck = np.flatnonzero(before >= FIRST_ONSET)
        sounding[struck, before[struck] - FIRST_ONSET] = 1.0
        rolls[:, :, step] = sounding
    return rolls


def drum_samples(net: DrumGRU, seed: int) -> Rolls:
    """Eight grooves of four bars, [8, 9, 64]."""
    rng, stepper = np.random.default_rng(seed), DrumStepper(net)
    rolls = np.zeros((COUNT, LANES, BARS * STEPS), np.float32)
    for roll in rolls:
        state, last = stepper.start(), np.zeros(LANES, np.float32)
        for step in range(BARS * STEPS):
            before = roll[:, step - STEPS] if step >= STEPS else np.zeros(LANES, np.float32)
            now = DrumNow(last, before, step % STEPS, 0, row(DrumContext()))
            last, state = stepper.step(now, rng.random(LANES).astype(np.float32), state)
            roll[:, step] = last
    return rolls
