"""Rows that are searched several times: what is found on the one pass over them, and that it serves every search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgen_lite.shared import points as module
from memgen_lite.shared.neighbors import neighbors
from memgen_lite.shared.points import Facts, Points, Subset

DTYPES = ["f8", "f4", "f2", "i8", "u1"]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(DTYPES),
    st.sampled_from(["euclidean", "cosine"]),
    st.sampled_from([2**27, 1]),
    st.floats(-30, 30),
)
def test_points_made_once_serve_every_search_as_their_array_does(seed, dtype, metric, memory, scale):
    """Queries of other sizes than the points, small and large, ask for other scales of the one copy."""
    rng = np.random.default_rng(seed)
    X = (rng.integers(1, 5, (60, 3)) * rng.choice([1, 1, 20])).astype(dtype)
    some, chosen = Points(X, metric=metric, memory=memory), np.flatnonzero(rng.random(60) < 0.5)
    chosen = chosen if len(chosen) else np.array([3])
    for queries in (X[:7], 10.0**scale * rng.random((5, 3)) + 1e-31, rng.integers(1, 9, (9, 3))):
        for points, expected in ((some, X), (some.chosen(chosen), X[chosen])):
            options = {"metric": metric, "memory": memory, "return_ties": True}
            found = neighbors(queries, points, min(3, len(expected)), **options)
            wanted = neighbors(queries, expected, min(3, len(expected)), **options)
            for one, other in zip(found, wanted, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("offset", [0, 100])
def test_squares_are_those_of_the_distances_to_the_center(dtype, offset):
    X = (np.random.default_rng(0).integers(0, 9, (2500, 4)) + offset).astype(dtype)
    some = Points(X)
    gaps = X.astype(float) - some.center
    np.testing.assert_allclose(some.squares, (gaps**2).sum(axis=1), rtol=1e-12)
    assert np.linalg.norm(some.center - X.mean(axis=0, dtype=float)) < 0.5


def test_an_array_is_read_through_once_whoever_asks(monkeypatch):
    passes = []
    monkeypatch.setattr(
        module, "squares", lambda X, *rest, found=module.squares: passes.append(len(X)) or found(X, *rest)
    )
    X, facts = np.random.default_rng(0).normal(size=(50, 3)), Facts()
    assert facts.points(X) is facts.points(X) is facts.points(np.asarray(X.view(np.ndarray)))
    some = facts.points(Subset(X, np.array([4, 9])))
    np.testing.assert_array_equal(some.rows[:], X[[4, 9]])
    assert passes == [50]
    assert facts.points(X[:20]) is not facts.points(X) is not facts.points(X, "cosine")
    assert passes == [50, 20, 50]


def test_a_place_in_memory_is_not_that_of_an_array_that_is_gone():
    facts = Facts()
    for value in range(50):
        assert facts.points(np.full((4, 1), float(value))).rows[0, 0] == value


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1, 1999])
def test_what_is_not_finite_is_named_wherever_it_stands(dtype, bad, place):
    """In a row that the center is of, and in one that it is not."""
    X = np.ones((2000, 3), dtype)
    X[place, 1] = bad
    with np.errstate(all="raise"), pytest.raises(ValueError, match=f"points must be finite.*row {place} column 1"):
        Points(X)
    with pytest.raises(ValueError, match=f"queries must be finite.*row {place} column 1"):
        neighbors(X, np.ones((2, 3)))


def test_numbers_up_to_1e149_are_searched_and_larger_ones_refused():
    X = np.array([[1e149], [-1e149]])
    np.testing.assert_array_equal(neighbors(X, Points(X))[1].ravel(), [0, 1])
    with pytest.raises(ValueError, match="points must be finite and below 1e150"):
        Points(np.array([[1e151]]))
    with pytest.raises(ValueError, match="points must be finite and below 1e150"):
        Points(np.array([[1e151], [1e151]]))


def test_points_are_searched_by_their_own_metric():
    some = Points(np.ones((2, 2)), metric="cosine")
    with pytest.raises(ValueError, match="metric must be that of the points, 'cosine', got 'euclidean'"):
        neighbors(np.ones((1, 2)), some)
