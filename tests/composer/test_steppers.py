"""The texture, stroke and drum networks one step at a time, as composing runs them, are the networks."""

import numpy as np
import torch

from composer.drum_step import DrumNow, DrumStepper
from composer.encoding.piano_roll import ROWS, STEPS
from composer.networks.context import DrumContext, TextureContext, row, width
from composer.networks.drum_gru import LANES, DrumGRU
from composer.networks.stroke_gru import FACTS, MODELS, BarSoFar
from composer.networks.texture_gan import LATENT, TextureBar, TextureGenerator
from composer.stroke_lanes import Asked, Lanes
from composer.stroke_step import StrokeStepper
from composer.texture_step import TextureNow, TextureStepper
from composer.training.analytic import row_heights


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


def test_a_stroke_step_has_the_networks_own_scores() -> None:
    torch.manual_seed(7)
    net = TextureGenerator(hidden=40).eval()
    with torch.no_grad():
        net.strokes.below.normal_()
    stepper, lanes, step = StrokeStepper(net), 3, 5
    chords = ((3, 7, 180), (7, 7, 3), (20, 0, 1))
    context, logits = torch.randn(lanes, width(TextureContext)), torch.randn(lanes, 2, ROWS, STEPS)
    facts, hidden = torch.randn(lanes, FACTS), torch.randn(lanes, net.strokes.hidden)
    models, chosen = (torch.rand(lanes, MODELS, ROWS) < 0.1).float(), torch.tensor([1, 4, 7])
    longs = torch.tensor([2, 0, 5])
    bar = TextureBar(torch.tensor(chords), longs, longs, context, torch.zeros(lanes, 2, ROWS, STEPS))
    with torch.no_grad():
        told = net.strokes.tell(facts, logits[..., step].flatten(1), net.condition(bar)[:, step // 4])
        out, after = net.strokes.gru(told[:, None], hidden[None])
        state = torch.cat([out[:, 0], told], 1)
        rows, holds = net.strokes.row_logits(state, chosen, models), net.strokes.hold_logits(state, chosen)
        scores = net.strokes.roles(state)
    nows = [
        TextureNow(three, one, one, told_row.numpy(), np.zeros(0, np.float32))
        for three, one, told_row in zip(chords, longs.tolist(), context, strict=True)
    ]
    first, later = stepper.step(stepper.told(logits.numpy(), nows)[:, step], facts.numpy(), hidden.numpy())
    found = stepper.rows(first[1], chosen.tolist(), models.numpy())
    held = stepper.holds(first[2], chosen.tolist())
    pairs = [(later, after[0]), (stepper.combinations(first[0]), scores), (found.base, rows[0])]
    pairs += [(found.sizes, rows[1]), (held.base, holds[0]), (held.ends, holds[1])]
    for quick, whole in pairs:
        np.testing.assert_allclose(quick, whole.numpy(), rtol=0, atol=1e-5)


def test_lanes_tell_a_step_what_the_network_was_trained_to_hear() -> None:
    """Strokes of single roles and the beat are left open when composing."""
    draws, lanes = torch.Generator().manual_seed(8), 4
    previous = (torch.rand(lanes, 2, ROWS, STEPS, generator=draws) < 0.05).float()
    previous[:, 1] *= 1 - previous[:, 0]
    before = previous[:, 0].amax(1).sum(1).int().tolist()
    asked = [Asked(6, min(one, 6) - 1, 0.25, 0.5) for one in before]
    same = [1 - (6 + one - 2 * bar.matches) / STEPS for one, bar in zip(before, asked, strict=True)]
    rows = [row(TextureContext(density=6 / 16, register=0.25, polyphony=0.5, same=one)) for one in same]
    longs = torch.zeros(lanes, dtype=torch.long)
    bar = TextureBar(longs[:, None].expand(-1, 3), longs, longs, torch.from_numpy(np.stack(rows)), previous)
    sofar, quick = BarSoFar(bar, row_heights(previous.device)), Lanes(previous.numpy(), asked)
    for _ in range(STEPS):
        models = quick.models()
        np.testing.assert_allclose(quick.facts(models), sofar.facts().numpy(), rtol=0, atol=1e-5)
        onset = (torch.rand(lanes, ROWS, generator=draws) < 0.02).float()
        hold = sofar.active * (1 - onset)
        sofar.add(onset, hold)
        quick.add(onset.numpy(), hold.numpy())
