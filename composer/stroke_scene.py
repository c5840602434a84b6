"""A section of a cue as its texture is written: what it keeps from bar to bar."""

from dataclasses import dataclass, field

import numpy as np

from composer.encoding.piano_roll import ROWS, STEPS
from composer.figures import Character, section_character
from composer.networks.packed_linear import Floats
from composer.notes import Role
from composer.request import STEPS_PER_BEAT, CueRequest, stage_seed
from composer.weights_file import TEXTURE_KINDS, Bank

# Which of the bank's textures a character takes, and among how many of the nearest in density.
LATENTS_OF: dict[Character, tuple[str, ...]] = {
    "rest": ("sparse", "block"),
    "neutral": ("broken", "block"),
    "tension": ("ostinato", "tremolo"),
    "drive": ("ostinato", "broken"),
    "chase": ("ostinato", "tremolo", "broken"),
}
NEAREST_LATENTS = 8


@dataclass
class Sound:
    """A note that may still go on, in steps of the cue."""

    role: Role
    step: int
    pitch: int
    steps: int
    stress: float


@dataclass
class Scene:
    """A section as it is written: its bars [first, end), latent, draws of its own, the roll of its last bar,
    and the notes that still sound, by row."""

    first: int
    end: int
    kind: Character
    latent: Floats
    rng: np.random.Generator
    previous: Floats = field(default_factory=lambda: np.zeros((2, ROWS, STEPS), np.float32))
    sounding: dict[int, int] = field(default_factory=dict)
    open: dict[int, Sound] = field(default_factory=dict)


def begun_scene(request: CueRequest, bank: Bank, first: int, end: int) -> Scene:
    """A section's latent (from the bank of its character) and its draws, which are its own."""
    bars = request.bars[first:end]
    kind = section_character(bars)
    density = sum(bar.density for bar in bars) / len(bars) / STEPS_PER_BEAT
    rng = np.random.default_rng(stage_seed(request, f"texture of bar {first}"))
    return Scene(first, min(end, request.out_bar), kind, _latent(bank, kind, density, rng), rng)


def _latent(bank: Bank, kind: Character, density: float, rng: np.random.Generator) -> Floats:
    """One of the bank's latents that play what this character plays, among the nearest in density."""
    wanted = [TEXTURE_KINDS.index(name) for name in LATENTS_OF[kind]]
    fits = [i for i, tag in enumerate(bank.tags.tolist()) if tag in wanted]
    fits.sort(key=lambda i: (abs(float(bank.densities[i]) - density), i))
    pick = int(rng.random() * min(NEAREST_LATENTS, len(fits)))
    latent: Floats = bank.latents[fits[pick]].numpy()
    return latent
