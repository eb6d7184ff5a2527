"""Where MemGEN stores: a list, a hash-map or an array. One law, three costs.

Every memory numbers what it holds from 0 to N - 1 and gives back the examples at any positions; a uniform draw of a
position is a uniform draw of an example. That is all of Algorithm 1, so it is written once, in
:class:`memgen_lite.MemGEN`.
"""

from collections import Counter
from typing import Any

import numpy as np

from ..shared.checks import as_array, shown, unmasked, whole
from ..shared.kinds import equality_key, pack, unpack_rows
from ..shared.row_bytes import split
from ..shared.row_sources import InMemory
from ..shared.shards import Shards
from .rows import Growing, Ragged, RowStore, Swapped


class ALL:
    """The label that stands for every label (a class, so that it is itself after pickling and copying too)."""


class _InOrder:
    """A memory whose positions are the order of arrival."""

    def append(self, prepared: Any, labels: list | None = None) -> None:
        """Store what :meth:`prepare` returned: all of it with its labels, or after an error or an interrupt nothing."""
        _one_each(labels, self._count(prepared))
        try:
            self.labels.append(self.size(), labels)
            self._store(prepared)
        except BaseException:
            self.labels.truncate(self.size())
            raise

    def size(self, label: Any = ALL) -> int:
        return len(self) if label is ALL else self.labels.size(label)

    def all(self) -> Any:
        """Everything, in order."""
        return self.take(np.arange(self.size()))


class ListMemory(_InOrder):
    """A Python list: anything can go in; appending is free, looking one up costs a scan the first time."""

    name = "list"

    def __init__(self):
        self.items, self.labels, self._counts = [], Labels(), None

    def __getstate__(self):
        items = [Swapped(item) if Swapped.needed_by(item) else item for item in self.items]
        return vars(self) | {"items": items, "_counts": None}

    def __setstate__(self, state):
        items = [item.array if isinstance(item, Swapped) else item for item in state["items"]]
        vars(self).update(state, items=items)

    def __len__(self):
        return len(self.items)

    def prepare(self, X: Any) -> list:
        if isinstance(_batch(X), np.ndarray):
            return list(np.array(X))  # a copy: rows are views, and the caller's array may change
        return X

    def _count(self, prepared):
        return len(prepared) if isinstance(prepared, list) else _refuse(prepared)

    def _store(self, items):
        self._counts = None
        self.items += items

    def take(self, positions: np.ndarray, label: Any = ALL) -> list:
        positions = _places(positions, label, self.size(label))
        positions = positions if label is ALL else self.labels.positions(label)[positions]
        return [self.items[position] for position in positions]

    def count(self, X: Any) -> np.ndarray:
        if self._counts is None:
            self._counts = Counter(map(equality_key, self.items))
        return np.array([self._counts[equality_key(item)] for item in _batch(X)], dtype=np.int64)


class HashMemory:
    """A hash-map from distinct items to how often each was seen; what is repeated is stored once.

    Positions run through the items in the order of first sight, each as often as it was seen. Rows of an array are
    held as their bytes.
    """

    name = "hash"

    def __init__(self):
        self.items, self.counts, self.labels, self.row, self._ends = {}, Counter(), {}, None, {}

    def prepare(self, X: Any) -> Any:
        if isinstance(_batch(X), np.ndarray):
            return X, split(X)
        kinds = set(map(type, X))
        return X, X if kinds <= {str} or kinds <= {bytes} else [equality_key(item) for item in X]

    def append(self, prepared: Any, labels: list | None = None) -> None:
        """Store what :meth:`prepare` returned: all of it with its labels, or after an error or an interrupt nothing."""
        if not isinstance(prepared, tuple) or len(prepared) != 2:
            _refuse(prepared)
        values, keys = prepared
        _one_each(labels, len(keys))
        changes, of_label = [(self.counts, Counter(keys))], dict(self.labels)
        for label, positions in _grouped(labels).items():
            changes.append((of_label.setdefault(label, Counter()), Counter(keys[i] for i in positions)))
        before = [{key: counter[key] for key in more} for counter, more in changes], self.labels
        self._ends = {}
        if isinstance(values, np.ndarray):
            self.row = values.dtype, values.shape[1:]
        elif values is not keys:
            for key, item in zip(keys, values, strict=True):
                self.items.setdefault(key, item)
        try:
            for counter, more in changes:
                counter.update(more)
            self.labels = of_label
        except BaseException:
            counts_before, self.labels = before
            for (counter, _), counts in zip(changes, counts_before, strict=True):
                dict.update(counter, counts)
                counter += Counter()  # without those at zero
            raise

    def distinct(self, label: Any = ALL) -> tuple[list, np.ndarray]:
        """The keys in order of first sight, and where each one's run of positions ends."""
        if _hashable(label) not in self._ends:
            counts = self.counts if label is ALL else self.labels.get(label, {})
            self._ends[label] = list(counts), np.cumsum(np.fromiter(counts.values(), dtype=np.int64, count=len(counts)))
        return self._ends[label]

    def size(self, label: Any = ALL) -> int:
        ends = self.distinct(label)[1]
        return int(ends[-1]) if len(ends) else 0

    def take(self, positions: np.ndarray, label: Any = ALL) -> Any:
        keys, ends = self.distinct(label)
        positions = _places(positions, label, self.size(label))
        return self._values([keys[i] for i in np.searchsorted(ends, positions, side="right")])

    def all(self) -> Any:
        """Everything, by first sight, each as often as it was seen."""
        return self.take(np.arange(self.size()))

    def values(self, keys: list) -> Any:
        """The examples behind a list of keys, of those that :meth:`distinct` gives."""
        try:
            known = isinstance(keys, list) and all(key in self.counts for key in keys)
        except TypeError:  # of what can be no key
            known = False
        if not known:
            raise ValueError(f"keys must be a list of keys that are stored, got {shown(keys)}")
        return self._values(keys)

    def _values(self, keys):
        if self.row is not None:
            dtype, shape = self.row
            if not dtype.itemsize:
                return np.empty((len(keys), *shape), dtype=dtype)
            return np.frombuffer(bytearray(b"".join(keys)), dtype=dtype).reshape(len(keys), *shape)
        return [self.items.get(key, key) for key in keys] if self.items else keys

    def count(self, X: Any) -> np.ndarray:
        keys = split(X) if isinstance(_batch(X), np.ndarray) else map(equality_key, X)
        return np.array([self.counts[key] for key in keys], dtype=np.int64)


class ArrayMemory(_InOrder):
    """Contiguous rows of one dtype and shape, growing by doubling; text and bytes as one run of bytes with offsets."""

    name = "array"

    def __init__(self):
        self.rows, self.codec, self.labels = RowStore(), None, Labels()

    def __len__(self):
        return len(self.rows)

    def prepare(self, X: Any) -> Any:
        codec, rows = (None, X) if isinstance(X, Shards) or isinstance(_batch(X), np.ndarray) else packed(X)
        if len(self.rows):
            if codec != self.codec:
                raise TypeError(f"X holds {codec or 'rows'}, where the memory holds {self.codec or 'rows'}")
            self.rows.check(rows)
        return codec, rows

    def _count(self, prepared):
        if (
            not isinstance(prepared, tuple)
            or len(prepared) != 2
            or not isinstance(prepared[1], np.ndarray | Ragged | Shards)
        ):
            _refuse(prepared)
        return len(prepared[1])

    def _store(self, prepared):
        self.codec, rows = prepared
        self.rows.extend(rows)

    def take(self, positions: np.ndarray, label: Any = ALL) -> Any:
        positions = _places(positions, label, self.size(label))
        rows = self.rows.take(positions if label is ALL else self.labels.positions(label)[positions])
        return rows if self.codec is None else unpack_rows(self.codec, rows)

    def all(self) -> Any:
        """Everything, in order; where some of it lies in shards, as shards, which are read as they are gone through."""
        parts = self.rows.arrays()
        if not any(isinstance(part, Shards) for part in parts):
            return super().all()
        named = (part if isinstance(part, Shards) else InMemory(part, "what is in memory") for part in parts)
        return Shards([source for part in named for source in getattr(part, "sources", [part])])

    def count(self, X: Any) -> np.ndarray:
        if not len(_batch(X)):
            return np.zeros(0, dtype=np.int64)
        try:
            codec, rows = (None, X) if isinstance(X, np.ndarray) else packed(X)
        except (TypeError, ValueError):  # of several kinds or shapes: look one by one
            if len(X) == 1:
                return np.zeros(1, dtype=np.int64)
            return np.concatenate([self.count([x]) for x in X])
        return self.rows.count(rows) if codec == self.codec else np.zeros(len(X), dtype=np.int64)


MEMORIES = {memory.name: memory for memory in (ListMemory, HashMemory, ArrayMemory)}


class Labels(dict):
    """Which positions carry which label."""

    def append(self, start: int, labels: list | None) -> None:
        start = whole(start, "start", 0)
        for label, positions in _grouped(labels).items():
            self.setdefault(label, Growing(np.int64)).extend(np.add(positions, start))

    def truncate(self, size: int) -> None:
        """Forget all positions but the first `size`."""
        size = whole(size, "size", 0)
        for label, positions in list(self.items()):
            positions.truncate(np.searchsorted(positions.view, size))
            if not len(positions):
                del self[label]

    def size(self, label: Any) -> int:
        return len(self.get(_hashable(label), ()))

    def positions(self, label: Any) -> np.ndarray:
        if _hashable(label) not in self:
            raise ValueError(f"label must be one that is stored, got {shown(label)}")
        return self[label].view


def _grouped(labels):
    if labels is not None and not isinstance(labels, list):
        raise TypeError(f"labels must be a list or None, got {shown(labels)}")
    groups = {}
    for position, label in enumerate(labels or ()):
        groups.setdefault(_hashable(label, "labels"), []).append(position)
    return groups


def _one_each(labels, count):
    """Raise ValueError unless there is a label for each of `count` examples, or none at all."""
    if isinstance(labels, list) and labels and len(labels) != count:
        raise ValueError(f"labels must be one for each of the {count:,} examples, got {len(labels):,}")


def _hashable(label, name="label"):
    try:
        hash(label)
    except TypeError:
        raise TypeError(f"{name} must be hashable, got {shown(label)}") from None
    return label


def _batch(X):
    """`X`, which is an array (n, ...) or a list."""
    if isinstance(X, Shards):
        raise TypeError("X must be at hand: memory='array' leaves shards where they lie, np.asarray(X) copies them")
    if not isinstance(X, list) and not (isinstance(unmasked(X, "X"), np.ndarray) and X.ndim):
        raise TypeError(f"X must be an array (n, ...) or a list, got {shown(X)}")
    return X


def _places(positions, label, size):
    """`positions` as an array (n,) of whole numbers, each below the `size` of what is stored under the label."""
    found = as_array(positions, "positions")
    if found.ndim != 1 or (len(found) and found.dtype.kind not in "iu"):
        raise TypeError(f"positions must be an array (n,) of whole numbers, got {shown(positions)}")
    if len(found) and not size:
        here = "the memory holds nothing" if label is ALL else f"nothing is stored under the label {shown(label)}"
        raise ValueError(f"positions must be none, as {here}, got {shown(positions)}")
    if len(found) and not 0 <= found.min() <= found.max() < size:
        raise ValueError(f"positions must be from 0 to {size - 1:,}, got {found.min():,} to {found.max():,}")
    return found.astype(np.intp, copy=False)


def _refuse(prepared):
    raise TypeError(f"prepared must be what this memory's prepare returned, got {shown(prepared)}")


def packed(X: list) -> Any:
    """(codec, rows) of :func:`memgen_lite.shared.kinds.pack`, with byte strings of any lengths in one buffer."""
    if not isinstance(X, list) or not X:
        raise ValueError(f"X must be a list of one example or more, got {shown(X)}")
    codec, rows = pack(X)
    return codec, Ragged.of(rows) if isinstance(rows, list) else rows
