"""`reelscore train strokes`: the stroke network, by likelihood, beside a generator that stays as it is."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from composer.encoding.piano_roll import ROLE_SLICE, STEPS
from composer.networks.stroke_gru import (
    BITS,
    COUNTS,
    LAGS,
    ROLE_OF_ROW,
    ROLES,
    BarSoFar,
    StrokeGRU,
    below_in_role,
    by_role,
    combination_of,
    possible,
    step_facts,
    use,
)
from composer.networks.texture_gan import (
    LATENT,
    BarCondition,
    TextureBar,
    TextureEncoder,
    TextureGenerator,
    scene_latent,
)
from composer.training.analytic import row_heights
from composer.training.dataset import BarData, Windows
from composer.training.loop import (
    Average,
    LoopSettings,
    Report,
    Trained,
    cosine_rate,
    descend,
    load_checkpoint,
    run_loop,
    seeded,
)
from composer.training.texture_bars import reconstruction, texture_bar

DEFAULTS = LoopSettings(iterations=5000, batch=128, learning_rate=2e-3, checkpoint_every=500)
ENCODER_DEFAULTS = LoopSettings(iterations=2200, batch=64, learning_rate=1e-3, checkpoint_every=500)
EVENNESS = 0.5  # of the draw of bars
# Half of the bars hear the latent of a bar at most this far away, as a scene's bars do; half one that says
# nothing of them: the network learns to follow a scene, and to go on without.
SCENE_REACH = 3
FROM_SCENE = 0.5
KL, FREE_BITS = 0.7, 0.02
HELD_OUT_BARS = 700
IMPOSSIBLE = -1e9


@dataclass(frozen=True)
class Told:
    """What the steps of known bars are told: facts [B, 16, F], models [B, 16, 4, 63], fits [B, 16, 8] (the
    possible combinations), active [B, 16, 63] (what sounded a step earlier)."""

    facts: Tensor
    models: Tensor
    fits: Tensor
    active: Tensor


@torch.no_grad()
def told(roll: Tensor, bar: TextureBar) -> Told:
    """What `BarSoFar` tells step by step, all steps of bars [B, 2, 63, 16] at once."""
    batch = len(roll)
    start = BarSoFar(bar, row_heights(roll.device))
    onset = torch.cat([bar.previous[:, 0], roll[:, 0]], 2)
    sounding = torch.cat([bar.previous.sum(1), roll.sum(1)], 2)
    ago = {lag: onset[:, :, STEPS - lag : -lag].transpose(1, 2) for lag in (1, *LAGS)}  # (B, 16, 63)
    played = roll[:, 0].transpose(1, 2)
    active = sounding[:, :, STEPS - 1 : -1].transpose(1, 2)
    last = _last_strokes(onset)
    models = torch.stack([*(ago[lag] for lag in LAGS), last], 2)
    struck = torch.stack([played[..., part].amax(2) for part in ROLE_SLICE.values()], 2)  # (B, 16, 3)
    steps = torch.arange(STEPS).expand(batch, -1)
    left = start.left[:, None] - _before(use(struck, start.struck_before, steps))
    notes, height = _before(played.sum(2)), _before(played @ start.heights)
    cells = _before(roll.sum((1, 2)))
    runs = torch.zeros(batch, STEPS, len(LAGS) * ROLES)
    differing = torch.stack([(played - ago[lag]).abs() for lag in LAGS], 2)
    same = 1 - torch.stack([differing[..., part].amax(3) for part in ROLE_SLICE.values()], 3).flatten(2)
    for step in range(1, STEPS):
        runs[:, step] = (runs[:, step - 1] + 1) * same[:, step - 1]
    facts = step_facts(
        torch.cat([ago[1], active, models.flatten(2), sounding[:, :, :STEPS].transpose(1, 2)], 2),
        runs, start.asked[:, None], start.known[:, None], left, start.quota_known[:, None],
        torch.stack([notes, height, cells], 2), steps, start.struck_before,
    )  # fmt: skip
    known, before = start.quota_known, start.struck_before
    fits = torch.stack([possible(left[:, step], known, before, step) for step in range(STEPS)], 1)
    return Told(facts, models, fits, active)


def _before(values: Tensor) -> Tensor:
    """Sums over the steps (dim 1) before each."""
    return values.cumsum(1) - values


def _last_strokes(onset: Tensor) -> Tensor:
    """[B, 16, 63] rows of each role's last stroke before each step of the second bar. onset: [B, 63, 32]."""
    place = torch.arange(onset.shape[2])
    parts = []
    for part in ROLE_SLICE.values():
        rows = onset[:, part]
        at = torch.where(rows.amax(1) > 0, place, -1).cummax(1).values[:, STEPS - 1 : -1]  # (B, 16)
        found = rows.gather(2, at.clamp(min=0)[:, None].expand(-1, rows.shape[1], -1))
        parts.append((found * (at >= 0)[:, None]).transpose(1, 2))
    return torch.cat(parts, 2)


def nats(
    net: StrokeGRU, generator: TextureGenerator, z: Tensor, roll: Tensor, bar: TextureBar
) -> dict[str, Tensor]:
    """Nats a bar [B] of roles (which strike), rows and holds."""
    batch = len(roll)
    with torch.no_grad():
        logits = generator(z, bar).permute(0, 3, 1, 2).flatten(2)  # (B, 16, 126)
        condition = generator.condition(bar).repeat_interleave(4, 1)
        known = told(roll, bar)
    seen = net.tell(known.facts, logits, condition)
    out, _ = net.gru(seen)
    state = torch.cat([out, seen], -1).flatten(0, 1)
    onset = roll[:, 0].transpose(1, 2).flatten(0, 1)  # (B * 16, 63)
    hold = roll[:, 1].transpose(1, 2).flatten(0, 1)
    struck = by_role(onset)
    combination = combination_of(struck)
    scores = net.roles(state).masked_fill(~known.fits.flatten(0, 1), IMPOSSIBLE)
    of_roles = functional.cross_entropy(scores, combination, reduction="none")
    place = torch.arange(batch).repeat_interleave(STEPS)
    some = torch.nonzero(combination > 0)[:, 0]
    rows = _row_nats(net, state[some], combination[some], known.models.flatten(0, 1)[some], onset[some])
    may = known.active.flatten(0, 1) * (1 - onset)
    going = torch.nonzero(may.any(1))[:, 0]
    holds = _hold_nats(net, state[going], combination[going], may[going], hold[going])
    zero = torch.zeros(batch)
    return {
        "roles": of_roles.reshape(batch, STEPS).sum(1),
        "rows": zero.index_add(0, place[some], rows),
        "holds": zero.index_add(0, place[going], holds),
    }


def _row_nats(net: StrokeGRU, state: Tensor, combination: Tensor, models: Tensor, onset: Tensor) -> Tensor:
    base, sizes = net.row_logits(state, combination, models)
    count = below_in_role(onset).long().clamp(max=COUNTS - 1)
    by_count = sizes[torch.arange(len(onset))[:, None], ROLE_OF_ROW, count]
    logits = base + onset @ net.from_below() + by_count
    counted = BITS[combination][:, ROLE_OF_ROW]
    return functional.binary_cross_entropy_with_logits(logits, onset, counted, reduction="none").sum(1)


def _hold_nats(net: StrokeGRU, state: Tensor, combination: Tensor, may: Tensor, hold: Tensor) -> Tensor:
    base, ends = net.hold_logits(state, combination)
    went = (below_in_role(hold) > 0).long()
    ended = (below_in_role(may * (1 - hold)) > 0).long()
    by_end = ends[torch.arange(len(hold))[:, None], ROLE_OF_ROW, went + 2 * ended]
    return functional.binary_cross_entropy_with_logits(base + by_end, hold, may, reduction="none").sum(1)


def train_strokes(
    data: BarData, folder: Path, settings: LoopSettings, net: TextureGenerator, encoder: TextureEncoder
) -> Trained:
    """Train, or go on training, net.strokes in `folder`; the rest of net and the encoder stay as they are."""
    torch.manual_seed(settings.seed)
    strokes = StrokeGRU(BarCondition.size)
    optimiser = torch.optim.AdamW(strokes.parameters(), lr=settings.learning_rate, weight_decay=0.01)
    trained = Trained({"strokes": strokes}, {"strokes": optimiser}, {"strokes": Average(strokes, 0.998)})
    load_checkpoint(trained, folder / "checkpoint.safetensors")
    sounding = data.rolls[:, 0].flatten(1).amax(1) > 0
    windows = Windows(data, "train", 1, sounding, EVENNESS)
    held_out = torch.nonzero(data.split_mask("valid") & sounding)[:, 0]
    held_out = held_out[:: max(len(held_out) // HELD_OUT_BARS, 1)]

    def loss(part: StrokeGRU, index: Tensor, generator: torch.Generator, asked: bool) -> dict[str, Tensor]:
        bar = texture_bar(data, index, generator if asked else None)
        z = _latents(data, sounding, encoder, index, generator)
        return nats(part, net, z, data.rolls[index].float(), bar)

    def step(iteration: int) -> Report:
        generator = seeded(settings, iteration, data.run.device)
        parts = loss(strokes, windows.draw(settings.batch, generator)[0][:, 0], generator, True)
        total = torch.stack([part.mean() for part in parts.values()]).sum()
        descend(optimiser, total, cosine_rate(settings, iteration))
        trained.averages["strokes"].update(iteration)
        return {"loss": total} | {name: part.mean() for name, part in parts.items()}

    @torch.no_grad()
    def check(_: int) -> Report:
        judged = StrokeGRU(BarCondition.size)
        judged.load_state_dict(trained.averages["strokes"].shadow)
        generator = torch.Generator().manual_seed(7)
        parts = loss(judged, held_out, generator, False)
        return {"valid": torch.stack([part.mean() for part in parts.values()]).sum()}

    run_loop(trained, settings, folder, step, check)
    return trained


@torch.no_grad()
def _latents(
    data: BarData, sounding: Tensor, encoder: TextureEncoder, index: Tensor, generator: torch.Generator
) -> Tensor:
    """z [B, 64]: of a scene that a near bar of the same run belongs to, or of any scene."""
    batch = len(index)
    scene = torch.randn(batch, LATENT, generator=generator)
    away = torch.randint(1, SCENE_REACH + 1, (batch,), generator=generator)
    away = away * (torch.randint(0, 2, (batch,), generator=generator) * 2 - 1)
    near = (index + away).clamp(0, len(data) - 1)
    heard = (torch.rand(batch, generator=generator) < FROM_SCENE) & sounding[near]
    heard &= data.run[near] == data.run[index]
    mean, _ = encoder(data.rolls[near].float(), texture_bar(data, near, None))
    mean = mean * (LATENT**0.5 / mean.norm(dim=1, keepdim=True).clamp(min=1e-6))
    scene = torch.where(heard[:, None], mean, scene)
    return scene_latent(scene, torch.randn(batch, LATENT, generator=generator))


def train_encoder(data: BarData, folder: Path, settings: LoopSettings, net: TextureGenerator) -> Trained:
    """An encoder anew for a generator whose own was not kept: the VAE's loss, the generator frozen."""
    torch.manual_seed(settings.seed)
    encoder = TextureEncoder()
    optimiser = torch.optim.Adam(encoder.parameters(), lr=settings.learning_rate, betas=(0.9, 0.99))
    trained = Trained({"encoder": encoder}, {"encoder": optimiser}, {"encoder": Average(encoder, 0.99)})
    load_checkpoint(trained, folder / "checkpoint.safetensors")
    windows = Windows(data, "train", 1, data.rolls[:, 0].flatten(1).amax(1) > 0, EVENNESS)

    def step(iteration: int) -> Report:
        generator = seeded(settings, iteration, data.run.device)
        index = windows.draw(settings.batch, generator)[0][:, 0]
        bar, roll = texture_bar(data, index, generator), data.rolls[index].float()
        mean, spread = encoder(roll, bar)
        z = mean + torch.randn(mean.shape, generator=generator) * (spread / 2).exp()
        kl = 0.5 * (mean.square() + spread.exp() - 1 - spread).mean(0)
        shown = reconstruction(net(z, bar), roll, bar.previous).mean()
        total = shown + KL * kl.clamp(min=FREE_BITS).sum()
        descend(optimiser, total, cosine_rate(settings, iteration))
        trained.averages["encoder"].update(iteration)
        return {"reconstruction": shown, "kl": kl.sum()}

    run_loop(trained, settings, folder, step)
    return trained
