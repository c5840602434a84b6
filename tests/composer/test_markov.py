"""Witten-Bell chains against counts done by hand."""

import numpy as np
import pytest

from composer.markov import WittenBell


def test_probabilities_are_witten_bell_by_hand() -> None:
    chain = WittenBell.train([np.array([0, 1, 0, 1, 0, 0])], vocabulary=2, order=1)
    p0 = (np.array([4, 2]) + 2 * 0.5) / (6 + 2)  # tokens 0 and 1, two kinds, over a uniform 1/2
    after_0 = (np.array([1, 2]) + 2 * p0) / (3 + 2)
    assert chain.distribution([0]) == pytest.approx(after_0)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_the_likelihood_is_that_of_the_distributions(order: int) -> None:
    rng = np.random.default_rng(order)
    train, held = rng.integers(0, 6, 400), rng.integers(0, 6, 40)
    chain = WittenBell.train([train], 6, order)
    one_by_one = [-np.log(chain.distribution(held[:t].tolist())[held[t]]) for t in range(len(held))]
    assert chain.nll([held]) == pytest.approx(np.mean(one_by_one))
    assert all(chain.distribution(held[:t].tolist()).sum() == pytest.approx(1) for t in range(8))


def test_a_pattern_is_learnt_and_longer_orders_know_more_of_it() -> None:
    pattern = np.tile([0, 0, 1, 0, 2], 80)
    nll = [WittenBell.train([pattern], 3, order).nll([pattern]) for order in (1, 2, 3)]
    assert nll[0] > nll[1] > nll[2] and nll[2] < 0.1
