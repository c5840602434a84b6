"""What the exact decoder draws has what was asked, whatever the network finds likely."""

import torch

from composer.encoding.piano_roll import ROLE_SLICE
from composer.networks.context import TextureContext, row
from composer.networks.texture_gan import TextureBar
from composer.training.analytic import features
from composer.training.roll_decoder import decode, scene_noise

BARS = 24
ASKED = TextureContext(
    density=8 / 16, register=0.2, polyphony=4 / 8, rhythm=0.5, dynamics=0.5, tension=0.3, arousal=0.5,
    same=None, bass=2 / 16, pad=3 / 16, arpeggio=7 / 16,
)  # fmt: skip


def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    """Rolls of a network that knows nothing, and the empty bars before them."""
    generator = torch.Generator().manual_seed(4)
    logits = torch.randn(BARS, 2, 63, 16, generator=generator) - 2
    previous = torch.zeros(BARS, 2, 63, 16)
    longs = torch.zeros(BARS, dtype=torch.long)
    context = torch.from_numpy(row(ASKED)).expand(BARS, -1)
    bar = TextureBar(torch.zeros(BARS, 3, dtype=torch.long), longs, longs, context, previous)
    return decode(logits, bar, scene_noise(BARS, generator), generator), previous


def test_onsets_of_every_role_and_of_all_together_are_exactly_as_many_as_asked() -> None:
    rolls, previous = drawn()
    found = features(rolls, previous)
    for name in ("density", "bass", "pad", "arpeggio"):
        assert torch.allclose(found[name], torch.tensor(getattr(ASKED, name)))


def test_register_and_fullness_come_as_near_as_whole_notes_can() -> None:
    rolls, previous = drawn()
    found = features(rolls, previous)
    assert (found["register"] - 0.2).abs().median() < 0.05
    assert (found["polyphony"] - 0.5).abs().median() < 0.02


def test_a_bass_plays_one_note_at_a_time() -> None:
    rolls, _ = drawn()
    assert rolls[:, 0, ROLE_SLICE["bass"]].sum(1).max() == 1


def test_holds_follow_notes() -> None:
    rolls, _ = drawn()
    onset, hold = rolls[:, 0], rolls[:, 1]
    assert not (hold[..., 1:] * (1 - onset[..., :-1]) * (1 - hold[..., :-1])).any()
    assert not (hold * onset).any() and not hold[..., 0].any()
