"""Nearer to training rows than to held-out ones: exact for any generator that does not look, however bad it is."""

import numpy as np
import pytest

from memgen_lite.evaluation.nearer import nearer_to_train

BLIND = {
    "noise": lambda rng, T: 3 * rng.normal(size=(60, 3)),
    "too dense": lambda rng, T: 0.3 * rng.normal(size=(60, 3)),
    "one row, over and over": lambda rng, T: np.tile(rng.normal(size=(1, 3)), (60, 1)),
    "on a grid, with ties": lambda rng, T: np.round(rng.normal(size=(60, 3))),
}


@pytest.mark.simulation
@pytest.mark.parametrize("law", BLIND)
def test_a_blind_generator_is_called_nearer_in_one_of_twenty(law):
    """At a rate of .05, more than 14 of 150 come in .01 of such tests; the seed is fixed."""
    found = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        T, H = np.split(rng.normal(size=(110, 3)), [70])
        if "grid" in law:
            T, H = np.round(T), np.round(H)
        found += nearer_to_train(T, H, BLIND[law](rng, T), rng)["p_value"] <= 0.05
    assert found <= 14


def test_copies_are_nearer_and_counts_are_those_of_the_rows():
    rng = np.random.default_rng(0)
    T, H, G = rng.normal(size=(3, 80, 4))
    G[:40] = T[:40] + 0.01
    found = nearer_to_train(T, H[:40], G, rng)
    assert found["p_value"] <= 0.01 and found["of"] == 80 and found["expected"] == pytest.approx(80 * 80 / 120)
    real = np.concatenate([T, H[:40]])
    nearest = ((G[:, None] - real) ** 2).sum(axis=2).argmin(axis=1)
    assert found["rows"] == (nearest < 80).sum()
