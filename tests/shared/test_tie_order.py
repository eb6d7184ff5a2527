"""The order of ties: by chance, by a row's index alone, and with nothing else drawn than a permutation draws."""

import tracemalloc
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from memgen_lite.shared.neighbors import neighbors
from memgen_lite.shared.tie_order import TieOrder


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
@pytest.mark.parametrize("rows", [1, 2, 3, 6, 1000, 70_001])
def test_what_is_drawn_later_is_the_same_as_after_a_permutation(kind, rows):
    after, expected = (np.random.Generator(getattr(np.random, kind)(5)) for _ in range(2))
    for rng in (after, expected):
        rng.integers(10, dtype=np.int32)  # so that half of a number may be kept for the next draw
    TieOrder(after, rows)
    expected.permutation(rows)
    for dtype in (np.uint32, np.uint64):
        np.testing.assert_array_equal(*(rng.integers(2**31, size=9, dtype=dtype) for rng in (after, expected)))


@pytest.mark.parametrize("scale", [1, 2**20, 10**9])
def test_each_order_of_four_rows_is_as_likely_wherever_they_stand(scale):
    """24 orders in 6,000 seeds: chi-squared, and each of three tests fails by chance in one of 10,000 runs."""
    rows = scale * np.array([0, 1, 2, 5])
    places = [np.argsort(TieOrder(np.random.default_rng(seed), 6)[rows]) for seed in range(6000)]
    found, counts = np.unique(places, axis=0, return_counts=True)
    assert len(found) == len(list(permutations(range(4))))
    assert chisquare(counts).pvalue > 1e-4


def test_each_row_is_first_as_often_and_each_pair_in_either_order():
    """Of 50 rows, in 5,000 seeds: chi-squared on who is first, and on inversions of neighbors; each at .0001."""
    numbers = np.stack([TieOrder(np.random.default_rng(seed), 50)[np.arange(50)] for seed in range(5000)])
    assert chisquare(np.bincount(numbers.argmin(axis=1), minlength=50)).pvalue > 1e-4
    rising = (numbers[:, 1:] > numbers[:, :-1]).sum(axis=1)
    # The number of rises of a permutation of n has mean (n - 1)/2 and variance (n + 1)/12 (Eulerian numbers).
    assert abs(rising.mean() - 24.5) < 3.9 * np.sqrt(51 / 12 / 5000)
    assert abs(rising.var() / (51 / 12) - 1) < 3.9 * np.sqrt(2 / 5000)


def test_no_two_of_a_million_rows_have_one_number():
    assert len(np.unique(TieOrder(np.random.default_rng(0), 10)[np.arange(10**6)])) == 10**6


@given(st.integers(0, 2**32), st.integers(1, 200), st.data())
def test_a_part_of_the_rows_has_the_order_that_it_has_within_all(seed, rows, data):
    order, again = (TieOrder(np.random.default_rng(seed), rows) for _ in range(2))
    numbers = order[np.arange(rows)]
    start = data.draw(st.integers(0, rows - 1))
    np.testing.assert_array_equal(again.after(start)[np.arange(rows - start)], numbers[start:])
    np.testing.assert_array_equal(again.after(start).after(0)[rows - 1 - start], numbers[-1])
    some = data.draw(st.lists(st.integers(0, rows - 1)))
    np.testing.assert_array_equal(order[np.array(some, dtype=int)], numbers[some])


@given(st.integers(0, 2**32), st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_the_first_of_each_value_is_its_row_of_the_least_number(seed, given):
    value = np.array(given)
    order = TieOrder(np.random.default_rng(seed), len(value))
    numbers = order[np.arange(len(value))]
    least = [numbers[value == one].min() for one in value]
    np.testing.assert_array_equal(order.first_of(value), numbers == least)


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 5))
def test_the_nearest_of_equally_near_rows_are_the_first_by_it(seed, rows, k):
    rng = np.random.default_rng(seed)
    queries, points = rng.integers(0, 3, (7, 2)), rng.integers(0, 3, (rows, 2))
    order, k = TieOrder(rng, rows), min(k, rows)
    numbers = order[np.arange(rows)]
    for found, expected in zip(*(neighbors(queries, points, k, order=by) for by in (order, numbers)), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_an_order_of_ten_million_rows_takes_no_memory():
    """Less than 16 KiB, where a permutation takes 80 MB."""
    rng = np.random.default_rng(0)
    tracemalloc.start()
    try:
        TieOrder(rng, 10**7)[[3, 10**7 - 1]]
        assert tracemalloc.get_traced_memory()[1] < 2**14
    finally:
        tracemalloc.stop()
