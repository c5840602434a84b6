"""The exact decoder on whole batches of rolls: as many onsets, as full and as high as each bar asks for.

The generator gives each cell of a roll a probability of its own; drawn one by one they scatter what belongs
together. A classifier told by basses of two notes at once, by chords of another size at every stroke and by
notes that end anywhere. Here a bass has one row a stroke, a scene keeps its sizes of chords, and a note's
hold is decided by one draw a bar. Validation split, four bars: classifier .929 drawn cell by cell, .852 with
one bass, .833 with exact onsets, .814 with exact register and fullness, .761 with sizes of chords kept; MMD
.0107 to .0048, where two halves of the real bars lie .0036 apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

from composer.encoding.piano_roll import ROLE_SLICE, TEXTURE_ROLES
from composer.networks.context import TextureContext
from composer.networks.texture_gan import TextureBar, legal_holds
from composer.training.analytic import row_heights

# Chosen on the validation split, each the best of three or four.
HOLD_OF_BAR, HOLD_OF_STEP = 0.914, 0.406  # shares of a hold's draw: a note is held or not, mostly as one
SIZE_OF_SCENE, SIZE_OF_STEP = 0.902, 0.431  # of a chord's size
ROW_SHARPNESS = 1.4  # rows of a stroke, whose number is given: fewer tones foreign to the chord
PAD_LIFT = 0.15  # a pad struck where it was unlikely is still a chord: part of the way up to its likeliest
LARGEST_CHORD = 8
REGISTER_REACH, HOLD_REACH = 6.0, 8.0
BISECTIONS = 9
NEVER = -1e9
_FIELDS = [field.name for field in fields(TextureContext)]


@dataclass(frozen=True)
class SceneNoise:
    """What a scene's bars share: standard normals for the sizes of each role's chords, [B, 3, 1]."""

    sizes: Tensor


def scene_noise(batch: int, generator: torch.Generator) -> SceneNoise:
    """Drawn once a scene."""
    return SceneNoise(torch.randn(batch, len(TEXTURE_ROLES), 1, generator=generator))


def decode(
    logits: Tensor, bar: TextureBar, scene: SceneNoise, generator: torch.Generator, legal: bool = True
) -> Tensor:
    """Rolls [B, 2, 63, 16] of logits [B, 2, 63, 16]; every request of `bar` but mode and style is known.

    legal False lets holds begin anywhere, for the ablation of that layer.
    """
    onset = _rows(logits[:, 0], bar, _struck(logits[:, 0], bar, generator), scene, generator)
    shape = (len(logits), onset.shape[1])
    of_bar = torch.randn(*shape, 1, generator=generator)
    of_step = torch.randn(*shape, onset.shape[2], generator=generator)
    draw = torch.special.ndtr(HOLD_OF_BAR * of_bar + HOLD_OF_STEP * of_step)

    def held(offset: Tensor) -> Tensor:
        hold = (draw < torch.sigmoid(logits[:, 1] + offset[:, None, None])).float()
        return legal_holds(onset, hold, bar.previous) if legal else hold * (1 - onset)

    def fullness(offset: Tensor) -> Tensor:
        return (onset.sum((1, 2)) + held(offset).sum((1, 2))) / onset.shape[2]

    offset = _bisected(fullness, 8 * _asked(bar, "polyphony"), HOLD_REACH)
    return torch.stack([onset, held(offset)], 1)


def _asked(bar: TextureBar, name: str) -> Tensor:
    return bar.context[:, _FIELDS.index(name)]


def _gumbel(shape: torch.Size, generator: torch.Generator) -> Tensor:
    return -torch.log(-torch.log(torch.rand(shape, generator=generator).clamp(1e-6, 1 - 1e-6)))


def _any_logit(onset: Tensor) -> Tensor:
    """[B, 3, 16]: logit that any row of each role begins at each step."""
    parts = []
    for role in TEXTURE_ROLES:
        none = -functional.softplus(onset[:, ROLE_SLICE[role]]).sum(1)  # log p(none)
        parts.append(torch.log((-torch.expm1(none.clamp(max=-1e-9))).clamp(min=1e-12)) - none)
    return torch.stack(parts, 1)


def _struck(onset: Tensor, bar: TextureBar, generator: torch.Generator) -> Tensor:
    """[B, 3, 16] bool: the steps that each role strikes, as many as asked; together as many as the density.

    Gumbel top-k of the steps; the roles with most strokes choose first, and the later ones must strike what
    would else stay silent.
    """
    counts = torch.stack([_asked(bar, role) for role in TEXTURE_ROLES], 1).mul(16).round().long()  # (B, 3)
    whole = _asked(bar, "density").mul(16).round().long()
    score = _any_logit(onset)
    score = score + _gumbel(score.shape, generator)
    together = torch.logsumexp(score.masked_fill(counts[:, :, None] == 0, NEVER), 1)
    open_steps = _top(together, whole)
    batch = torch.arange(len(onset))
    struck = torch.zeros_like(score, dtype=torch.bool)
    covered = torch.zeros_like(open_steps)
    order = counts.argsort(dim=1, descending=True, stable=True)
    for place in range(order.shape[1]):
        role = order[:, place]
        left = counts.gather(1, order[:, place + 1 :]).sum(1)
        bare = open_steps & ~covered
        own = score[batch, role].masked_fill(~open_steps, NEVER)
        forced = _top(own.masked_fill(~bare, NEVER), (bare.sum(1) - left).clamp(min=0)) & bare
        mine = _top(own.masked_fill(forced, -NEVER), counts[batch, role]) & open_steps
        struck[batch, role] = mine
        covered = covered | mine
    return struck


def _top(score: Tensor, count: Tensor) -> Tensor:
    """[B, T] bool: the `count` [B] highest of each row."""
    rank = score.argsort(dim=1, descending=True, stable=True).argsort(1)
    return rank < count[:, None]


def _rows(
    onset: Tensor, bar: TextureBar, struck: Tensor, scene: SceneNoise, generator: torch.Generator
) -> Tensor:
    """[B, 63, 16]: the rows of every stroke, as high in the mean as a tilt of the logits can bring them."""
    sizes = _sizes(onset, struck, scene, generator)
    heights = row_heights(onset.device)
    noise = _gumbel(onset.shape, generator)

    def chosen(tilt: Tensor) -> Tensor:
        score = ROW_SHARPNESS * onset + tilt[:, None, None] * (heights[None, :, None] - 60) / 12 + noise
        found = torch.zeros_like(onset)
        for number, role in enumerate(TEXTURE_ROLES):
            part = ROLE_SLICE[role]
            rank = score[:, part].argsort(dim=1, descending=True, stable=True).argsort(1)
            taken = (rank < sizes[:, number, None]) & struck[:, number, None]
            found[:, part] = taken.float()
        return found

    def register(tilt: Tensor) -> Tensor:
        rows = chosen(tilt)
        return ((rows.sum(2) * heights).sum(1) / rows.sum((1, 2)).clamp(min=1) - 60) / 12

    return chosen(_bisected(register, _asked(bar, "register"), REGISTER_REACH))


def _sizes(onset: Tensor, struck: Tensor, scene: SceneNoise, generator: torch.Generator) -> Tensor:
    """[B, 3, 16] rows at each stroke: one in the bass, else the network's own distribution at one quantile a
    scene, so that a scene's chords stay as full as they are."""
    jitter = torch.randn(struck.shape, generator=generator)
    quantile = torch.special.ndtr(SIZE_OF_SCENE * scene.sizes + SIZE_OF_STEP * jitter)
    likely = _any_logit(onset)
    best = likely.masked_fill(~struck, -9.0).amax(2, keepdim=True).clamp(min=-9.0)
    found = torch.ones(struck.shape, dtype=torch.long)
    for number, role in enumerate(TEXTURE_ROLES[1:], 1):
        lift = PAD_LIFT * (best - likely)[:, number].clamp(min=0) if role == "pad" else 0 * likely[:, 0]
        share = _size_shares(onset[:, ROLE_SLICE[role]] + lift[:, None])
        below = share.cumsum(1) < quantile[:, number, None]
        found[:, number] = 1 + below.sum(1).clamp(max=LARGEST_CHORD - 1)
    return found


def _size_shares(logits: Tensor) -> Tensor:
    """[B, LARGEST_CHORD, T]: how likely 1, 2, ... rows are at once, given one. logits: [B, R, T].

    The Poisson binomial distribution, row by row.
    """
    p = torch.sigmoid(logits)
    shares = torch.zeros(len(p), LARGEST_CHORD + 1, p.shape[2])
    shares[:, 0] = 1
    for row in range(p.shape[1]):
        here = p[:, row, None]
        shares = shares * (1 - here) + functional.pad(shares[:, :-1], (0, 0, 1, 0)) * here
    return shares[:, 1:] / shares[:, 1:].sum(1, keepdim=True).clamp(min=1e-12)


def _bisected(measure: Callable[[Tensor], Tensor], wanted: Tensor, reach: float) -> Tensor:
    """The offsets [B] in -reach..reach at which a rising measure of each row comes to what is wanted."""
    low, high = torch.full_like(wanted, -reach), torch.full_like(wanted, reach)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = measure(middle) < wanted
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return (low + high) / 2
