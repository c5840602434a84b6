"""What is learned and what plays, by hash: part of the keys of the steps that use them."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import composer
from composer.notes import EngineName
from vision.artifact import canonical_json, sha256_file, sha256_text
from vision.rejected import RejectedInput

if TYPE_CHECKING:
    from render.settings import RenderSettings
    from render.soundfont import FontFacts

SHIPPED = Path(composer.__file__).parent / "weights"


def weights_folder(given: Path | None) -> Path:
    """The folder that an engine loads from; raises RejectedInput where a given one is none."""
    if given is not None and not given.is_dir():
        raise RejectedInput(
            f"there is no folder of weights {str(given)!r}", "give one that `reelscore train` wrote"
        )
    return given or SHIPPED


@cache
def weights_sha256(name: EngineName, given: Path | None) -> str:
    """One hash over every file of weights that the engine may read, found without loading the engine."""
    if name == "rules":
        return ""
    files = sorted(weights_folder(given).glob("*.safetensors"))
    return sha256_text(canonical_json({path.name: sha256_file(path) for path in files}))


@cache
def originality_sha256(given: Path | None) -> str:
    """Hash of the index of the training melodies beside the weights; empty where there is none."""
    path = weights_folder(given) / "originality.npz"
    return sha256_file(path) if path.exists() else ""


def synth_name(settings: "RenderSettings") -> str:
    """What plays: our synth, or FluidSynth with its version; raises RejectedInput where that is missing."""
    if settings.synth == "builtin":
        return settings.synth
    from render.fluid import fluidsynth_version

    return f"{settings.synth} {fluidsynth_version()}"


@cache
def font_facts(given: Path | None) -> "FontFacts":
    """Name, hash and licence of the font that will play; raises RejectedInput where it is unusable."""
    from render.soundfont import choose_font

    return choose_font(given).facts
