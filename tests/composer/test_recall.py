"""A piece's own past votes for what comes next, the same step by step as all at once."""

import numpy as np
import pytest
import torch

from composer.chord_step import ChordNow, ChordStepper
from composer.encoding.chord import chord_id
from composer.encoding.time_step import HOLD, onset_token
from composer.networks.chord_gru import CHORDS, START, ChordGRU
from composer.networks.context import ChordContext, width
from composer.networks.melody_lstm import MELODIES
from composer.networks.recall import CLASS, EXACT, MOVED, Alphabet, Recall
from composer.networks.recall_past import PastReader


def votes_after(alphabet: Alphabet, tokens: list[int]) -> torch.Tensor:
    """[3, size] after the last of tokens."""
    with torch.no_grad():
        return Recall(alphabet, 4).votes(torch.tensor([[alphabet.size, *tokens]]))[0, -1]


def test_a_phrase_that_comes_again_votes_for_its_next_note() -> None:
    phrase = [onset_token(p) for p in (60, 64, 67, 72, 65)]
    found = votes_after(MELODIES, [*phrase, HOLD, *phrase[:4]])
    assert found[EXACT].argmax() == onset_token(65)


def test_a_sequence_votes_for_the_note_moved_along() -> None:
    found = votes_after(MELODIES, [onset_token(p) for p in (60, 64, 67, 72, 65, 62, 66, 69, 74)])
    assert found[MOVED].argmax() == onset_token(67)
    assert found[EXACT].argmax() != onset_token(67)


def test_a_rhythm_votes_for_any_note_alike() -> None:
    found = votes_after(MELODIES, [onset_token(60), HOLD, onset_token(70), HOLD, onset_token(50), HOLD])
    assert found[CLASS, 2:].min() == found[CLASS, 2:].max() > found[CLASS, HOLD]


def test_a_chord_sequence_votes_round_the_octave() -> None:
    line = [chord_id(r, q) for r, q in ((9, "maj"), (2, "7"), (7, "maj"), (11, "maj"), (4, "7"))]
    assert votes_after(CHORDS, line)[MOVED].argmax() == chord_id(9, "maj")


@pytest.mark.parametrize("alphabet", [CHORDS, MELODIES])
def test_votes_step_by_step_are_those_of_the_whole_piece_beyond_the_history_too(alphabet: Alphabet) -> None:
    torch.manual_seed(1)
    recall = Recall(alphabet, 4)
    with torch.no_grad():
        recall.by_lag.normal_()
        recall.by_length.normal_()
    draws = np.random.default_rng(2)
    few = draws.choice(alphabet.size, 6, replace=False)
    tokens = np.concatenate([np.full((2, 1), alphabet.size), few[draws.integers(0, 6, (2, 620))]], 1)
    with torch.no_grad():
        whole = recall.votes(torch.from_numpy(tokens)).numpy()
    reader = PastReader(recall)
    past = reader.start(2)
    for step in range(tokens.shape[1]):
        past = reader.after(past, tokens[:, step])
        np.testing.assert_allclose(reader.votes(past), whole[:, step], rtol=1e-4, atol=1e-5)
    assert whole.max() > 1


def test_the_chord_network_step_by_step_is_the_network() -> None:
    torch.manual_seed(3)
    net = ChordGRU(hidden=24).eval()
    chords = torch.tensor([[START, 3, 5, 3, 5, 3, 192, 9]])
    zeros, phrase = torch.zeros_like(chords), torch.arange(8)[None]
    context = torch.randn(1, 8, width(ChordContext))
    with torch.no_grad():
        net.recall.gate.weight.normal_()
        whole, _ = net(chords, phrase, zeros, zeros + 1, context, net.recall.votes(chords))
    fast = ChordStepper(net)
    state = fast.start()
    for step in range(8):
        now = ChordNow(int(chords[0, step]), step, 0, 1)
        state = fast.after(now, context[0, step].numpy(), state)
        np.testing.assert_allclose(fast.logits(state), whole[0, step].numpy(), rtol=0, atol=2e-5)
    assert whole.abs().max() > 0.1
