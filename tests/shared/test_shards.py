"""Rows that lie elsewhere answer as an array of them does, and are read no more than they are asked for."""

import pickle
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgen_lite.shared import shards as module
from memgen_lite.shared.checks import least_and_most
from memgen_lite.shared.free_memory import free_memory, warn_of_copy
from memgen_lite.shared.row_bytes import row_hashes
from memgen_lite.shared.row_sources import InMemory, Range, cut
from memgen_lite.shared.shards import Shards

ROWS = np.random.default_rng(0).normal(size=(40, 3))


class Pieces:
    """A source of pieces that counts what is read of it."""

    def __init__(self, rows, ends=None, name="pieces"):
        self.rows, self.ends, self.name = rows, None if ends is None else np.asarray(ends), name
        self.size, self.dtype, self.shape, self.read_rows = len(rows), rows.dtype, rows.shape[1:], []

    def read(self, rows):
        if self.ends is not None:  # else it could not be read
            assert rows.stop in self.ends
            assert rows.start == 0 or rows.start in self.ends
        self.read_rows.append(rows)
        return self.rows[rows]


def cuts(n):
    """Where n rows are cut into parts of a row or more each."""
    return st.lists(st.integers(1, n - 1), max_size=5, unique=True).map(sorted)


def of_parts(rows, where, ends):
    """Shards of an array that is cut, each second one a source of pieces."""
    parts = np.split(rows, where)
    return Shards(
        [
            Pieces(part, np.unique([min(end, len(part)) for end in (*ends, len(part))]) if i % 2 else None)
            for i, part in enumerate(parts)
        ]
    )


indices = st.one_of(
    st.integers(-40, 39),
    st.slices(40),
    st.lists(st.integers(-40, 39), max_size=9).map(lambda rows: np.array(rows, dtype=int)),
    st.lists(st.booleans(), min_size=40, max_size=40).map(np.array),
    st.tuples(st.slices(40), st.integers(0, 2)),
    st.tuples(st.integers(0, 39), st.integers(0, 2)),
    st.tuples(st.lists(st.integers(0, 39), min_size=1, max_size=4).map(np.array), st.slices(3)),
)


@given(cuts(40), st.sets(st.integers(1, 15)), indices)
def test_any_index_gives_the_rows_of_the_array_that_it_is(where, ends, index):
    found = of_parts(ROWS, where, ends)[index]
    assert np.shape(found) == ROWS[index].shape
    assert np.array_equal(found, ROWS[index])


@given(cuts(40), st.sets(st.integers(1, 15)), st.integers(1, 2000))
def test_groups_are_the_rows_in_order_and_no_larger_than_asked_or_one_piece(where, ends, nbytes):
    shards = of_parts(ROWS, where, ends)
    groups = list(shards.groups(nbytes))
    assert np.array_equal(np.concatenate([group[:] for group in groups]), ROWS)
    step = max(1, nbytes * len(ROWS) // ROWS.nbytes)
    for group in groups:
        (only, *more) = group.sources
        assert len(group) <= step or (not more and only.ends is not None and len(only.ends) == 1)


def test_facts_are_those_of_the_array(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 100)
    shards = of_parts(ROWS, [7, 30], {4, 9})
    for one, two in zip(least_and_most(shards), least_and_most(ROWS), strict=True):
        assert np.array_equal(one, two)
    assert least_and_most(shards, axis=None) == least_and_most(ROWS, axis=None)
    assert np.array_equal(row_hashes(shards), row_hashes(ROWS))


def test_facts_are_found_in_one_pass():
    source = Pieces(ROWS, [10, 20, 30, 40])
    shards = Shards([source])
    shards.least_and_most()
    shards.row_hashes()
    assert sorted(part.start for part in source.read_rows) == [0, 10, 20, 30]


def test_what_is_not_finite_is_in_the_least_and_the_most():
    rows = ROWS.copy()
    rows[33, 1] = np.nan
    low, high = of_parts(rows, [7, 30], {4, 9}).least_and_most()
    assert np.isnan([low[1], high[1]]).all()
    assert np.isfinite([low[0], high[2]]).all()


def test_rows_of_one_piece_are_read_once_and_others_not_at_all():
    source = Pieces(ROWS, [10, 20, 30, 40])
    shards = Shards([source])
    assert np.array_equal(shards[[25, 3, 28, 25]], ROWS[[25, 3, 28, 25]])
    assert source.read_rows == [slice(0, 10), slice(20, 30)]


def test_pieces_are_kept_up_to_a_limit_and_two_at_the_least(monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 1)
    source = Pieces(ROWS, [10, 20, 30, 40])
    shards = Shards([source])
    for row in (5, 15, 6, 16, 25, 7):
        shards[row]
    assert [part.start for part in source.read_rows] == [0, 10, 20, 0]


def test_a_piece_that_many_threads_ask_for_is_read_once():
    source = Pieces(ROWS, [20, 40])
    shards, begin = Shards([source]), threading.Barrier(8)

    def ask():
        begin.wait()
        shards[3]

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(source.read_rows) == 1


def test_a_piece_that_is_kept_can_not_be_changed_by_who_got_it():
    rows = Shards([Pieces(ROWS, [20, 40])])[2:5]
    with pytest.raises(ValueError, match="read-only"):
        rows[0] = 0


def test_it_is_sent_without_what_was_read():
    shards = Shards([InMemory(ROWS, "rows")])
    shards.row_hashes()
    sent = pickle.loads(pickle.dumps(shards))
    assert sent._known is None
    assert np.array_equal(sent[:], ROWS)


def test_parts_of_arrays_are_sent_without_the_rest():
    parts = list(cut(InMemory(np.zeros((1000, 10)), "zeros"), 10))
    assert len(parts) == 100
    assert len(pickle.dumps(parts[0])) < 2000


def test_a_range_reads_rows_of_its_own():
    part = Range(Pieces(ROWS, [10, 20, 30, 40]), 10, 30)
    assert part.ends.tolist() == [10, 20]
    assert np.array_equal(part.read(slice(10, 20)), ROWS[20:30])
    assert np.array_equal(Range(Pieces(ROWS), 10, 30).read(np.array([1, 4])), ROWS[[11, 14]])


def test_functions_of_rows_are_applied_when_they_are_read():
    shards = of_parts(ROWS, [7, 30], {4, 9}).astype(np.float32)
    assert shards.dtype == np.float32
    assert np.array_equal(shards[5:35], ROWS[5:35].astype(np.float32))
    assert np.array_equal(shards.mapped(lambda X: X[:, :1])[[3, 1]], ROWS[[3, 1], :1].astype(np.float32))
    assert np.array_equal(np.concatenate([group[:] for group in shards.groups(100)]), ROWS.astype(np.float32))
    assert shards.astype(np.float32) is shards


def test_it_becomes_an_array_with_a_warning_where_that_takes_much_memory(monkeypatch):
    shards = Shards([InMemory(ROWS, "rows")])
    assert np.array_equal(np.asarray(shards), ROWS)
    monkeypatch.setattr("memgen_lite.shared.free_memory.LEAST", 0)
    monkeypatch.setattr("memgen_lite.shared.free_memory.free_memory", lambda: 4 * ROWS.nbytes - 1)
    with pytest.warns(UserWarning, match=r"Shards\(1 source, .* copied into memory: 960 bytes, where 3,839 are free"):
        np.asarray(shards)
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(shards, copy=False)


@pytest.mark.parametrize("free", [None, 4 * ROWS.nbytes])
def test_it_becomes_an_array_without_a_word_where_memory_is_plenty_or_unknown(monkeypatch, free, recwarn):
    monkeypatch.setattr("memgen_lite.shared.free_memory.LEAST", 0)
    monkeypatch.setattr("memgen_lite.shared.free_memory.free_memory", lambda: free)
    np.asarray(Shards([InMemory(ROWS, "rows")]))
    assert not recwarn


@pytest.mark.parametrize(
    ("sources", "error", "said"),
    [
        ([], ValueError, "shards must be one or more, got none"),
        ([ROWS, ROWS[:0]], ValueError, r"s1 has no rows: leave it out"),
        ([ROWS, ROWS[:, :2]], ValueError, r"s1 has rows of shape \(2,\), where s0 has rows of shape \(3,\)"),
        ([ROWS, ROWS, ROWS.astype("f4")], TypeError, "s2 is of dtype float32, where s0 is of float64"),
        ([np.array(3.0)], TypeError, "s0 must have rows along its first axis"),
        ([np.array(["a", 1], dtype=object)], TypeError, "s0 must be of a plain dtype, got object"),
    ],
)
def test_sources_that_can_not_stand_together_are_named(sources, error, said):
    with pytest.raises(error, match=said):
        Shards([InMemory(rows, f"s{i}") for i, rows in enumerate(sources)])


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (40, "rows must be from 0 to 39, got 40 to 40"),
        ([-41], "got -41 to -41"),
        ([0.5], "rows must be numbers of rows, a slice or a mask, got float64"),
        (np.ones(3, bool), r"a mask must have one flag for each of the 40 rows, got \(3,\)"),
    ],
)
def test_rows_that_are_not_there_are_an_index_error(index, said):
    with pytest.raises(IndexError, match=said):
        Shards([InMemory(ROWS, "rows")])[index]


def test_a_source_that_fails_when_it_is_read_is_named():
    source = Pieces(ROWS, name="part-7.parquet")

    def read(rows):
        raise RuntimeError("the disk is gone\nand more")

    source.read = read
    with pytest.raises(OSError, match=r"part-7.parquet can't be read \(3 rows were asked for\): the disk is"):
        Shards([InMemory(ROWS, "rows"), source])[50:53]


@pytest.mark.parametrize("other", [ROWS[:, :2], ROWS.astype(np.float32), ROWS[:3]])
def test_a_source_that_is_no_longer_what_it_was_is_named(other):
    source = Pieces(ROWS, name="part-7")
    shards = Shards([source])
    source.rows = other
    with pytest.raises(OSError, match="part-7 is not what it was: 5 rows of shape"):
        shards[2:7]


def test_how_much_memory_is_free_is_not_asked_for_a_few_bytes(monkeypatch):
    asked = []
    monkeypatch.setattr("memgen_lite.shared.free_memory.free_memory", lambda: asked.append(1) or 10**12)
    warn_of_copy(2**26 - 1, "little")
    assert not asked
    warn_of_copy(2**26, "much")
    assert asked


def test_the_free_memory_is_a_number_of_bytes():
    assert 2**20 < free_memory() < 2**50


def test_the_free_memory_is_told_without_psutil_where_the_system_tells_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert free_memory() is None or 2**20 < free_memory() < 2**50
    monkeypatch.delattr("os.sysconf", raising=False)
    assert free_memory() is None
