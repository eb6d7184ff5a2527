"""Rows in contiguous memory: growing by doubling, read from files in place, counted by their bytes."""

import warnings
from collections import Counter

import numpy as np

from ..shared.row_bytes import pure, row_size

BLOCK = 1 << 24  # bytes looked at in one step where rows are read through


class Growing:
    """A contiguous array that grows along its first axis; appending N rows one by one costs O(N) in all."""

    def __init__(self, dtype, shape=()):
        self._data, self._size = np.empty((0, *shape), dtype=dtype), 0

    @classmethod
    def holding(cls, rows):
        """One that takes over an array, without a copy."""
        growing = cls(rows.dtype, rows.shape[1:])
        growing._data, growing._size = rows, len(rows)
        return growing

    def __reduce__(self):
        return Growing.holding, (self.view,)  # what is held, not the room to grow

    def __len__(self):
        return self._size

    @property
    def view(self):
        """The rows so far, without a copy."""
        return self._data[: self._size]

    def extend(self, rows):
        if not len(rows):
            return
        size = self._size + len(rows)
        if not self._size:  # the first rows are copied into exactly the room they need
            self._data = np.array(rows, dtype=self._data.dtype, order="C").reshape(size, *self._data.shape[1:])
        else:
            if size > len(self._data):
                data = np.empty((max(size, 2 * len(self._data)), *self._data.shape[1:]), dtype=self._data.dtype)
                data[: self._size] = self.view
                self._data = data
            self._data[self._size : size] = rows
        self._size = size  # last, so that an interrupted copy leaves what was there

    def truncate(self, size):
        """Forget all rows but the first `size`."""
        self._size = size


class Ragged:
    """Byte strings of any lengths end to end in one buffer: item i is data[ends[i-1]:ends[i]]."""

    def __init__(self, data, ends):
        self.data, self.ends = Growing.holding(data), Growing.holding(ends)

    @classmethod
    def of(cls, items):
        return cls(
            np.frombuffer(b"".join(items), dtype=np.uint8), np.cumsum([len(item) for item in items], dtype=np.int64)
        )

    def __len__(self):
        return len(self.ends)

    def extend(self, other):
        start = int(self.ends.view[-1]) if len(self) else 0
        self.data.truncate(start)  # there is more only where the last call was interrupted
        self.data.extend(other.data.view)
        self.ends.extend(other.ends.view + start)

    def take(self, positions):
        ends, data = np.asarray(self.ends.view), np.asarray(self.data.view)
        last = ends[positions]
        first = np.where(np.equal(positions, 0), 0, ends[np.subtract(positions, 1)])
        return [data[a:b].tobytes() for a, b in zip(first, last, strict=True)]


class RowStore:
    """Rows of one dtype and shape in one or more contiguous parts, or byte strings.

    A `numpy.memmap` becomes a part of its own, which stays in its file; other rows are copied into a part that grows.
    """

    def __init__(self):
        self.parts, self.ragged, self._index = [], None, None

    def __len__(self):
        return len(self.ragged) if self.ragged is not None else sum(map(len, self.parts))

    @property
    def dtype(self):
        return self.parts[0].dtype if isinstance(self.parts[0], np.ndarray) else self.parts[0].view.dtype

    @property
    def shape(self):
        return (self.parts[0] if isinstance(self.parts[0], np.ndarray) else self.parts[0].view).shape[1:]

    def check(self, rows):
        """Raise ValueError where rows could not join the ones that are here as they are."""
        if self.ragged is None and (rows.dtype, rows.shape[1:]) != (self.dtype, self.shape):
            raise ValueError(
                f"X has rows of shape {rows.shape[1:]} and dtype {rows.dtype}, where the memory has shape {self.shape} "
                f"and dtype {self.dtype}"
            )

    def extend(self, rows):
        self._index = None
        if isinstance(rows, Ragged):
            if self.ragged is None:
                self.ragged = rows
            else:
                self.ragged.extend(rows)
        elif isinstance(rows, np.memmap) and rows._mmap is not None:  # else computed from one
            self.parts = [*self.parts, rows]
        elif self.parts and isinstance(self.parts[-1], Growing):
            self.parts[-1].extend(rows)
        else:
            part = Growing(rows.dtype, rows.shape[1:])
            part.extend(rows)
            self.parts = [*self.parts, part]

    def arrays(self):
        """The parts as arrays, without a copy."""
        return [part.view if isinstance(part, Growing) else part for part in self.parts]

    def take(self, positions):
        """The rows at some positions, as a new array (byte strings as a list)."""
        positions = np.asarray(positions, dtype=np.intp)
        if self.ragged is not None:
            return self.ragged.take(positions)
        if len(self.parts) == 1:
            return np.asarray(self.arrays()[0]).take(positions, axis=0)
        taken = np.empty((len(positions), *self.shape), dtype=self.dtype)
        start = 0
        for part in map(np.asarray, self.arrays()):
            here = (positions >= start) & (positions < start + len(part))
            taken[here] = part[positions[here] - start]
            start += len(part)
        return taken

    def count(self, rows):
        """How often each of some rows, of the same dtype, stands here byte for byte."""
        if self.ragged is not None:
            if self._index is None:
                self._index = Counter(self.ragged.take(np.arange(len(self.ragged))))
            return np.array([self._index[row] for row in rows.take(np.arange(len(rows)))], dtype=np.int64)
        if (rows.dtype, rows.shape[1:]) != (self.dtype, self.shape):
            return np.zeros(len(rows), dtype=np.int64)
        if self._index is None:
            self._index = _RowIndex(self.arrays())
        return self._index.count(rows)


def cast(values, dtype):
    """Values in another dtype, and which rows are equal in it."""
    if values.dtype == dtype:
        return values, np.ones(len(values), dtype=bool)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a cast that loses something is what is looked for
        try:
            cast = values.astype(dtype)
            # Comparison may round (an int64 against a float64), so there and back again must be the same too.
            same = ((cast == values) & (cast.astype(values.dtype) == values)) | ((cast != cast) & (values != values))
        except (TypeError, ValueError, OverflowError):
            cast, same = np.zeros(values.shape, dtype=dtype), np.zeros(values.shape, dtype=bool)
    return cast, same.astype(bool).all(axis=tuple(range(1, values.ndim)))


class _RowIndex:
    """Rows in the order of a 64-bit hash of their bytes: 16 bytes a row, and a look-up costs a binary search."""

    def __init__(self, parts):
        self.parts = parts
        hashes = np.concatenate([_hashes(part) for part in parts])
        self.order = np.argsort(hashes, kind="stable")
        self.hashes = hashes[self.order]

    def count(self, rows):
        keys = _bytes(rows)
        distinct, inverse = np.unique(keys.view(f"V{keys.shape[1]}").ravel(), return_inverse=True)
        distinct = distinct.view(np.uint8).reshape(len(distinct), -1)
        wanted = _hash_bytes(distinct)
        first, last = np.searchsorted(self.hashes, wanted, "left"), np.searchsorted(self.hashes, wanted, "right")
        counts = np.zeros(len(distinct), dtype=np.int64)
        step = max(1, BLOCK // max(1, keys.shape[1]))
        for i in np.flatnonzero(last > first):  # equal hashes are candidates; equal bytes decide
            for start in range(first[i], last[i], step):
                for candidates in self._rows(self.order[start : min(start + step, last[i])]):
                    counts[i] += (_bytes(candidates) == distinct[i]).all(axis=1).sum()
        return counts[inverse.ravel()]

    def _rows(self, positions):
        ends = np.cumsum([len(part) for part in self.parts])
        starts = ends - [len(part) for part in self.parts]
        places = np.searchsorted(ends, positions, side="right")
        return [np.asarray(self.parts[i])[positions[places == i] - starts[i]] for i in np.unique(places)]


def _hashes(part):
    step = max(1, BLOCK // max(1, row_size(part)))
    blocks = [_hash_bytes(_bytes(np.asarray(part[i : i + step]))) for i in range(0, len(part), step)]
    return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.uint64)


def _bytes(rows):
    # A row of no bytes gets one, so that rows without columns are all alike rather than an error.
    if not row_size(rows):
        return np.zeros((len(rows), 1), dtype=np.uint8)
    return np.ascontiguousarray(pure(rows)).reshape(len(rows), -1).view(np.uint8).reshape(len(rows), -1)


def _hash_bytes(rows):
    # Multiply-and-add over 64-bit words with random odd multipliers (Dietzfelbinger 1996): a few operations a word.
    words = -(-rows.shape[1] // 8)
    padded = np.zeros((len(rows), words * 8), dtype=np.uint8)
    padded[:, : rows.shape[1]] = rows
    multipliers = np.random.default_rng(1803_11203).integers(1 << 63, size=words, dtype=np.uint64) * 2 + 1
    mixed = (padded.view(np.uint64) * multipliers).sum(axis=1, dtype=np.uint64)
    return mixed ^ (mixed >> np.uint64(32))
