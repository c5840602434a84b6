"""Bars written stroke by stroke have what was asked, and the walk through a bar is the same in one pass."""

import torch

from composer.encoding.piano_roll import STEPS
from composer.networks.context import TextureContext, row
from composer.networks.stroke_gru import BarSoFar, possible
from composer.networks.texture_gan import LATENT, TextureBar, TextureGenerator
from composer.training.analytic import features, row_heights
from composer.training.stroke_decoder import write_bars
from composer.training.strokes import told

BARS = 24
ASKED = TextureContext(
    density=9 / 16, register=0.2, polyphony=4 / 8, rhythm=5 / 9, dynamics=0.5, tension=0.3, arousal=0.5,
    same=11 / 16, bass=2 / 16, pad=3 / 16, arpeggio=8 / 16,
)  # fmt: skip


def bars(context: TextureContext) -> TextureBar:
    """Bars after a bar of eight strokes, four of them off the beat."""
    previous = torch.zeros(BARS, 2, 63, 16)
    previous[:, 0, 40, ::2] = 1
    longs = torch.zeros(BARS, dtype=torch.long)
    rows = torch.from_numpy(row(context)).expand(BARS, -1)
    return TextureBar(torch.zeros(BARS, 3, dtype=torch.long), longs, longs, rows, previous)


def written(context: TextureContext) -> torch.Tensor:
    """By a network that knows nothing."""
    generator = torch.Generator().manual_seed(4)
    torch.manual_seed(5)
    net = TextureGenerator().eval()
    z = torch.randn(BARS, LATENT, generator=generator)
    return write_bars(net, z, bars(context), generator)


def test_strokes_groove_and_beat_are_exactly_as_asked() -> None:
    found = features(written(ASKED), bars(ASKED).previous)
    for name in ("density", "bass", "pad", "arpeggio", "same", "rhythm"):
        assert torch.allclose(found[name], torch.tensor(getattr(ASKED, name))), name


def test_a_density_that_the_roles_can_not_play_gives_way() -> None:
    asked = TextureContext(density=2 / 16, bass=4 / 16, pad=0.0, arpeggio=6 / 16)
    found = features(written(asked), bars(asked).previous)
    assert torch.allclose(found["arpeggio"], torch.tensor(6 / 16))
    assert torch.allclose(found["density"], torch.tensor(6 / 16)) and not found["pad"].any()


def test_a_struck_role_has_a_row_and_holds_follow_notes() -> None:
    rolls = written(ASKED)
    onset, hold = rolls[:, 0], rolls[:, 1]
    assert not (hold[..., 1:] * (1 - onset[..., :-1]) * (1 - hold[..., :-1])).any()
    assert not (hold * onset).any() and not hold[..., 0].any()


def test_the_same_noise_writes_the_same_bars() -> None:
    assert torch.equal(written(ASKED), written(ASKED))


def test_a_known_bar_in_one_pass_is_told_what_it_is_told_step_by_step() -> None:
    bar, roll = bars(ASKED), written(ASKED)
    whole = told(roll, bar)
    sofar = BarSoFar(bar, row_heights(roll.device))
    for step in range(STEPS):
        fits = possible(sofar.left, sofar.quota_known, sofar.struck_before, step)
        assert torch.equal(fits, whole.fits[:, step])
        torch.testing.assert_close(sofar.facts(), whole.facts[:, step], rtol=0, atol=1e-5)
        torch.testing.assert_close(sofar.models(), whole.models[:, step])
        assert torch.equal(sofar.active, whole.active[:, step])
        sofar.add(roll[:, 0, :, step], roll[:, 1, :, step])
