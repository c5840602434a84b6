"""The fast step of the melody network is the network's own."""

import torch

from composer.melody_step import MelodyStepper
from composer.networks.context import MelodyContext, width
from composer.networks.melody_lstm import MelodyLSTM, MelodyStep


def test_folded_tables_give_the_networks_own_logits_and_state_step_after_step() -> None:
    torch.manual_seed(3)
    net = MelodyLSTM(hidden=24).eval()
    fast = MelodyStepper(net)
    slow_state, fast_state = net.start(4), fast.start(4)
    for step in range(12):
        inputs = MelodyStep(*((torch.arange(4) + step) % (6 + place) for place in range(9)))._replace(
            mode=torch.arange(4), instrument=torch.arange(4) % 2, style=torch.arange(4) % 3
        )
        context = torch.randn(4, width(MelodyContext))
        slow, slow_state = net.step(inputs, context, slow_state)
        quick, fast_state = fast.step(inputs, context, fast_state)
        torch.testing.assert_close(quick, slow, rtol=0, atol=2e-6)
    torch.testing.assert_close(fast_state[1], slow_state[1], rtol=0, atol=2e-6)
    assert slow.abs().max() > 0.01  # not a comparison of nothing with nothing
