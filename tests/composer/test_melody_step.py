"""The fast step of the melody network is the network's own."""

import torch

from composer.melody_step import MelodyStepper
from composer.networks.context import MelodyContext, width
from composer.networks.melody_lstm import MelodyLSTM, MelodyStep

STEPS = 12


def test_folded_tables_give_the_networks_own_logits_step_after_step() -> None:
    torch.manual_seed(3)
    net = MelodyLSTM(hidden=24).eval()
    place = torch.arange(4)[:, None] + torch.arange(STEPS)
    inputs = MelodyStep(*(place % (6 + field) for field in range(9)))._replace(
        mode=place * 0 + 2, instrument=place % 2, style=place % 3
    )
    context = torch.randn(4, STEPS, width(MelodyContext))
    with torch.no_grad():
        slow, _ = net(inputs, context, net.recall.votes(inputs.previous))
    fast = MelodyStepper(net)
    state = fast.start(4)
    for step in range(STEPS):
        quick, state = fast.step(MelodyStep(*(x[:, step] for x in inputs)), context[:, step], state)
        torch.testing.assert_close(quick, slow[:, step], rtol=0, atol=5e-6)
    assert slow.abs().max() > 0.01  # not a comparison of nothing with nothing


def test_a_chosen_lane_goes_on_in_all() -> None:
    net = MelodyLSTM(hidden=24).eval()
    fast = MelodyStepper(net)
    inputs = MelodyStep(*(torch.arange(4) for _ in range(9)))
    _, state = fast.step(inputs, torch.zeros(4, width(MelodyContext)), fast.start(4))
    kept = state.of([2, 2])
    assert torch.equal(kept.hidden[:, 1], state.hidden[:, 2]) and kept.past.tokens.tolist() == [[2], [2]]
