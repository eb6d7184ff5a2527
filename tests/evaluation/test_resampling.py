"""Answers from the lists of a pool are those of the search, to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgen_lite import metrics as M
from memgen_lite.evaluation import resampling
from memgen_lite.evaluation.resampling import Samples, SearchedRows
from memgen_lite.shared.neighbors import Neighborhoods, distinct, neighbors, pairs_within


def rows(kind, n, d, seed=0):
    rng = np.random.default_rng(seed)
    if kind == "normal":
        return rng.normal(size=(n, d))
    if kind == "integers":
        return rng.integers(-2, 3, (n, d)).astype(float)
    if kind == "doubles":
        X = rng.normal(size=(n // 3, d))
        return np.concatenate([X, X, -X, X[: n - 3 * (n // 3)]])
    return np.ones((n, d))


def searched(Z, **options):
    pool = SearchedRows(Z, **options)
    assert len(list(pool.search())) == pool.steps
    list(pool.search_lines())
    return pool


def agree(found, expected):
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y)


CASES = [
    ("normal", 300, 3, 24), ("normal", 300, 3, 3), ("normal", 60, 12, 96), ("integers", 200, 2, 16),
    ("integers", 300, 4, 8), ("doubles", 200, 4, 10), ("constant", 60, 2, 5), ("normal", 120, 1, 16),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "n", "d", "width"), CASES)
def test_neighbors_of_samples_are_those_of_the_search(kind, n, d, width, monkeypatch):
    monkeypatch.setattr(resampling, "_FIRST", 6)
    Z = rows(kind, n, d)
    rng, pool = np.random.default_rng(1), searched(Z, width=width, line_width=4)
    fixed, plain = Samples(pool), Neighborhoods()
    T = fixed.take(rng.permutation(n)[: n // 3])
    samples = Samples(pool, fixed)
    drawn = rng.integers(0, n, n // 3)  # with repeats, as MemGEN-U
    arrays = [T, samples.take(rng.permutation(n)[: n // 4]), samples.take(drawn)]
    assert sorted(map(bytes, arrays[2])) == sorted(map(bytes, Z[drawn]))
    arrays.append(samples.part(arrays[1], np.arange(n // 4) % 2 == 0))
    for Q in arrays:
        agree([samples.distinct(Q)], [distinct(Q)])
        assert sorted(samples.multiplicities(Q)) == sorted(np.unique(Q + 0.0, axis=0, return_counts=True)[1])
        for P in [*arrays, samples.distinct(arrays[2])]:
            agree([samples.groups(Q, P)], [plain.groups(Q, P)])
            for k in {1, 2, 5, min(12, len(P) - 1)}:
                if 1 <= k <= len(P) - (Q is P):
                    expected = neighbors(Q, P, k, exclude_self=Q is P, return_ties=True)
                    agree(samples.nearest(Q, P, k), expected)
            if len(P) > 3:
                agree([samples.in_balls(Q, P, 3)], [plain.in_balls(Q, P, 3)])
                agree([samples.balls_held(Q, P, 3)], [plain.balls_held(Q, P, 3)])
            radii = rng.uniform(0, 2, len(P))
            found, expected = samples.pairs_within(Q, P, radii), pairs_within(Q, P, radii)
            agree(*([x[np.lexsort(pairs)] for x in pairs] for pairs in (found, expected)))
            if Z.any(axis=1).all():
                np.testing.assert_allclose(samples.line_distances(Q, P), plain.line_distances(Q, P), atol=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.integers(1, 3), st.integers(1, 9), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_ties_and_repeats_are_the_search_s_too(n, d, width, k, seed):
    rng = np.random.default_rng(seed)
    pool = searched(rng.integers(0, 3, (n, d)).astype(float), width=width)
    samples = Samples(pool)
    Q, P = (samples.take(rng.integers(0, n, rng.integers(2, 30))) for _ in range(2))
    for points in (P, Q):
        k = min(k, len(points) - 1)
        agree(samples.nearest(Q, points, k), neighbors(Q, points, k, exclude_self=Q is points, return_ties=True))


@pytest.mark.parametrize("kind", ["normal", "integers", "doubles"])
def test_metrics_of_samples_are_those_of_their_arrays(kind):
    Z = rows(kind, 330, 4, seed=3)
    Z[~Z.any(axis=1)] = 1  # a row of zeros has no direction
    rng, pool = np.random.default_rng(0), searched(Z)
    fixed = Samples(pool)
    T = fixed.take(rng.permutation(330)[:130])
    centers = fixed.keep(M.copying.cell_centers(T, 3, rng))
    for seed in range(3):
        samples = Samples(pool, fixed)
        G = [rng.permutation(330)[:90], rng.integers(0, 330, 90), rng.permutation(330)[:90]][seed]
        H, G = samples.take(rng.permutation(330)[:100]), samples.take(G)
        for name, entry in M.METRICS.items():
            arrays = {"both": (T, H, G), "generated": (G,)}.get(entry.needs, (T, G))
            options = {"c_t": {"centers": centers, "min_generated": 5}}.get(name, {})
            value = entry.on_checked(*arrays, neighborhoods=samples, **options)
            fresh = {"train": T.copy(), "held_out": H.copy(), "generated": G.copy()}
            assert value == pytest.approx(M.compute(name, **fresh, **options), rel=1e-9, abs=1e-12), name


def test_other_arrays_are_searched_as_ever():
    Z = rows("normal", 50, 2)
    pool = searched(Z)
    samples, X = Samples(pool), np.random.default_rng(5).normal(size=(9, 2))
    P = samples.take(np.arange(20))
    agree(samples.nearest(X, P, 2), neighbors(X, P, 2, return_ties=True))
    agree(samples.nearest(P, X, 2), neighbors(P, X, 2, return_ties=True))
    agree(samples.nearest(P, P, 2, metric="cosine")[:2], neighbors(P, P, 2, metric="cosine", exclude_self=True))
    agree(samples.nearest(X, P, 2, metric="cosine")[:2], neighbors(X, P, 2, metric="cosine"))
    agree([samples.in_balls(X, P, 3)], [Neighborhoods().in_balls(X, P, 3)])
    agree([samples.balls_held(X, P, 3)], [Neighborhoods().balls_held(X, P, 3)])
    agree(samples.pairs_within(X, P, np.ones(20)), pairs_within(X, P, np.ones(20)))
    agree([samples.line_distances(X, P)], [Neighborhoods().line_distances(X, P)])
    agree([samples.distinct(X), samples.part(X, [0, 3]), samples.multiplicities(X)], [X, X[[0, 3]], np.ones(9)])
    with pytest.raises(ValueError, match="k must be from 1 to 19"):
        samples.nearest(P, P, 20)


def test_a_sample_is_the_same_array_for_the_same_index_and_is_shared():
    pool = searched(rows("normal", 30, 2))
    fixed, index = Samples(pool), np.arange(10)
    samples = Samples(pool, fixed)
    assert fixed.take(index) is samples.take(index)
    made = []
    for other in (samples, Samples(pool, fixed)):
        assert other.once("made", (fixed.take(index),), lambda: made.append(1) or 7) == 7
    assert made == [1]


def test_rows_are_in_lexicographic_order_and_zeros_are_equal():
    Z = np.array([[1.0, 2], [-0.0, 3], [0.0, -5], [-7.0, 1], [0.0, 3], [-7.0, -1]])
    pool = SearchedRows(Z)
    np.testing.assert_array_equal(pool.rows, sorted(map(tuple, Z)))
    np.testing.assert_array_equal(pool.rows[pool.position], Z)
    assert len(set(pool.group)) == 5
    assert pool.nearest is None


def test_a_row_of_zeros_has_no_direction_and_the_rest_go_on():
    pool = searched(np.vstack([np.zeros(2), rows("normal", 20, 2)]))
    assert pool.nearest_lines is None
    samples = Samples(pool)
    Q, P = samples.take(np.arange(1, 6)), samples.take(np.arange(6, 20))
    agree([samples.line_distances(Q, P)], [Neighborhoods().line_distances(Q, P)])


@pytest.mark.parametrize(
    ("kind", "shared"),
    [("normal", True), ("scales", True), ("singular", True), ("outlier", False), ("one side", False)],
)
def test_the_covariance_of_a_half_from_those_of_the_other_and_of_both_is_that_of_its_rows(kind, shared):
    """Where the other half varies far more, a difference of the two would have few digits: rows are asked then."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(240, 20)) @ rng.normal(size=(20, 20))
    rows *= {"scales": 10.0 ** np.arange(-10, 10)}.get(kind, 1)
    if kind == "singular":
        rows[:, 7] = rows[:, 3]
    if kind == "outlier":
        rows[0] *= 1e9
    if kind == "one side":
        rows[:120, 2] *= 1e7
    pool = SearchedRows(rows)
    fixed = Samples(pool)
    fixed.whole = fixed.take(np.arange(240))
    for split in [np.arange(240), *(rng.permutation(240) for _ in range(20))]:
        if kind == "outlier":
            split = np.concatenate([split[split != 0], [0]])  # it is in the half whose covariance is there first
        if kind == "one side":
            split = split[np.argsort(split < 120, kind="stable")]
        samples = Samples(pool, fixed)
        half, other = samples.take(split[:120]), samples.take(split[120:])
        one, two = (samples.once("moments", (X,), lambda X=X: M.distances._Moments(X)) for X in (half, other))
        assert two.covariance.shape == (20, 20)
        found = M.compute("frechet", train=half, generated=other, neighborhoods=samples)
        assert found == pytest.approx(M.compute("frechet", train=half, generated=other), rel=1e-9)
        direct = one.rows.T @ one.rows
        scale = np.sqrt(np.outer(np.diag(direct), np.diag(direct)))
        assert (np.abs(one.covariance - direct) <= 1e-12 * scale).all()
        assert shared != (one.covariance == direct).all()


def test_a_sample_that_is_no_half_of_the_whole_has_no_union():
    pool = SearchedRows(np.random.default_rng(0).normal(size=(30, 3)))
    fixed = Samples(pool)
    samples = Samples(pool, fixed)
    X, Y, Z = (samples.take(np.arange(i, i + 10)) for i in (0, 10, 20))
    assert samples.union(X, Y) is None
    fixed.whole = fixed.take(np.arange(20))
    assert samples.union(X, Y) is fixed.whole is samples.union(Y, X)
    assert samples.union(X, Z) is samples.union(X, X) is samples.union(X, Y.copy()) is None


def test_a_sample_is_projected_once_for_all_that_it_is_held_against(monkeypatch):
    rng, asked = np.random.default_rng(0), []
    lines = M.transport._lines
    monkeypatch.setattr(M.transport, "_lines", lambda X, directions: asked.append(len(X)) or lines(X, directions))
    pool = SearchedRows(rng.normal(size=(60, 4)))
    fixed = Samples(pool)
    T = fixed.take(np.arange(20))
    for _ in range(2):
        samples = Samples(pool, fixed)
        half = rng.permutation(np.arange(20, 60))
        H, G = samples.take(half[:20]), samples.take(half[20:])
        for real in (T, H):
            alone = M.compute("max_sliced_wasserstein", train=real, generated=G)
            asked[-2:] = []
            assert M.compute("max_sliced_wasserstein", train=real, generated=G, neighborhoods=samples) == alone
    assert len(asked) == 1 + 2 * 2
