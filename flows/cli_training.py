"""`reelscore train, evaluate`: how the weights were made, and how good they are."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.texts import shown

if TYPE_CHECKING:
    from composer.training.commands import NetworkName

DATA = Path(".training")

train = typer.Typer(
    callback=lambda: _tell_progress(),
    help="""Make the weights from a folder of scores: prepare it once, then train each network.

\b
  reelscore train prepare scores/          read every score, transpose, cut into bars
  reelscore train chords                   the chord GRU
  reelscore train melody                   the melody LSTM
  reelscore train texture                  the conditional GAN of accompaniment bars
  reelscore train strokes                  the network that writes the GAN's bars stroke by stroke
  reelscore train drums                    percussion
  reelscore train textbook                 the smallest GAN, for learning how such a game goes
  reelscore train markov                   the baseline that needs no network
  reelscore train originality              the index of the melodies learnt from
  reelscore train export -o my_weights     a folder for --set composer.weights=my_weights

Training goes on from its last checkpoint; the same data and seed give the same weights on a CPU.
""",
    rich_markup_mode=None,
)

Data = Annotated[Path, typer.Option(metavar="FOLDER", help="What `train prepare` wrote.")]
Out = Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Checkpoints and loss curves.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Iterations = Annotated[
    int | None, typer.Option(help="Steps of the optimiser (default: as the shipped weights).")
]
Batch = Annotated[int | None, typer.Option(help="Rows a step (default: as the shipped weights).")]
Seed = Annotated[int, typer.Option(help="Of weights and order.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin anew where a checkpoint lies.")]


@train.command("prepare")
def prepare(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="A folder of MIDI files, any depth.")],
    out: Out = DATA,
    jobs: Annotated[int, typer.Option(help="Files read at once.")] = 1,
) -> int:
    """Read every score of CORPUS into training data and a data card."""
    from composer.training.commands import prepare_corpus

    return _said(prepare_corpus(corpus, out, jobs))


def _add_network(name: "NetworkName", what: str) -> None:
    def network(
        data: Data = DATA,
        out: Out = DATA,
        device: Device = "auto",
        iterations: Iterations = None,
        batch: Batch = None,
        seed: Seed = 0,
        fresh: Fresh = False,
    ) -> int:
        from composer.training.commands import train_network

        return _said(train_network(name, data, out, device, iterations, batch, seed, resume=not fresh))

    train.command(name, help=f"Train {what} on what `train prepare` wrote.")(network)


_add_network("chords", "the chord GRU")
_add_network("melody", "the melody LSTM")
_add_network("texture", "the conditional GAN of accompaniment bars")
_add_network("strokes", "the network that writes the GAN's bars stroke by stroke")
_add_network("drums", "the percussion network")


@train.command("textbook")
def textbook(
    data: Data = DATA,
    out: Out = DATA,
    device: Device = "auto",
    iterations: Iterations = None,
    batch: Batch = None,
    seed: Seed = 0,
    fresh: Fresh = False,
) -> int:
    """Train the textbook GAN (16 noise values, 4 bars of quarter notes) and draw its samples (seconds)."""
    from composer.training.commands import train_textbook

    return _said(train_textbook(data, out, device, iterations, batch, seed, resume=not fresh))


@train.command("markov")
def markov(data: Data = DATA, out: Out = DATA) -> int:
    """Count the Markov chains on what `train prepare` wrote (seconds)."""
    from composer.training.commands import train_markov

    return _said(train_markov(data, out))


@train.command("originality")
def originality(data: Data = DATA, out: Out = DATA) -> int:
    """Index the training melodies, so that quotations are found in what is composed (seconds)."""
    from composer.training.commands import index_melodies

    return _said(index_melodies(data, out))


@train.command("export")
def export(
    data: Data = DATA,
    runs: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the networks were trained.")] = DATA,
    out: Out = DATA / "weights",
) -> int:
    """Make a folder of weights from finished training: the averages that did best on the validation split.

      \b
        reelscore train originality              the index of the melodies learnt from
    reelscore train export -o my_weights
        reelscore score cut.mov --set composer.weights=my_weights
    """
    from composer.training.commands import export_weights

    export_weights(data, runs, out)
    return _said(out)


def evaluate(
    data: Data = DATA,
    out: Out = DATA,
    weights: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Other weights than those that ship.")
    ] = None,
    split: Annotated[str, typer.Option(help="test or valid.")] = "test",
    quick: Annotated[
        bool, typer.Option("--quick", help="A fifth of the draws, one seed: three minutes.")
    ] = False,
    part: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this part; may be given again. See below."),
    ] = None,
) -> int:
    """Judge weights on scores that training never saw, beside Markov chains and rules.

    Likelihoods; two-sample tests (classifier, MMD) of melody and texture, under the chords and requests of
    held-out pieces and from the engine's own chords on, with real against real as the floor; the marginals of
    the field; whether the style tag and a motif asked for are heard; endings and scales of whole cues; what
    stands in the training melodies; asked against realised over random cues and as held-out pieces ask.
    Always the same seeds. Writes evaluation.md and evaluation.json and adds a line to evaluations.log: choose
    on valid, judge on test once. What has been found is kept in OUT/parts: broken off, the same command goes
    on; with other weights, data or code it begins anew.

    Parts: likelihood, texture, style, judged, marginals, chromatic, memorisation, motif, cues, control.

    \b
      reelscore train prepare --corpus MIDI_FOLDER     first, once: bars.npz in the data folder
      reelscore evaluate                               twelve minutes on one core
      reelscore evaluate --quick --split valid
      reelscore evaluate --part control --part cues    a minute
      reelscore evaluate --weights my_weights -o my_figures
    """
    from composer.training.commands import evaluate_weights
    from flows.weights import weights_folder

    _tell_progress()
    path = evaluate_weights(data, out, weights_folder(weights), split, quick, part or ())
    print(path.read_text(encoding="utf-8"), file=sys.stderr)
    return _said(path)


def add_to(app: typer.Typer) -> None:
    """Put the commands into `app`."""
    app.add_typer(train, name="train")
    app.command("evaluate")(evaluate)


def _tell_progress() -> None:
    """Say on stderr how far training or judging is."""
    logging.getLogger("composer.training").setLevel(logging.INFO)


def _said(path: Path) -> int:
    print(shown(path))
    sys.stdout.flush()
    return 0
