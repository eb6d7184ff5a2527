"""The bytes of rows, and which rows have the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgen_lite.shared import row_bytes
from memgen_lite.shared.row_bytes import hashes, keys, matrix, row_size, split, values


def test_the_size_of_a_row():
    assert row_size(np.zeros((5, 2, 3), dtype=np.int16)) == 12
    assert row_size(np.zeros(5)) == 8
    assert row_size(np.zeros((5, 0))) == 0


def test_hashes_tell_rows_apart():
    """10,000 distinct rows: a fair 64-bit hash has a collision at 3 seeds in 10^12, and this one has a fixed seed."""
    rows = np.arange(20_000, dtype=np.uint16).reshape(-1, 2)
    found = hashes(matrix(np.repeat(rows, 2, axis=0)))
    assert len(np.unique(found)) == len(np.unique(rows, axis=0)) == 10_000


@pytest.mark.parametrize("rows", [np.array([[0.0, 1.0], [-0.0, 1.0]]), np.array([[0.0], [-0.0]], dtype=">f4")], ids=str)
def test_minus_zero_is_zero_for_keys_and_another_number_for_bytes_and_hashes(rows):
    assert len(np.unique(keys(rows))) == 1
    assert len(set(split(rows))) == len(np.unique(hashes(matrix(rows)))) == 2


def test_rows_without_bytes_are_all_alike():
    rows = np.empty((3, 0))
    assert split(rows) == [b""] * 3
    assert matrix(rows).shape == (3, 1)
    assert len(np.unique(hashes(matrix(rows)))) == 1


def test_split_and_matrix_hold_the_bytes_of_each_row():
    rows = np.arange(12, dtype=">i2").reshape(3, 4)[:, ::2]
    assert split(rows) == [row.tobytes() for row in rows] == [row.tobytes() for row in matrix(rows)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.5]), min_size=2, max_size=2), max_size=12), st.data())
def test_values_are_equal_exactly_where_rows_are_whatever_their_hashes_say(rows, data):
    cut = data.draw(st.integers(0, len(rows)))
    X = np.array(rows, dtype=data.draw(st.sampled_from(["<f4", ">f8", "g"]))).reshape(-1, 2)
    known = np.all(X[:, None] == X[None], axis=2)
    for bits in (64, 1, 0):  # the fewer bits a hash has, the more unequal rows share one
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(row_bytes, "hashes", lambda data, bits=bits: hashes(data) & np.uint64(2**bits - 1))
            found = values(X[:cut], X[cut:])
        np.testing.assert_array_equal(found[:, None] == found[None], known)
