"""Exact neighbors: brute force is the oracle, to the last bit of what a tie or a duplicate is."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgen_lite.shared.neighbors import Neighborhoods, count_within, distinct, neighbors, pairs_within

rng = np.random.default_rng(0)
NORMAL = rng.normal(size=(90, 7)), rng.normal(size=(131, 7))
CASES = {
    "normal": NORMAL,
    "one column": (rng.normal(size=(40, 1)), rng.normal(size=(70, 1))),
    "binary, mostly ties": (rng.integers(0, 2, size=(90, 6)), rng.integers(0, 2, size=(131, 6))),
    "far from 0": (rng.normal(size=(60, 3)) + 1e9, rng.normal(size=(80, 3)) + 1e9),
    "all rows equal": (np.ones((30, 4)), np.ones((40, 4))),
    "one far row": (np.r_[rng.normal(size=(50, 3)), np.full((1, 3), 1e12)], np.r_[NORMAL[1][:, :3], [[-1e12] * 3]]),
    "very large": (1e140 * rng.normal(size=(50, 3)), 1e140 * rng.normal(size=(60, 3))),
    "very small": (1e-140 * rng.normal(size=(50, 3)), 1e-140 * rng.normal(size=(60, 3))),
    "bytes": (rng.integers(0, 255, size=(60, 64), dtype=np.uint8), rng.integers(0, 255, size=(90, 64), dtype=np.uint8)),
    "half precision": (rng.normal(size=(60, 9)).astype("f2"), rng.normal(size=(90, 9)).astype("f2")),
    "single precision, in Fortran order": tuple(np.asfortranarray(X.astype("f4")) for X in NORMAL),
    "single precision": tuple(X.astype("f4") for X in NORMAL),
    "single precision, queries in double": (NORMAL[0], NORMAL[1].astype("f4")),
    "single precision, just off 0": tuple((X + 0.9).astype("f4") for X in NORMAL),
    "single precision, queries far off": ((NORMAL[0] + 1e4).astype("f4"), NORMAL[1].astype("f4")),
    "single precision, mostly ties": tuple(rng.integers(-1, 2, size=(n, 6)).astype("f4") for n in (90, 131)),
    "single precision, all zero": (np.zeros((30, 4), "f4"), np.zeros((40, 4), "f4")),
    **{
        f"single precision, times {scale:g}": tuple((scale * X).astype("f4") for X in NORMAL)
        for scale in (1e-30, 1e-10, 1e-9, 1e14, 1e15, 1e37)
    },
    "truth values": (rng.random((30, 5)) < 0.5, rng.random((40, 5)) < 0.5),
    "more points": (rng.normal(size=(9, 4)), rng.normal(size=(1300, 4))),
    "more columns than rows": (rng.normal(size=(9, 300)), rng.normal(size=(12, 300))),
}


def distances(queries, points):
    queries, points = (np.ascontiguousarray(X, dtype=float) for X in (queries, points))
    gaps = queries[:, None] - points
    return np.sqrt(np.einsum("ijk,ijk->ij", gaps, gaps))


def check(found, apart, k):
    distance, index, ties = found
    order = np.argsort(apart, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(index, order)
    np.testing.assert_array_equal(distance, np.take_along_axis(apart, order, 1))
    np.testing.assert_array_equal(ties, (apart == apart.min(axis=1, keepdims=True)).sum(axis=1))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("memory", [2**27, 1])
def test_distances_indices_and_ties_are_those_of_brute_force(name, memory):
    queries, points = CASES[name]
    for k in (1, 5):
        check(neighbors(queries, points, k, memory=memory, return_ties=True), distances(queries, points), k)


@pytest.mark.parametrize("name", CASES)
def test_a_row_is_not_its_own_neighbor_and_its_duplicates_are(name):
    points = np.concatenate([CASES[name][1], CASES[name][1][:3]])
    apart = distances(points, points)
    np.fill_diagonal(apart, np.inf)
    found = neighbors(points, points, 4, exclude_self=True, return_ties=True)
    check(found, apart, 4)
    assert (found[0][:3, 0] == 0).all()


def test_a_row_is_not_its_own_neighbor_in_tiles_of_fewer_rows_than_are_asked_for(monkeypatch):
    import memgen_lite.shared.search as module

    monkeypatch.setattr(module, "_POINTS", 3)
    X = NORMAL[0]
    near = distances(X, X)
    np.fill_diagonal(near, np.inf)
    distance, index = neighbors(X, X, 5, exclude_self=True)
    np.testing.assert_array_equal(index, np.argsort(near, axis=1, kind="stable")[:, :5])
    np.testing.assert_array_equal(distance, np.sort(near, axis=1)[:, :5])


@pytest.mark.parametrize("name", CASES)
def test_balls_are_open_and_counted_exactly(name):
    queries, points = CASES[name]
    apart = distances(queries, points)
    for radii in (np.median(apart, axis=0), apart[0], np.zeros(len(points)), apart.max() * rng.random(len(points))):
        inside = apart < radii
        np.testing.assert_array_equal(count_within(queries, points, radii), inside.sum(axis=1))
        query, point, distance = pairs_within(queries, points, radii, memory=1)
        np.testing.assert_array_equal(np.stack([query, point]), np.nonzero(inside))
        np.testing.assert_array_equal(distance, apart[inside])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("memory", [2**27, 2**13])
def test_tiles_of_the_points_change_nothing(name, memory, monkeypatch):
    """Tiles of 13 points, and distances settled whenever more than a few pairs wait."""
    import memgen_lite.shared.search as module

    queries, points = CASES[name]
    expected = neighbors(queries, points, 5, return_ties=True)
    radii = expected[0][0, 4] * rng.random(len(points))
    balls = pairs_within(queries, points, radii)
    inside = count_within(queries, points, radii)
    monkeypatch.setattr(module, "_POINTS", 13)
    monkeypatch.setattr(module, "_PAIRS", 1)
    for found, wanted in zip(neighbors(queries, points, 5, memory=memory, return_ties=True), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
    for found, wanted in zip(pairs_within(queries, points, radii, memory=memory), balls, strict=True):
        np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(count_within(queries, points, radii, memory=memory), inside)
    check(neighbors(queries, points, len(points), return_ties=True), distances(queries, points), len(points))


def test_single_precision_around_0_is_searched_without_a_copy():
    points = rng.normal(size=(20_000, 100)).astype("f4")
    tracemalloc.start()
    try:
        found = neighbors(points[:20], points, 3, return_ties=True)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < points.nbytes
    check(found, distances(points[:20], points), 3)


@pytest.mark.parametrize("processors", [1, 3])
@pytest.mark.parametrize("rows", ["normal", "ternary", "constant"])
def test_threads_share_the_memory_that_was_allowed_and_change_no_answer(rows, processors, monkeypatch):
    """With enough pairs for threads, what is held beyond the answer and a coarse copy stays below `memory`."""
    points = {"normal": rng.normal(size=(17_000, 4)), "ternary": rng.integers(3, size=(17_000, 6)) / 2.0}.get(rows)
    points = np.ones((4200, 4)) if points is None else points
    queries, memory, few = points[-4100:], 2**26, slice(0, 30)
    radii = np.full(len(points), 0.4)
    check(neighbors(queries[few], points, 3, return_ties=True), distances(queries[few], points), 3)
    neighbors_few = neighbors(queries[few], points, 3, return_ties=True)
    counted_few = count_within(queries[few], points, radii)
    monkeypatch.setattr("joblib.cpu_count", lambda: processors)
    tracemalloc.start()
    try:
        found = neighbors(queries, points, 3, memory=memory, return_ties=True)
        counted, held = count_within(queries, points, radii, memory=memory, return_held=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < memory + 2 * points.nbytes + queries.shape[0] * 100
    for whole, part in zip((*found, counted), (*neighbors_few, counted_few), strict=True):
        np.testing.assert_array_equal(whole[few], part)
    assert held[-4100:].all()  # each holds itself


def test_distinct_rows_are_those_of_a_set():
    X = np.array([[0.0, 1.0], [1.0, 0.0], [-0.0, 1.0]])
    assert {*map(tuple, distinct(X))} == {(0, 1), (1, 0)}
    different = X[:2]
    assert distinct(different) is different
    shared = Neighborhoods()
    assert shared.distinct(X) is shared.distinct(X)


def test_equal_distances_come_in_the_order_asked_for():
    queries, points = CASES["binary, mostly ties"]
    order = rng.permutation(len(points))
    distance, index = neighbors(queries, points, 7, order=order)
    back = np.argsort(order)
    expected = neighbors(queries, points[back], 7)
    np.testing.assert_array_equal(distance, expected[0])
    np.testing.assert_array_equal(index, back[expected[1]])


def test_progress_adds_up_to_the_queries():
    done = []
    neighbors(rng.normal(size=(2500, 2)), NORMAL[1][:, :2], progress=done.append)
    assert len(done) > 2 and sum(done) == 2500


def test_cosine_is_that_of_scikit_learn_and_zero_for_copies():
    from sklearn.metrics.pairwise import cosine_distances

    queries, points = NORMAL
    distance, index = neighbors(queries, points, 3, metric="cosine")
    expected = cosine_distances(queries, points)
    np.testing.assert_array_equal(index, np.argsort(expected, axis=1)[:, :3])
    np.testing.assert_allclose(distance, np.sort(expected, axis=1)[:, :3], rtol=1e-10, atol=1e-14)
    assert (neighbors(points, points, metric="cosine")[0] == 0).all()
    assert (neighbors(4 * points, points, metric="cosine")[0] == 0).all()
    radii = np.full(len(points), 0.3)
    np.testing.assert_array_equal(count_within(queries, points, radii, metric="cosine"), (expected < 0.3).sum(axis=1))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 300), st.integers(1, 6), st.integers(1, 5))
def test_any_small_integers_agree_with_brute_force(seed, n, m, d, top):
    random = np.random.default_rng(seed)
    queries, points = random.integers(0, top, size=(n, d)), random.integers(0, top, size=(m, d))
    k = int(random.integers(1, m + 1))
    check(neighbors(queries, points, k, return_ties=True), distances(queries, points), k)


def test_the_same_pair_has_the_same_distance_wherever_it_is_asked_for():
    X, Y = rng.normal(size=(2, 300, 33))
    near, index = neighbors(X, Y, 3)
    back = neighbors(Y, X, len(X))
    for row in range(0, 300, 50):
        for distance, j in zip(near[row], index[row], strict=True):
            assert back[0][j][back[1][j] == row] == distance


def test_shared_neighbors_are_searched_once_for_each_pair(monkeypatch):
    import memgen_lite.shared.neighbors as module

    calls = []

    def counted(*args, **options):
        calls.append(args[2])
        return neighbors(*args, **options)

    monkeypatch.setattr(module, "neighbors", counted)
    X, Y = rng.normal(size=(2, 40, 3))
    shared = Neighborhoods()
    for k in (1, 5, 2):
        distance, index, ties = shared.nearest(X, Y, k)
        expected = neighbors(X, Y, k, return_ties=True)
        for found, wanted in zip((distance, index, ties), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
    assert calls == [8]
    shared.nearest(X, Y, 20)
    assert calls == [8, 20]
    within = shared.nearest(X, X, 2)
    np.testing.assert_array_equal(within[1], neighbors(X, X, 2, exclude_self=True)[1])
    balls = shared.in_balls(Y, X, 5)
    radii = neighbors(X, X, 5, exclude_self=True)[0][:, -1]
    np.testing.assert_array_equal(balls, count_within(Y, X, radii))
    assert shared.in_balls(Y, X, 5) is balls


def test_an_answer_is_asked_for_once_for_each_question_about_the_same_arrays():
    X, Y = rng.normal(size=(2, 9, 3))
    shared, asked = Neighborhoods(), []
    for question, arrays in (("sum", (X,)), ("sum", (X, Y)), ("sum", (Y, X)), (("sum", 2), (X,)), ("sum", (X.copy(),))):
        for _ in range(2):
            answer = shared.once(question, arrays, lambda: asked.append(1) or len(asked))
        assert answer == len(asked)
    assert len(asked) == 5
    assert Neighborhoods().once("sum", (X,), lambda: "another's") == "another's"


def test_an_answer_does_not_outlive_its_array_as_that_of_another():
    shared = Neighborhoods()
    for value in range(50):  # new arrays may get the address of those that are gone
        X = np.full((4, 1), float(value))
        assert shared.once("first", (X,), lambda X=X: X[0, 0]) == value


def test_pairs_lines_parts_and_multiplicities_are_those_of_the_arrays():
    queries, points = NORMAL
    shared, radii = Neighborhoods(memory=2**20), rng.uniform(1, 3, len(points))
    for found, expected in zip(
        shared.pairs_within(queries, points, radii), pairs_within(queries, points, radii), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(points, axis=1)
    lines = (1 - np.abs(queries @ points.T) / lengths).min(axis=1)
    np.testing.assert_allclose(shared.line_distances(queries, points), lines, atol=1e-12)
    assert (shared.line_distances(-4 * points, points) == 0).all()
    X = np.array([[0.0, 1.0], [1.0, 0.0], [-0.0, 1.0]])
    assert sorted(shared.multiplicities(X)) == [1, 2]
    np.testing.assert_array_equal(shared.part(X, X[:, 0] == 1), [[1.0, 0.0]])


def test_an_order_has_one_number_for_each_point():
    with pytest.raises(ValueError, match="order must have one number for each of the 2 points"):
        neighbors([[1.0]], [[1.0], [2.0]], order=[1])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([[1.0]], [[1.0], [2.0]], 3), {}, "k must be from 1 to 2"),
        (([[1.0]], [[1.0], [2.0]], 0), {}, "k must be from 1 to 2"),
        (([[1.0], [2.0]], [[1.0], [2.0]], 2), {"exclude_self": True}, "k must be from 1 to 1"),
        (([[1.0]], [[1.0], [2.0]]), {"exclude_self": True}, "exclude_self needs queries to be points, got 1 and 2"),
        (([[1.0, 2.0]], [[1.0]]), {}, "as many columns, got 2 and 1"),
        (([1.0], [[1.0]]), {}, r"queries must be an array \(rows, features\)"),
        (([[1.0]], np.empty((0, 1))), {}, "points must be an array"),
        (([[1.0], [np.nan]], [[1.0]]), {}, "queries must be finite.*row 1 column 0"),
        (([[1.0]], [[np.inf]]), {}, "points must be finite.*row 0 column 0"),
        (([["a"]], [[1.0]]), {}, "queries must be real numbers"),
        (([[1.0]], [[1.0]]), {"metric": "hamming"}, "metric must be 'euclidean' or 'cosine'"),
        (([[1.0]], [[1.0], [0.0]]), {"metric": "cosine"}, r"points must have no row of zeros.*\[1\]"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        neighbors(*arguments, **options)


def test_a_radius_is_needed_for_each_point():
    with pytest.raises(ValueError, match="one number for each of the 2 points"):
        count_within([[1.0]], [[1.0], [2.0]], [1.0])


def test_what_is_returned_besides_is_asked_for_by_a_flag():
    with pytest.raises(TypeError, match="return_ties must be True or False, got 'yes'"):
        neighbors([[0.0]], [[1.0]], return_ties="yes")
    with pytest.raises(TypeError, match="return_held must be True or False, got 1"):
        count_within([[0.0]], [[1.0]], [1.0], return_held=1)
