"""The search: brute force over the distinct rows, and ties that know no labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import chisquare

from memgen_lite.auditing.nearness import nearness
from memgen_lite.shared.row_bytes import keys, values


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 30), st.integers(1, 4), st.integers(1, 4))
def test_distances_and_ratios_are_those_of_brute_force_over_distinct_rows(seed, n, k_held, d, top):
    rng = np.random.default_rng(seed)
    T, H, G = (rng.integers(0, top, size=(size, d)) / 2 for size in (n, k_held, 20))
    near = nearness(T, H, G, k=4, rng=rng)
    Z = np.concatenate([T, H])
    distances = np.sort(cdist(G, np.unique(Z, axis=0)), axis=1)
    reach = distances[:, min(4, distances.shape[1]) - 1]
    np.testing.assert_allclose(near.distance, distances[:, 0], atol=1e-12)
    np.testing.assert_allclose(near.distance, np.linalg.norm(G - Z[near.row], axis=1), atol=1e-12)
    np.testing.assert_allclose(near.ratio, np.where(reach > 0, distances[:, 0] / np.where(reach > 0, reach, 1), 0))
    to_train, to_held = cdist(G, T).min(axis=1), cdist(G, H).min(axis=1)
    shared = [i for i, row in enumerate(T.tolist()) if row in H.tolist()]
    np.testing.assert_array_equal(near.shared, shared)
    # A value in both is represented once, so a tie of it with itself is none.
    assert not (near.tied & (to_train != to_held)).any()
    if not shared:
        np.testing.assert_array_equal(near.tied, to_train == to_held)


def test_every_row_of_a_tie_is_drawn_equally_often():
    """Two values at equal distance, one of them twice in train and once held out: chi-squared, 1,000 draws, .001."""
    T, H = np.array([[1.0], [1.0], [5.0]]), np.array([[-1.0], [1.0], [-1.0], [7.0]])
    rows = [nearness(T, H, [[0.0]], rng=np.random.default_rng(i)).row[0] for i in range(1000)]
    counts = np.bincount(rows, minlength=7)
    assert counts[[2, 6]].sum() == 0
    assert chisquare(counts[[0, 1, 3, 4, 5]]).pvalue > 1e-3


def test_labels_change_nothing_but_the_numbering():
    rng = np.random.default_rng(0)
    Z, G = rng.normal(size=(80, 3)), rng.normal(size=(50, 3))
    cut = nearness(Z[:50], Z[50:], G, rng=rng)
    other = nearness(Z[50:], Z[:50], G, rng=rng)
    np.testing.assert_array_equal(cut.row, (other.row + 50) % 80)
    np.testing.assert_array_equal(cut.ratio, other.ratio)
    order = rng.permutation(50)
    permuted = nearness(Z[:50][order], Z[50:], G[::-1], rng=rng)
    np.testing.assert_array_equal(np.concatenate([order, np.arange(50, 80)])[permuted.row], cut.row[::-1])


def test_one_constant_row_is_one_row():
    near = nearness(np.ones((5, 2)), np.ones((5, 2)), np.ones((3, 2)), rng=np.random.default_rng(0))
    assert len({*near.row}) == 1 and not near.ratio.any() and not near.tied.any()
    off = nearness(np.ones((5, 2)), np.ones((5, 2)), np.zeros((3, 2)), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(off.ratio, 1)


def test_cosine_is_blind_to_length():
    rng = np.random.default_rng(0)
    T, H = rng.normal(size=(2, 40, 5))
    near = nearness(T, H, 4 * T[:7], metric="cosine", rng=rng)
    np.testing.assert_array_equal(near.row, np.arange(7))
    np.testing.assert_array_equal(near.ratio, 0)


@pytest.mark.parametrize("dtype", ["f8", "f4", "u1", "i8", "?"])
def test_keys_are_equal_exactly_for_equal_rows(dtype):
    X = np.random.default_rng(0).integers(0, 2, size=(2500, 9)).astype(dtype)
    found = keys(X)
    unique, place = np.unique(X, axis=0, return_inverse=True)
    assert len(np.unique(found)) == len(unique)
    np.testing.assert_array_equal(found[np.unique(place, return_index=True)[1]][place.ravel()], found)
    np.testing.assert_array_equal(values(X[:9], X[9:])[:9] == values(X)[0], place.ravel()[:9] == place.ravel()[0])


def test_zero_has_one_sign():
    assert keys(np.array([[0.0], [-0.0]])).tolist()[0] == keys(np.array([[-0.0]])).tolist()[0]
