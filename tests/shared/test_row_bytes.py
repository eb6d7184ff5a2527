"""The bytes of rows, and which rows have the same."""

import numpy as np
import pytest

from memgen_lite.shared.row_bytes import hashes, keys, matrix, row_size, split


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
