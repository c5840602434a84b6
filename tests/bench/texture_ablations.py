"""What each part of the texture GAN is worth: the same small networks without it, for the same CPU time.

    python -m tests.bench.texture_ablations DATA OUT [NAME ...]

DATA: what `reelscore train prepare` wrote.  OUT: checkpoints, one NAME.json a variant (those that are there
are not trained again) and the table, ablations.md.  Judged on the validation split, 800 windows of four bars
under their own conditions. A good CPU minute a variant on one core; four for those that learn longer.
"""

import argparse
import json
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from composer.networks.texture_gan import TextureGenerator
from composer.training import texture_judge
from composer.training.dataset import BarData, load_bars
from composer.training.key_rolls import in_key, moved
from composer.training.loop import LoopSettings
from composer.training.texture import TextureSettings, train_texture

# An adversarial iteration costs 2.4 times one of the VAE's: all variants cost the same.
SMALL = TextureSettings(vae=300, critic_warm_up=30, ramp=60, hidden=256)
FULL, ALONE, NO_VAE = 300 + 30 + 210, 840, 30 + 335
BATCH, WINDOWS, SEED = 64, 800, 1
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Variant:
    """What to train, and for how long; in_key: on rows that are absolute pitches; decoded: judged so.

    longer: times the usual iterations, of the VAE stage too.
    """

    texture: TextureSettings
    iterations: int
    in_key: bool = False
    decoded: bool = True
    longer: int = 1


VARIANTS = {
    "full": Variant(SMALL, FULL),
    "no_exact_decoder": Variant(SMALL, FULL, decoded=False),
    "vae_only": Variant(replace(SMALL, vae=ALONE), ALONE),
    "no_vae_stage": Variant(replace(SMALL, vae=0, keep=0.0), NO_VAE),
    "no_legal_hold": Variant(replace(SMALL, legal=False), FULL),
    "absolute_pitch": Variant(SMALL, FULL, in_key=True),
    "full_longer": Variant(SMALL, FULL, longer=4),
    "vae_only_longer": Variant(replace(SMALL, vae=ALONE), ALONE, longer=4),
}


def trained(name: str, data: BarData, out: Path) -> tuple[TextureGenerator, float]:
    """The averaged generator of a variant, and the CPU seconds its training took (0: it was there)."""
    variant = VARIANTS[name]
    iterations = variant.iterations * variant.longer
    stages = replace(variant.texture, vae=variant.texture.vae * variant.longer)
    settings = LoopSettings(iterations, BATCH, 1e-3, checkpoint_every=iterations, report_every=50)
    started = time.process_time()
    folder = out / (name if variant.decoded else "full")
    done = train_texture(data, folder, settings, CPU, stages)
    net = TextureGenerator(variant.texture.hidden)
    net.load_state_dict(done.averages["generator"].shadow)
    return net.eval(), time.process_time() - started


def judged(name: str, net: TextureGenerator, data: BarData, rolls: BarData) -> dict[str, float]:
    """The figures of a variant; data: the bars as they are, rolls: as the variant sees them."""
    variant = VARIANTS[name]
    drawn = texture_judge.draw(
        net, rolls, "valid", WINDOWS, SEED, variant.decoded, False, variant.texture.legal
    )
    if variant.in_key:
        mode = data.mode[drawn.index[:, 0]]
        ours = moved(drawn.ours, data.chords[drawn.index], mode, to_key=False)
        drawn = replace(drawn, real=data.rolls[drawn.index].float(), ours=ours)
    four = [texture_judge.describe(x) for x in (drawn.real, drawn.ours)]
    one = [texture_judge.describe(x[:, :1]) for x in (drawn.real, drawn.ours)]
    return {
        "classifier": texture_judge.classifier_accuracy(*four, drawn.piece) or 0.0,
        "classifier_bar": texture_judge.classifier_accuracy(*one, drawn.piece) or 0.0,
        "mmd": texture_judge.mmd(*four),
        "orphan_holds": texture_judge.orphan_holds(drawn.ours),
        **texture_judge.control(drawn, data),
    }


def table(out: Path) -> str:
    """All variants that were judged, as Markdown."""
    columns = (
        "classifier",
        "classifier_bar",
        "mmd",
        "density",
        "register",
        "polyphony",
        "same",
        "orphan_holds",
    )
    lines = ["| variant | " + " | ".join(columns) + " | CPU s |", "|---" * (len(columns) + 2) + "|"]
    for name in VARIANTS:
        path = out / f"{name}.json"
        if path.exists():
            row = json.loads(path.read_text())
            cells = [f"{row[c]:.4f}" if c == "mmd" else f"{row[c]:.3f}" for c in columns]
            lines.append(f"| {name} | " + " | ".join(cells) + f" | {row['cpu_seconds']:.0f} |")
    return "\n".join(lines)


def main(data: Path, out: Path, names: list[str]) -> None:
    """Train and judge what is not there yet, then print the table and write it."""
    torch.set_num_threads(1)
    bars = load_bars(data / "bars.npz", CPU)
    for name in names or list(VARIANTS):
        if not (out / f"{name}.json").exists():
            rolls = in_key(bars) if VARIANTS[name].in_key else bars
            net, seconds = trained(name, rolls, out)
            row = judged(name, net, bars, rolls) | {"cpu_seconds": seconds}
            (out / f"{name}.json").write_text(json.dumps(row, indent=1))
    (out / "ablations.md").write_text(table(out) + "\n")
    print(table(out))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", help=", ".join(VARIANTS))
    given = parser.parse_args()
    if unknown := set(given.names) - set(VARIANTS):
        parser.error(f"no variant {', '.join(sorted(unknown))}; there are {', '.join(VARIANTS)}")
    main(given.data, given.out, given.names)
