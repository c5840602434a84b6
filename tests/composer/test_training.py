"""Training on a corpus of a dozen made-up scores, in seconds."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from composer.networks.melody_lstm import MelodyLSTM
from composer.networks.texture_gan import TextureEncoder, TextureGenerator
from composer.training import chords, drums, likelihood, loop, losses, melody, strokes, texture
from composer.training.commands import prepare_corpus, train_markov, train_network
from composer.training.dataset import BarData, load_bars
from composer.training.loop import LoopSettings
from composer.weights_file import load_chain, load_markov
from tests.composer.scores import write_corpus
from vision.rejected import RejectedInput

CPU = torch.device("cpu")
TINY = LoopSettings(
    iterations=30, batch=4, learning_rate=3e-3, warm_up=2, checkpoint_every=10, report_every=10
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Steps this small are slower on two threads, and much slower beside other tests."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    prepare_corpus(write_corpus(folder / "midi"), folder / "data")
    return folder / "data"


@pytest.fixture(scope="module")
def bars(prepared: Path) -> BarData:
    data = load_bars(prepared / "bars.npz", CPU)
    return replace(data, split=(data.piece % 4 == 0).long())  # 0 is train, 1 is valid


def test_the_data_card_says_what_went_in_and_lists_the_hostile_file(prepared: Path) -> None:
    card = json.loads((prepared / "data_card.json").read_text())
    assert card["bars"] == sum(card["bars_by_split"].values()) >= 12 * 12
    assert card["dropped"]["rejected"] == 1
    assert "broken.mid" in card["rejected"][0] and "division of 0" in card["rejected"][0]


def test_the_chords_of_a_cadence_are_found(bars: BarData) -> None:
    from composer.encoding.chord import chord_id

    found = set(bars.chords.reshape(-1).tolist())
    assert {chord_id(0, "maj"), chord_id(5, "maj"), chord_id(7, "maj")} <= found


def test_roles_are_told_apart(bars: BarData) -> None:
    onset = bars.rolls[:, 0].float()
    per_bar = [onset[:, part].amax(1).sum(1).mean() for part in (slice(0, 14), slice(14, 35), slice(35, 63))]
    assert per_bar[0] <= 2 and per_bar[1] <= 3 and per_bar[2] >= 5
    assert drums.drumming(bars).all()


def losses_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "losses.jsonl").read_text().splitlines()]


def test_the_chord_loss_falls(bars: BarData, tmp_path: Path) -> None:
    likelihood.train(chords.TASK, bars, tmp_path, TINY, CPU)
    log = losses_of(tmp_path)
    assert log[-1]["loss"] < 0.9 * log[0]["loss"]


def test_the_drum_loss_falls(bars: BarData, tmp_path: Path) -> None:
    likelihood.train(drums.TASK, bars, tmp_path, TINY, CPU)
    log = losses_of(tmp_path)
    assert log[-1]["loss"] < 0.9 * log[0]["loss"]


def test_the_melody_loss_falls(bars: BarData, tmp_path: Path) -> None:
    likelihood.train(melody.TASK, bars, tmp_path, replace(TINY, iterations=8, batch=2, report_every=4), CPU)
    log = losses_of(tmp_path)
    assert log[-1]["loss"] < log[0]["loss"]


def test_a_broken_off_training_ends_with_the_weights_of_an_unbroken_one(
    bars: BarData, tmp_path: Path
) -> None:
    settings = replace(TINY, iterations=6, checkpoint_every=2, report_every=2)
    likelihood.train(chords.TASK, bars, tmp_path / "whole", settings, CPU)
    likelihood.train(chords.TASK, bars, tmp_path / "parts", replace(settings, stop_at=4), CPU)
    likelihood.train(chords.TASK, bars, tmp_path / "parts", settings, CPU)
    whole, parts = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


def test_a_network_goes_through_its_stages_and_the_last_teaches_the_past_alone(
    bars: BarData, tmp_path: Path
) -> None:
    task = replace(chords.TASK, defaults=replace(chords.DEFAULTS, iterations=16))
    quick = [replace(stage, settings=replace(stage.settings, iterations=8)) for stage in task.later]
    task = replace(task, later=tuple(quick))
    settings = replace(TINY, iterations=8, batch=2, checkpoint_every=4, report_every=4)
    likelihood.train_stages(task, bars, tmp_path / "whole", settings, CPU)
    likelihood.train_stages(task, bars, tmp_path / "parts", replace(settings, stop_at=4), CPU)
    assert not (tmp_path / "parts" / "long").exists()
    likelihood.train_stages(task, bars, tmp_path / "parts", settings, CPU)
    last = Path("long") / "recall"
    whole, parts = (load_file(tmp_path / name / last / likelihood.CHECKPOINT) for name in ("whole", "parts"))
    assert all(torch.equal(whole[key], parts[key]) for key in whole)
    before = loop.averages(tmp_path / "whole" / "long" / likelihood.CHECKPOINT, "chord")
    moved = {key for key in before if not torch.equal(before[key], whole[f"net.chord.{key}"])}
    assert moved and all(key.startswith("recall.") for key in moved)
    assert losses_of(tmp_path / "whole" / last)[-1]["iteration"] == 4
    for folder in (tmp_path / "whole", tmp_path / "whole" / "long", tmp_path / "whole" / last):
        assert cv2.imread(str(folder / "samples.png")).std() > 5


def test_a_melody_learns_without_its_past_first(bars: BarData, tmp_path: Path) -> None:
    task = replace(melody.TASK, later=())
    settings = replace(TINY, iterations=2, batch=2, checkpoint_every=2, report_every=2)
    trained = likelihood.train_stages(task, bars, tmp_path, settings, CPU)
    net, fresh = trained.nets["melody"], MelodyLSTM()
    assert torch.equal(net.recall.by_length, fresh.recall.by_length)  # type: ignore[union-attr]
    assert (tmp_path / "samples.png").stat().st_size > 1000


@pytest.mark.parametrize("kind", ["minimax", "non_saturating", "hinge", "wgan_gp"])
def test_each_adversarial_loss_is_a_setting_of_one_alternating_loop(
    bars: BarData, tmp_path: Path, kind: losses.AdversarialLoss
) -> None:
    stages = texture.TextureSettings(vae=1, critic_warm_up=1, ramp=1, row_divergence=9.0, loss=kind)
    settings = replace(TINY, iterations=4, checkpoint_every=4, report_every=1)
    trained = texture.train_texture(bars, tmp_path, settings, CPU, stages)
    log = losses_of(tmp_path)
    assert np.isfinite(log[-1]["critic"]) and np.isfinite(log[-1]["adversarial"])
    start = texture.TextureTrainer(bars, settings, stages, CPU)
    for name in ("generator", "critic"):
        pairs = zip(trained.nets[name].parameters(), start.trained.nets[name].parameters(), strict=True)
        assert any(not torch.equal(a, b) for a, b in pairs), name


def test_the_stages_of_the_texture_gan_resume_to_the_same_weights(bars: BarData, tmp_path: Path) -> None:
    settings = replace(TINY, iterations=9, checkpoint_every=3, report_every=3)
    stages = texture.TextureSettings(vae=3, critic_warm_up=2, ramp=2, row_divergence=9.0)
    texture.train_texture(bars, tmp_path / "whole", settings, CPU, stages)
    texture.train_texture(bars, tmp_path / "parts", replace(settings, stop_at=6), CPU, stages)
    texture.train_texture(bars, tmp_path / "parts", settings, CPU, stages)
    whole, parts = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(whole[key], parts[key]) for key in whole)
    assert "critic" in losses_of(tmp_path / "whole")[-1]


def test_the_stroke_network_and_its_encoder_resume_to_the_same_weights(bars: BarData, tmp_path: Path) -> None:
    settings = replace(TINY, iterations=6, checkpoint_every=2, report_every=2)
    torch.manual_seed(0)
    net, encoder = TextureGenerator().requires_grad_(False), TextureEncoder().requires_grad_(False)
    for name, stops in (("whole", (None,)), ("parts", (4, None))):
        for stop in stops:
            until = replace(settings, stop_at=stop)
            strokes.train_encoder(bars, tmp_path / name / "encoder", until, net)
            strokes.train_strokes(bars, tmp_path / name, until, net, encoder)
    for part in ("", "encoder"):
        whole, parts = (
            load_file(tmp_path / name / part / "checkpoint.safetensors") for name in ("whole", "parts")
        )
        assert all(torch.equal(whole[key], parts[key]) for key in whole)
    assert losses_of(tmp_path / "whole")[-1]["valid"] < losses_of(tmp_path / "whole")[0]["valid"]


def test_a_generator_that_strays_is_rolled_back(bars: BarData, tmp_path: Path) -> None:
    stages = texture.TextureSettings(vae=1, critic_warm_up=1, ramp=1, row_divergence=0.0)
    settings = replace(TINY, iterations=6, checkpoint_every=2, report_every=2)
    trained = texture.train_texture(bars, tmp_path, settings, CPU, stages)
    governor = trained.nets["governor"]
    assert isinstance(governor, texture.Governor)
    assert governor.rollbacks == 2 and governor.scale == 0.25


@pytest.mark.parametrize("kind", ["minimax", "non_saturating"])
def test_an_undecided_critic_pays_log_4(kind: losses.AdversarialLoss) -> None:
    undecided = torch.zeros(8)
    assert float(losses.critic_loss(kind, undecided, undecided)) == pytest.approx(np.log(4))


def test_markov_chains_come_back_from_their_file(prepared: Path, tmp_path: Path) -> None:
    path = train_markov(prepared, tmp_path)
    chain = load_chain(load_markov(path.parent)[0], "chords")
    assert chain.order == 1 and chain.distribution([0]).sum() == pytest.approx(1)


def test_a_corpus_without_held_out_pieces_is_rejected(bars: BarData, tmp_path: Path) -> None:
    with pytest.raises(RejectedInput, match="valid split"):
        likelihood.train(chords.TASK, replace(bars, split=bars.split * 0), tmp_path, TINY, CPU)


def test_training_without_data_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RejectedInput, match="train prepare"):
        train_network("chords", tmp_path, tmp_path)
