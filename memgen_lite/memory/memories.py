"""Where MemGEN stores: a list, a hash-map or an array. One law, three costs.

Every memory numbers what it holds from 0 to N - 1 and gives back the examples at any positions; a uniform draw of a
position is a uniform draw of an example. That is all of Algorithm 1, so it is written once, in
:class:`memgen_lite.MemGEN`.
"""

from collections import Counter
from typing import Any

import numpy as np

from ..shared.kinds import equality_key, pack, unpack_rows
from ..shared.row_bytes import split
from .rows import Growing, Ragged, RowStore


class ALL:
    """The label that stands for every label (a class, so that it is itself after pickling and copying too)."""


class _InOrder:
    """A memory whose positions are the order of arrival."""

    def append(self, prepared: Any, labels: list | None = None) -> None:
        """Store what :meth:`prepare` returned: all of it with its labels, or after an error or an interrupt nothing."""
        try:
            self.labels.append(self.size(), labels)
            self._store(prepared)
        except BaseException:
            self.labels.truncate(self.size())
            raise

    def size(self, label: Any = ALL) -> int:
        return len(self) if label is ALL else self.labels.size(label)


class ListMemory(_InOrder):
    """A Python list: anything can go in; appending is free, looking one up costs a scan the first time."""

    name = "list"

    def __init__(self):
        self.items, self.labels, self._counts = [], Labels(), None

    def __len__(self):
        return len(self.items)

    def prepare(self, values: Any) -> list:
        if isinstance(values, np.ndarray):
            return list(np.array(values))  # a copy: rows are views, and the caller's array may change
        return values

    def _store(self, items):
        self._counts = None
        self.items += items

    def take(self, positions: np.ndarray, label: Any = ALL) -> list:
        positions = positions if label is ALL else self.labels.positions(label)[positions]
        return [self.items[position] for position in positions]

    def count(self, items: list) -> np.ndarray:
        if self._counts is None:
            self._counts = Counter(map(equality_key, self.items))
        return np.array([self._counts[equality_key(item)] for item in items], dtype=np.int64)


class HashMemory:
    """A hash-map from distinct items to how often each was seen; what is repeated is stored once.

    Positions run through the items in the order of first sight, each as often as it was seen. Rows of an array are
    held as their bytes.
    """

    name = "hash"

    def __init__(self):
        self.items, self.counts, self.labels, self.row, self._ends = {}, Counter(), {}, None, {}

    def prepare(self, values: Any) -> Any:
        if isinstance(values, np.ndarray):
            return values, split(values)
        kinds = set(map(type, values))
        return values, values if kinds <= {str} or kinds <= {bytes} else [equality_key(item) for item in values]

    def append(self, prepared: Any, labels: list | None = None) -> None:
        """Store what :meth:`prepare` returned: all of it with its labels, or after an error or an interrupt nothing."""
        values, keys = prepared
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

    def distinct(self, label: Any = ALL) -> int:
        """The keys in order of first sight, and where each one's run of positions ends."""
        if label not in self._ends:
            counts = self.counts if label is ALL else self.labels.get(label, {})
            self._ends[label] = list(counts), np.cumsum(np.fromiter(counts.values(), dtype=np.int64, count=len(counts)))
        return self._ends[label]

    def size(self, label: Any = ALL) -> int:
        ends = self.distinct(label)[1]
        return int(ends[-1]) if len(ends) else 0

    def take(self, positions: np.ndarray, label: Any = ALL) -> Any:
        keys, ends = self.distinct(label)
        return self.values([keys[i] for i in np.searchsorted(ends, positions, side="right")])

    def values(self, keys: list) -> Any:
        """The examples behind some keys."""
        if self.row is not None:
            dtype, shape = self.row
            if not dtype.itemsize:
                return np.empty((len(keys), *shape), dtype=dtype)
            return np.frombuffer(bytearray(b"".join(keys)), dtype=dtype).reshape(len(keys), *shape)
        return [self.items.get(key, key) for key in keys] if self.items else keys

    def count(self, values: Any) -> np.ndarray:
        keys = split(values) if isinstance(values, np.ndarray) else map(equality_key, values)
        return np.array([self.counts[key] for key in keys], dtype=np.int64)


class ArrayMemory(_InOrder):
    """Contiguous rows of one dtype and shape, growing by doubling; text and bytes as one run of bytes with offsets."""

    name = "array"

    def __init__(self):
        self.rows, self.codec, self.labels = RowStore(), None, Labels()

    def __len__(self):
        return len(self.rows)

    def prepare(self, values: Any) -> Any:
        codec, rows = (None, values) if isinstance(values, np.ndarray) else packed(values)
        if len(self.rows):
            if codec != self.codec:
                raise TypeError(f"X holds {codec or 'rows'}, where the memory holds {self.codec or 'rows'}")
            self.rows.check(rows)
        return codec, rows

    def _store(self, prepared):
        self.codec, rows = prepared
        self.rows.extend(rows)

    def take(self, positions: np.ndarray, label: Any = ALL) -> Any:
        rows = self.rows.take(positions if label is ALL else self.labels.positions(label)[positions])
        return rows if self.codec is None else unpack_rows(self.codec, rows)

    def count(self, values: Any) -> np.ndarray:
        try:
            codec, rows = (None, values) if isinstance(values, np.ndarray) else packed(values)
        except (TypeError, ValueError):  # of several kinds or shapes: look one by one
            if len(values) == 1:
                return np.zeros(1, dtype=np.int64)
            return np.concatenate([self.count([value]) for value in values])
        return self.rows.count(rows) if codec == self.codec else np.zeros(len(values), dtype=np.int64)


MEMORIES = {memory.name: memory for memory in (ListMemory, HashMemory, ArrayMemory)}


class Labels(dict):
    """Which positions carry which label."""

    def append(self, start: int, labels: list | None) -> None:
        for label, positions in _grouped(labels).items():
            self.setdefault(label, Growing(np.int64)).extend(np.add(positions, start))

    def truncate(self, size: int) -> None:
        """Forget all positions but the first `size`."""
        for label, positions in list(self.items()):
            positions.truncate(np.searchsorted(positions.view, size))
            if not len(positions):
                del self[label]

    def size(self, label: Any) -> int:
        return len(self.get(label, ()))

    def positions(self, label: Any) -> np.ndarray:
        return self[label].view


def _grouped(labels):
    groups = {}
    for position, label in enumerate(labels or ()):
        groups.setdefault(label, []).append(position)
    return groups


def packed(items: list) -> Any:
    """(codec, rows) of :func:`memgen_lite.shared.kinds.pack`, with byte strings of any lengths in one buffer."""
    codec, rows = pack(items)
    return codec, Ragged.of(rows) if isinstance(rows, list) else rows
