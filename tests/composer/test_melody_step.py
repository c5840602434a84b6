"""The fast step of the melody network is the network's own."""

import numpy as np
import torch

from composer.encoding.time_step import FIRST_ONSET
from composer.melody_step import MelodyNow, MelodyStepper
from composer.networks.context import MelodyContext, width
from composer.networks.melody_lstm import MelodyLSTM, MelodyStep

STEPS, LANES = 12, 4


def now(inputs: MelodyStep, step: int) -> MelodyNow:
    """One step of inputs [B, T] as the stepper takes it."""
    own = {name: inputs._asdict()[name][:, step].numpy() for name in MelodyNow._fields[:3]}
    return MelodyNow(**own, **{n: int(inputs._asdict()[n][0, step]) for n in MelodyNow._fields[3:]})


def test_folded_tables_give_the_networks_own_logits_step_after_step() -> None:
    torch.manual_seed(3)
    net = MelodyLSTM(hidden=24).eval()
    with torch.no_grad():
        net.recall.gate.weight.normal_()
    step, lane = torch.arange(STEPS).expand(LANES, -1), torch.arange(LANES)[:, None]
    inputs = MelodyStep(*(step % (6 + field) for field in range(9)))._replace(
        mode=step * 0 + 2, instrument=step % 2, style=step % 3
    )
    inputs = inputs._replace(
        previous=(step + lane) % 6, reference=(step + lane) % 8, reference_next=(step + 2 * lane) % 9
    )
    context = torch.randn(LANES, STEPS, width(MelodyContext))
    with torch.no_grad():
        slow, _ = net(inputs, context, net.recall.votes(inputs.previous))
    fast = MelodyStepper(net, LANES)
    state = fast.start()
    for place in range(STEPS):
        state = fast.after(now(inputs, place), context[:, place].numpy(), state)
        np.testing.assert_allclose(fast.logits(state), slow[:, place].numpy(), rtol=0, atol=5e-6)
    assert slow.abs().max() > 0.01  # not a comparison of nothing with nothing


def test_a_chosen_lane_goes_on_in_all_and_a_copy_can_be_come_back_to() -> None:
    net = MelodyLSTM(hidden=24).eval()
    fast = MelodyStepper(net, LANES)
    here = MelodyNow(*(np.arange(LANES) for _ in range(3)), *(1 for _ in range(6)))
    context = np.zeros((LANES, width(MelodyContext)), np.float32)
    state = fast.after(here, context, fast.start())
    bookmark = state.copy()
    first = fast.logits(fast.after(here, context, state))
    state = fast.after(here, context, bookmark)
    assert np.array_equal(first, fast.logits(state))
    kept = state.of([2, 2, 2, 2])
    assert np.array_equal(kept.hidden[0][1], state.hidden[0][2])
    alike = np.full(LANES, 2)
    logits = fast.logits(fast.after(MelodyNow(alike, alike, alike, *here[3:]), context, kept))
    np.testing.assert_allclose(logits[0], logits[3], atol=1e-6)


def test_the_past_can_vote_on_pitches_and_leave_the_rhythm_to_the_network() -> None:
    torch.manual_seed(4)
    net = MelodyLSTM(hidden=24).eval()
    with torch.no_grad():
        net.recall.by_length.fill_(2.0)
    context = np.zeros((LANES, width(MelodyContext)), np.float32)
    voted, alone = MelodyStepper(net, LANES), MelodyStepper(net, LANES, rhythm_recalled=False)
    with torch.no_grad():
        net.recall.gate.bias.fill_(-40.0)  # the gates all but shut: the network without its past
    without = MelodyStepper(net, LANES)
    states = [stepper.start() for stepper in (voted, alone, without)]
    for place in range(STEPS):
        here = MelodyNow(*(np.full(LANES, 5 + place % 3) for _ in range(3)), *(1 for _ in range(6)))
        found = []
        for number, stepper in enumerate((voted, alone, without)):
            states[number] = stepper.after(here, context, states[number])
            logits = stepper.logits(states[number])
            found.append(np.exp(logits) / np.exp(logits).sum(1, keepdims=True))
    full, pitches, bare = found
    assert np.abs(full - bare).max() > 0.05  # the past does vote
    np.testing.assert_allclose(pitches[:, :FIRST_ONSET], bare[:, :FIRST_ONSET], atol=1e-5)
    mine, theirs = (p[:, FIRST_ONSET:] / p[:, FIRST_ONSET:].sum(1, keepdims=True) for p in (pitches, full))
    np.testing.assert_allclose(mine, theirs, atol=1e-5)
