"""The texture and drum networks one step at a time, as composing runs them, are the networks."""

import numpy as np
import torch

from composer.drum_step import DrumNow, DrumStepper
from composer.encoding.piano_roll import ROWS, STEPS
from composer.networks.context import DrumContext, TextureContext, width
from composer.networks.drum_gru import LANES, DrumGRU
from composer.networks.texture_gan import LATENT, TextureBar, TextureGenerator
from composer.texture_step import TextureNow, TextureStepper


def test_a_bar_of_texture_has_the_generators_own_logits() -> None:
    torch.manual_seed(5)
    net = TextureGenerator(hidden=40).eval()
    stepper = TextureStepper(net)
    for chords in ((3, 7, 180), (7, 7, 3)):
        z, context = torch.randn(1, LATENT), torch.randn(1, width(TextureContext))
        before = (torch.rand(1, 2, ROWS, STEPS) < 0.05).float()
        bar = TextureBar(torch.tensor([chords]), torch.tensor([2]), torch.tensor([1]), context, before)
        with torch.no_grad():
            whole = net(z, bar)[0].numpy()
        quick = stepper.logits(z[0].numpy(), TextureNow(chords, 2, 1, context[0].numpy(), before[0].numpy()))
        np.testing.assert_allclose(quick, whole, rtol=0, atol=2e-6)
        assert np.abs(whole).max() > 0.05


def test_drums_are_drawn_by_the_networks_own_chances() -> None:
    torch.manual_seed(6)
    net = DrumGRU(hidden=24).eval()
    with torch.no_grad():
        net.within.normal_(0, 2)
        net.head.weight.normal_()
    stepper, draws = DrumStepper(net), np.random.default_rng(6)
    state, last = stepper.start(), np.zeros(LANES, np.float32)
    fed, struck = [], []
    before = (draws.random((STEPS, LANES)) < 0.3).astype(np.float32)
    context = draws.standard_normal(width(DrumContext)).astype(np.float32)
    noise = draws.random((STEPS, LANES)).astype(np.float32)
    for step in range(STEPS):
        fed.append(last)
        last, state = stepper.step(DrumNow(last, before[step], step, 3, context), noise[step], state)
        struck.append(last)
    hits = torch.from_numpy(np.stack(struck))[None]
    places, styles = torch.arange(STEPS)[None], torch.full((1, STEPS), 3)
    told = torch.from_numpy(context).expand(1, STEPS, -1)
    with torch.no_grad():
        logits, _ = net(
            torch.from_numpy(np.stack(fed))[None], places, torch.from_numpy(before)[None], styles, told, hits
        )
    assert torch.equal(torch.from_numpy(noise)[None] < torch.sigmoid(logits), hits.bool())
    assert 0.1 < hits.mean() < 0.9
