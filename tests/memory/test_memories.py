"""The memories by themselves, and what they are made of: rows, containers and labels."""

import copy
import pickle
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from examples import ANY, identical
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from test_memgen import anything, arrays

import memgen_lite as mg
from memgen_lite.memory import rows as rows_module
from memgen_lite.memory.memories import ALL, MEMORIES, Labels, packed
from memgen_lite.memory.rows import Growing, Ragged, RowStore
from memgen_lite.shared import row_bytes
from memgen_lite.shared.kinds import Container, equality_key, unpack, unpack_rows
from memgen_lite.shared.row_bytes import pure

quick = settings(deadline=None, max_examples=60, derandomize=True, database=None)


# Growing


def test_appending_one_by_one_copies_each_row_a_constant_number_of_times():
    growing, copied, where = Growing(np.int64, (2,)), 0, None
    for i in range(5000):
        growing.extend(np.full((1, 2), i))
        if growing._data is not where:
            copied += i
            where = growing._data
    assert copied < 3 * 5000
    assert (growing.view[:, 0] == np.arange(5000)).all()


def test_the_first_rows_take_exactly_their_room():
    growing = Growing(np.float32, (3,))
    growing.extend(np.ones((100, 3)))
    assert growing._data.shape == (100, 3)


@quick
@given(st.lists(st.lists(st.integers(-100, 100), max_size=5)), st.data())
def test_growing_is_a_list_of_rows(batches, data):
    growing, expected = Growing(np.int16), []
    for batch in batches:
        growing.extend(np.array(batch, dtype=np.int16))
        expected += batch
        assert growing.view.tolist() == expected
        size = data.draw(st.integers(0, len(expected)))
        if data.draw(st.booleans()):
            growing.truncate(size)
            expected = expected[:size]
    assert len(growing) == len(expected)
    assert pickle.loads(pickle.dumps(growing)).view.tolist() == expected


def test_what_it_takes_over_is_never_written_to():
    rows = np.arange(3)
    rows.flags.writeable = False
    growing = Growing.holding(rows)
    assert growing.view is not rows
    assert np.shares_memory(growing.view, rows)
    growing.extend(np.array([9]))
    assert rows.tolist() == [0, 1, 2]
    assert growing.view.tolist() == [0, 1, 2, 9]


# Ragged


@quick
@given(st.lists(st.lists(st.binary(max_size=4), min_size=1, max_size=4), min_size=1, max_size=4))
def test_byte_strings_of_any_length_lie_end_to_end(batches):
    ragged = Ragged.of(batches[0])
    for batch in batches[1:]:
        ragged.extend(Ragged.of(batch))
    expected = [item for batch in batches for item in batch]
    assert ragged.take(np.arange(len(ragged))) == expected
    assert ragged.take(np.arange(len(ragged))[::-1]) == expected[::-1]
    assert bytes(ragged.data.view) == b"".join(expected)


def test_bytes_left_over_by_an_interrupt_belong_to_no_item():
    ragged = Ragged.of([b"ab", b"c"])
    ragged.data.extend(np.frombuffer(b"lost", dtype=np.uint8))
    ragged.extend(Ragged.of([b"d"]))
    assert ragged.take([0, 1, 2]) == [b"ab", b"c", b"d"]


# RowStore


@pytest.mark.parametrize("block", [1, 64, 1 << 24])
@quick
@given(X=arrays(), data=st.data())
def test_rows_are_counted_as_by_hand(block, X, data):
    """In blocks of any size, over several parts, and also where all hashes collide."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "BLOCK", block)
        if data.draw(st.booleans()):
            patch.setattr(row_bytes, "hashes", lambda rows: np.zeros(len(rows), dtype=np.uint64))
        store = RowStore()
        cut = data.draw(st.integers(0, len(X)))
        store.parts = [part for part in (X[:cut], X[cut:]) if len(part)]
        by_hand = Counter(pure(row).tobytes() for row in X[:, None])
        assert store.count(X).tolist() == [by_hand[pure(row).tobytes()] for row in X[:, None]]
        positions = data.draw(st.lists(st.integers(0, len(X) - 1), max_size=5))
        assert identical(store.take(positions), np.ascontiguousarray(X[positions]))


def test_rows_of_another_dtype_are_not_there():
    store = RowStore()
    store.extend(np.zeros((2, 3)))
    assert store.count(np.zeros((4, 3), dtype=np.float32)).tolist() == [0, 0, 0, 0]
    with pytest.raises(ValueError, match=r"X has rows of shape \(4,\) and dtype float64, where the memory has"):
        store.check(np.zeros((1, 4)))


# Keys


@quick
@given(a=anything(), b=anything())
def test_keys_are_equal_exactly_for_what_is_identical(a, b):
    assert (equality_key(a) == equality_key(b)) == identical(a, b)
    assert hash(equality_key(a)) == hash(equality_key(a))
    assert equality_key([a, b]) == equality_key([a, b])


def test_things_that_python_calls_equal_have_keys_of_their_own():
    things = [1, 1.0, True, 1 + 0j, np.int64(1), np.int32(1), np.float64(1), np.bool_(True), np.array(1), np.array([1])]
    things += ["1", b"1", bytearray(b"1"), np.str_("1"), np.bytes_(b"1"), Decimal(1), (1,), [1], (1.0,), {1: 1}]
    things += [
        {1: True},
        0.0,
        -0.0,
        0j,
        complex(-0.0, 0),
        complex(0, -0.0),
        None,
        float("nan"),
        {1},
        frozenset({1}),
        (),
    ]
    things += [np.array([1], dtype=">i8"), np.array([1], dtype=object), np.zeros(1, "i4,i4"), np.zeros(1, "i4,f4")]
    things += [np.ma.array([1], mask=[0]), np.ma.array([1], mask=[1]), {"a": 1, "b": 2}, {"b": 2, "a": 1}]
    assert len(set(map(equality_key, things))) == len(things)


def test_equal_things_share_a_key():
    nan = np.array([float("nan")])
    for a, b in [
        (nan, nan.copy()),
        (float("nan"), float("nan")),
        ([{"a": (1, nan)}], [{"a": (1, nan.copy())}]),
        (bytearray(b"a"), bytearray(b"a")),
        ({1, 2}, {2, 1}),
    ]:
        assert equality_key(a) == equality_key(b)


def test_a_row_of_a_file_is_equal_to_one_of_memory(tmp_path):
    X = np.arange(4.0).reshape(2, 2)
    X.tofile(tmp_path / "x")
    assert equality_key(np.memmap(tmp_path / "x", dtype=float, mode="r", shape=(2, 2))[0]) == equality_key(X[0])


def test_what_lies_between_fields_or_behind_80_bits_makes_no_difference():
    dtype = np.dtype([("a", "i1"), ("b", [("c", "i1"), ("d", "i4")])], align=True)
    zeros, ones = np.zeros(2, dtype), np.frombuffer(bytearray(b"\xff" * 2 * dtype.itemsize), dtype=dtype)
    ones["a"], ones["b"]["c"], ones["b"]["d"] = 0, 0, 0
    assert zeros.tobytes() != ones.tobytes()
    assert pure(zeros).tobytes() == pure(ones).tobytes()
    long = np.array([1, 1], dtype=np.longdouble)
    if np.finfo(np.longdouble).nmant == 63:
        long.view(np.uint8)[10:16] = 7
    for X in (long, long.astype(np.clongdouble), long[0]):
        assert np.array_equal(pure(X), X)
        assert pure(X).dtype == X.dtype
    assert equality_key(long[0]) == equality_key(long[1])
    for memory in MEMORIES.values():
        held = memory()
        held.append(held.prepare(long))
        assert held.count(long).tolist() == [2, 2]
        held = memory()
        held.append(held.prepare(ones))
        assert held.count(zeros).tolist() == [2, 2]


# Packing


@quick
@given(st.lists(anything(), min_size=1, max_size=4))
def test_what_is_packed_is_unpacked(items):
    try:
        codec, rows = packed(items)
    except (TypeError, ValueError):
        return
    taken = rows.take(np.arange(len(items))) if isinstance(rows, Ragged) else rows
    assert identical(unpack_rows(codec, taken), items)


def test_a_container_says_why_another_does_not_agree():
    array = Container("array", dtype=np.dtype(float), shape=(2,))
    assert array.agrees(Container("array", dtype=np.dtype(float), shape=(2,))) is None
    assert "of kind 'list', where the memory is of kind 'array'" in array.agrees(Container("list"))


def test_columns_without_a_number_agree():
    import pandas as pd

    frames = [unpack(pd.DataFrame([[1.0, 2.0]], columns=[float("nan"), 1.0]))[0] for _ in range(2)]
    assert frames[0].agrees(frames[1]) is None


# Labels and interrupts


def test_labels_past_the_end_are_forgotten():
    labels = Labels()
    labels.append(0, ["a", "b", "a"])
    labels.append(3, ["c", "a"])
    labels.append(5, None)
    assert {label: labels.positions(label).tolist() for label in labels} == {"a": [0, 2, 4], "b": [1], "c": [3]}
    labels.truncate(3)
    assert {label: labels.positions(label).tolist() for label in labels} == {"a": [0, 2], "b": [1]}
    assert "c" not in labels
    assert labels.size("c") == 0


@pytest.mark.parametrize("memory", ["list", "array"])
@pytest.mark.parametrize("late", [False, True])
def test_an_interrupt_keeps_labels_and_examples_together(memory, late, monkeypatch):
    held = MEMORIES[memory]()
    held.append(held.prepare(["x", "y"]), [0, 1])
    store = held._store

    def interrupted(prepared):
        if late:
            store(prepared)
        raise KeyboardInterrupt

    monkeypatch.setattr(held, "_store", interrupted)
    with pytest.raises(KeyboardInterrupt):
        held.append(held.prepare(["z"]), [2])
    assert held.size() == 2 + late
    assert list(held.labels) == [0, 1, 2][: 2 + late]
    assert [held.take(np.arange(held.size(label)), label) for label in held.labels] == [["x"], ["y"], ["z"]][: 2 + late]


class Interrupted(Counter):
    """A Counter whose update is interrupted half-way."""

    armed = False

    def update(self, more=(), /, **kwargs):
        if not Interrupted.armed:
            return super().update(more, **kwargs)
        key = next(iter(more))
        self[key] += more[key]
        raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["counts", "label"])
def test_an_interrupt_undoes_what_a_hash_map_counted(where, monkeypatch):
    held = MEMORIES["hash"]()
    held.append(held.prepare(["x", "y", "x"]), [0, 1, 0])
    if where == "counts":
        held.counts = Interrupted(held.counts)
    else:
        held.labels[1] = Interrupted(held.labels[1])
    monkeypatch.setattr(Interrupted, "armed", True)
    with pytest.raises(KeyboardInterrupt):
        held.append(held.prepare(["z", "x", "z"]), [1, 0, 2])
    assert dict(held.counts) == {"x": 2, "y": 1}
    assert {label: dict(counts) for label, counts in held.labels.items()} == {0: {"x": 2}, 1: {"y": 1}}
    monkeypatch.setattr(Interrupted, "armed", False)
    held.append(held.prepare(["z", "x", "z"]), [1, 0, 2])
    assert held.take(np.arange(held.size())) == ["x", "x", "x", "y", "z", "z"]
    assert held.take(np.arange(2), 1) == ["y", "z"]


class Memories(RuleBasedStateMachine):
    """All three memories and a plain list of pairs, side by side."""

    def __init__(self):
        super().__init__()
        self.pairs = []
        self.held = {name: MEMORIES[name]() for name in ANY}

    @rule(batch=st.lists(st.tuples(st.text("ab", max_size=2), st.integers(0, 2)), min_size=1, max_size=4))
    def learn(self, batch):
        self.pairs += batch
        items, labels = map(list, zip(*batch, strict=True))
        for held in self.held.values():
            held.append(held.prepare(items), labels)

    @invariant()
    def all_hold_the_same(self):
        if not self.pairs:
            return
        by_label = {ALL: [item for item, _ in self.pairs]}
        for item, label in self.pairs:
            by_label.setdefault(label, []).append(item)
        for name, held in self.held.items():
            assert list(held.labels) == list(by_label)[1:]
            for label, items in by_label.items():
                assert held.size(label) == len(items)
                taken = held.take(np.arange(len(items)), label)
                first = {item: items.index(item) for item in items}
                assert taken == (sorted(items, key=first.get) if name == "hash" else items)
            assert held.count(["a", "ab", "new"]).tolist() == [by_label[ALL].count(x) for x in ("a", "ab", "new")]


TestMemories = Memories.TestCase
TestMemories.settings = settings(quick, max_examples=20, stateful_step_count=8)


@pytest.mark.parametrize("memory", ["list", "array", "hash"])
@pytest.mark.parametrize("dtype", [">f8", ">i4", ">U2", ">M8[s]"])
def test_pickles_and_copies_keep_the_order_of_bytes(memory, dtype):
    rows = np.array([[1, 2], [3, 4]]).astype(dtype)
    for again in (lambda model: pickle.loads(pickle.dumps(model)), copy.copy, copy.deepcopy):
        model = again(mg.MemGEN(memory=memory, random_state=0).fit(rows))
        assert model.score_samples(rows).tolist() == pytest.approx([-np.log(2)] * 2)
        assert np.asarray(model.recite()[0]).dtype == dtype
        model.partial_fit(rows)
        assert len(model.recite()) == 4
