"""The texture GAN: a beat-recurrent generator with role heads and legal holds, a VAE encoder, a two-bar
critic.

Rolls are those of composer.encoding.piano_roll: [B, 2, 63, 16], onset plane and hold plane.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from composer.encoding.chord import CHORD_COUNT, MODES
from composer.encoding.piano_roll import ROLE_ROWS, ROLE_SLICE, ROWS, STEPS, TEXTURE_ROLES
from composer.encoding.style_tag import STYLE_TAGS
from composer.networks.context import TextureContext, width
from composer.networks.stroke_gru import StrokeGRU

LATENT = 64
SCENE_SHARE, BAR_SHARE = 0.9, 0.44  # .9^2 + .44^2 = 1: z stays a standard normal
BEATS, BEAT_STEPS = 4, 4
UNKNOWN_MODE = len(MODES)


class TextureBar(NamedTuple):
    """What one bar is told. Longs [B] unless said.

    chords: [B, 3] long: first half, second half, and the first half of the next bar.  mode: index or
    UNKNOWN_MODE. style: index of STYLE_TAGS.  context: [B, width(TextureContext)].  previous: [B, 2, 63, 16]
    float, the roll of the bar before, all zero at a scene's start.
    """

    chords: Tensor
    mode: Tensor
    style: Tensor
    context: Tensor
    previous: Tensor


def scene_latent(scene: Tensor, bar: Tensor) -> Tensor:
    """z [B, 64] of a bar.

    Scene [B, 64] drawn once a scene (or from the bank), bar [B, 64] drawn for each bar.
    """
    return SCENE_SHARE * scene + BAR_SHARE * bar


class BarCondition(nn.Module):
    """Embeds a TextureBar's chords, mode, style and context: [B, 4, size], one row a beat."""

    size = 2 * 48 + 8 + 16 + width(TextureContext) + BEATS

    def __init__(self) -> None:
        super().__init__()
        self.chord = nn.Embedding(CHORD_COUNT + 1, 48)
        self.mode = nn.Embedding(len(MODES) + 1, 8)
        self.style = nn.Embedding(len(STYLE_TAGS), 16)

    def forward(self, bar: TextureBar) -> Tensor:
        chords = self.chord(bar.chords)  # (B, 3, 48)
        now = chords[:, [0, 0, 1, 1]]  # (B, 4, 48)
        following = chords[:, [1, 1, 2, 2]]
        whole = torch.cat([self.mode(bar.mode), self.style(bar.style), bar.context], -1)
        beat = torch.eye(BEATS, device=whole.device).expand(len(whole), -1, -1)
        return torch.cat([now, following, whole.unsqueeze(1).expand(-1, BEATS, -1), beat], -1)


class TextureGenerator(nn.Module):
    """A bar of logits from z, the bar's condition and the bar before: about 2.6 M parameters.

    `strokes`, a million more, writes bars after these logits; it learns when the generator is done.

    Composing: texture_step.py, a bar at a time; there is no hidden state but `bar.previous`, the roll that
    was chosen for the bar before.
    """

    def __init__(self, hidden: int = 512) -> None:
        super().__init__()
        self.hidden = hidden
        self.condition = BarCondition()
        self.memory = nn.Sequential(nn.Linear(2 * ROWS * STEPS, 320), nn.LeakyReLU(0.2), nn.Linear(320, 128))
        self.scene = nn.Linear(LATENT, hidden)
        self.gru = nn.GRU(LATENT + BarCondition.size + 128, hidden, batch_first=True)
        self.heads = nn.ModuleDict(
            {
                role: nn.Sequential(
                    nn.Linear(hidden, 256),
                    nn.LeakyReLU(0.2),
                    nn.Linear(256, 2 * ROLE_ROWS[role] * BEAT_STEPS),
                )
                for role in TEXTURE_ROLES
            }
        )
        self.strokes = StrokeGRU(BarCondition.size)

    def forward(self, z: Tensor, bar: TextureBar) -> Tensor:
        """z: [B, 64]. Returns logits [B, 2, 63, 16]."""
        batch = len(z)
        memory = self.memory(bar.previous.reshape(batch, -1))
        fixed = torch.cat([z, memory], -1).unsqueeze(1).expand(-1, BEATS, -1)
        trunk, _ = self.gru(
            torch.cat([fixed, self.condition(bar)], -1), torch.tanh(self.scene(z)).unsqueeze(0)
        )
        rolls = []
        for role in TEXTURE_ROLES:
            beats = self.heads[role](trunk)  # (B, 4, 2 * rows * 4)
            beats = beats.reshape(batch, BEATS, 2, ROLE_ROWS[role], BEAT_STEPS)
            rolls.append(beats.permute(0, 2, 3, 1, 4).reshape(batch, 2, ROLE_ROWS[role], STEPS))
        return torch.cat(rolls, 2)  # (B, 2, 63, 16)


def legal_holds(onset: Tensor, hold: Tensor, previous: Tensor) -> Tensor:
    """Holds that follow a sounding note in their row: hold(t) * active(t-1) * (1 - onset(t)).

    onset, hold: [B, 63, 16] in 0..1.  previous: [B, 2, 63, 16], whose last step decides the first hold.
    Without this layer 38 to 60 % of the prototype's holds were orphans (COMPOSER notes).
    """
    active = previous[:, :, :, -1].amax(1)  # (B, 63)
    legal = []
    for step in range(onset.shape[-1]):
        held = hold[..., step] * active * (1 - onset[..., step])
        active = onset[..., step] + held
        legal.append(held)
    return torch.stack(legal, -1)


def sample(logits: Tensor, previous: Tensor, noise: Tensor, legal: bool = True) -> Tensor:
    """Bernoulli rolls [B, 2, 63, 16] with straight-through gradients.

    noise: uniform 0..1, the shape of logits; the same noise gives the same rolls.  legal False leaves out the
    layer of legal holds, for the ablation that shows what it is worth.
    """
    p = torch.sigmoid(logits)
    hard = (noise < p).to(p.dtype) + p - p.detach()
    hold = legal_holds(hard[:, 0], hard[:, 1], previous) if legal else hard[:, 1] * (1 - hard[:, 0])
    return torch.stack([hard[:, 0], hold], 1)


class TextureEncoder(nn.Module):
    """q(z | bar, condition): used in training and for the bank of vetted latents, never when composing."""

    def __init__(self, hidden: int = 512) -> None:
        super().__init__()
        self.condition = BarCondition()
        given = 2 * ROWS * STEPS + BEATS * BarCondition.size
        self.body = nn.Sequential(
            nn.Linear(given, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 256), nn.LeakyReLU(0.2)
        )
        self.head = nn.Linear(256, 2 * LATENT)

    def forward(self, roll: Tensor, bar: TextureBar) -> tuple[Tensor, Tensor]:
        """roll: [B, 2, 63, 16]. Returns mean and log variance, [B, 64] each."""
        flat = torch.cat([roll.reshape(len(roll), -1), self.condition(bar).reshape(len(roll), -1)], -1)
        mean, log_variance = self.head(self.body(flat)).chunk(2, -1)
        return mean, log_variance.clamp(-8, 4)


class TextureCritic(nn.Module):
    """Judges two bars, previous and current, with their condition: a projection critic, spectrally
    normalised.

    Streams: the onsets of both bars, the degree chroma (rows folded to 7 degrees a role), and each role's own
    rolls; a minibatch deviation column shows it a collapsed batch.
    """

    def __init__(self, hidden: int = 256) -> None:
        super().__init__()
        self.condition = BarCondition()
        self.onsets = _stream(2 * ROWS * STEPS, hidden)
        self.chroma = _stream(2 * len(TEXTURE_ROLES) * 7 * STEPS, hidden // 2)
        self.roles = nn.ModuleDict(
            {role: _stream(4 * ROLE_ROWS[role] * STEPS, hidden // 2) for role in TEXTURE_ROLES}
        )
        joined = hidden + hidden // 2 * (1 + len(TEXTURE_ROLES)) + 1
        self.body = nn.Sequential(spectral_norm(nn.Linear(joined, hidden)), nn.LeakyReLU(0.2))
        self.score = spectral_norm(nn.Linear(hidden, 1))
        self.project = spectral_norm(nn.Linear(BEATS * BarCondition.size, hidden))

    def forward(self, roll: Tensor, bar: TextureBar) -> tuple[Tensor, Tensor]:
        """roll: [B, 2, 63, 16]. Returns scores [B] and features [B, hidden] for feature matching."""
        batch = len(roll)
        both = torch.stack([bar.previous, roll], 1)  # (B, bar, plane, 63, 16)
        streams = [
            self.onsets(both[:, :, 0].reshape(batch, -1)),
            self.chroma(_degrees(both).reshape(batch, -1)),
        ]
        for role in TEXTURE_ROLES:
            streams.append(self.roles[role](both[:, :, :, ROLE_SLICE[role]].reshape(batch, -1)))
        # Not std: its gradient is infinite where a cell is the same in the whole batch.
        deviation = (roll.var(0) + 1e-6).sqrt().mean().expand(batch, 1)
        features = self.body(torch.cat([*streams, deviation], -1))
        wanted = self.project(self.condition(bar).reshape(batch, -1))
        return self.score(features)[:, 0] + (features * wanted).sum(-1) / features.shape[1] ** 0.5, features


def _stream(given: int, size: int) -> nn.Sequential:
    return nn.Sequential(
        spectral_norm(nn.Linear(given, size)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Linear(size, size)),
        nn.LeakyReLU(0.2),
    )


def _degrees(both: Tensor) -> Tensor:
    """(B, bar, plane, 63, 16) -> (B, bar, 21, 16): sounding degrees of each role, octaves folded."""
    sounding = both.sum(2)  # (B, bar, 63, 16)
    parts = []
    for role in TEXTURE_ROLES:
        rows = sounding[:, :, ROLE_SLICE[role]]
        parts.append(rows.reshape(*rows.shape[:2], ROLE_ROWS[role] // 7, 7, STEPS).sum(2))
    return functional.hardtanh(torch.cat(parts, 2), 0, 2)
