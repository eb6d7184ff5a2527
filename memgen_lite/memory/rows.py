"""Rows in contiguous memory: growing by doubling, read from files in place, counted by their bytes."""

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ..shared import row_bytes
from ..shared.free_memory import warn_of_copy
from ..shared.shards import Shards

BLOCK = 1 << 24  # bytes looked at in one step where rows are read through


class Growing:
    """A contiguous array that grows along its first axis; appending N rows one by one costs O(N) in all."""

    def __init__(self, dtype: np.dtype, shape: tuple[int, ...] = ()) -> None:
        self._data, self._size = np.empty((0, *shape), dtype=dtype), 0

    @classmethod
    def holding(cls, rows: np.ndarray) -> Self:
        """One that takes over an array, without a copy."""
        growing = cls(rows.dtype, rows.shape[1:])
        growing._data, growing._size = rows, len(rows)
        return growing

    def __reduce__(self):
        return _holding, Swapped(self.view).__reduce__()[1]  # what is held, not the room to grow

    def __len__(self):
        return self._size

    @property
    def view(self) -> np.ndarray:
        """The rows so far, without a copy."""
        return self._data[: self._size]

    def extend(self, rows: np.ndarray) -> None:
        if not len(rows):
            return
        size = self._size + len(rows)
        if size > len(self._data):  # the first rows get exactly the room they need
            data = np.empty((max(size, 2 * len(self._data)), *self._data.shape[1:]), dtype=self._data.dtype)
            data[: self._size] = self.view
            self._data = data
        self._data[self._size : size] = rows
        self._size = size  # last, so that an interrupted copy leaves what was there

    def truncate(self, size: int) -> None:
        """Forget all rows but the first `size`."""
        self._size = size


def _holding(rows, dtype):
    return Growing.holding(rows.view(dtype))


class Swapped:
    """An array in a pickle, which would give back one of another order of bytes."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    @staticmethod
    def needed_by(item: Any) -> bool:
        fixed = isinstance(item, np.ndarray) and item.dtype.kind != "T"  # strings of any length have no order
        return fixed and item.dtype != item.dtype.newbyteorder("=")

    def __reduce__(self):
        return _swapped, (self.array.view(self.array.dtype.newbyteorder("=")), self.array.dtype)


def _swapped(array, dtype):
    return Swapped(array.view(dtype))


class Ragged:
    """Byte strings of any lengths end to end in one buffer: item i is data[ends[i-1]:ends[i]]."""

    def __init__(self, data: Any, ends: Any) -> None:
        self.data, self.ends = Growing.holding(data), Growing.holding(ends)

    @classmethod
    def of(cls, items: Sequence[bytes]) -> Self:
        return cls(
            np.frombuffer(b"".join(items), dtype=np.uint8), np.cumsum([len(item) for item in items], dtype=np.int64)
        )

    def __len__(self):
        return len(self.ends)

    def extend(self, other: "Ragged") -> None:
        start = int(self.ends.view[-1]) if len(self) else 0
        self.data.truncate(start)  # there is more only where the last call was interrupted
        self.data.extend(other.data.view)
        self.ends.extend(other.ends.view + start)

    def take(self, positions: np.ndarray) -> list[bytes]:
        ends, data = np.asarray(self.ends.view), np.asarray(self.data.view)
        last = ends[positions]
        first = np.where(np.equal(positions, 0), 0, ends[np.subtract(positions, 1)])
        return [data[a:b].tobytes() for a, b in zip(first, last, strict=True)]


class RowStore:
    """Rows of one dtype and shape in one or more contiguous parts, or byte strings.

    A `numpy.memmap`, or shards, become a part of its own, which stays in its files; other rows are copied into a part
    that grows.
    """

    def __init__(self):
        self.parts, self.ragged, self._index = [], None, None

    def __len__(self):
        return len(self.ragged) if self.ragged is not None else sum(map(len, self.parts))

    @property
    def row(self) -> Any:
        """The dtype and the shape of a row."""
        first = self.arrays()[0]
        return first.dtype, first.shape[1:]

    def check(self, rows: Any) -> None:
        """Raise ValueError where rows could not join the ones that are here as they are."""
        if self.ragged is None and (rows.dtype, rows.shape[1:]) != self.row:
            dtype, shape = self.row
            raise ValueError(
                f"X has rows of shape {rows.shape[1:]} and dtype {rows.dtype}, where the memory has shape {shape} and "
                f"dtype {dtype}"
            )
        ours = next(filter(None, (getattr(part, "columns", None) for part in self.parts)), None)
        if (given := getattr(rows, "columns", None)) and ours and given != ours:
            what = "put them in that order" if sorted(given) == sorted(ours) else "rename them, or leave some out"
            raise ValueError(f"X has the columns {given}, where the memory has {ours}: {what}")

    def extend(self, rows: Any) -> None:
        self._index = None
        if isinstance(rows, Ragged):
            if self.ragged is None:
                self.ragged = rows
            else:
                self.ragged.extend(rows)
        elif isinstance(rows, Shards) or (isinstance(rows, np.memmap) and rows._mmap is not None):  # else of one
            self.parts = [*self.parts, rows]
        elif self.parts and isinstance(self.parts[-1], Growing):
            self.parts[-1].extend(rows)
        else:
            self.parts = [*self.parts, Growing.holding(np.array(rows, order="C"))]

    def arrays(self) -> list[np.ndarray]:
        """The parts as arrays, without a copy."""
        return [part.view if isinstance(part, Growing) else part for part in self.parts]

    def take(self, positions: np.ndarray) -> Any:
        """The rows at some positions, as a new array (byte strings as a list)."""
        positions = np.asarray(positions, dtype=np.intp)
        if self.ragged is not None:
            return self.ragged.take(positions)
        parts, (dtype, shape) = self.arrays(), self.row
        nbytes = len(positions) * dtype.itemsize * math.prod(shape)
        warn_of_copy(nbytes, f"{len(positions):,} of the rows in memory, or in files, are copied")
        parts = [part if isinstance(part, Shards) else np.asarray(part) for part in parts]
        if len(parts) == 1:
            return parts[0][positions] if isinstance(parts[0], Shards) else parts[0].take(positions, axis=0)
        taken, start = np.empty((len(positions), *shape), dtype=dtype), 0
        for part in parts:
            here = (positions >= start) & (positions < start + len(part))
            taken[here] = part[positions[here] - start]
            start += len(part)
        return taken

    def count(self, rows: Any) -> np.ndarray:
        """How often each of some rows, of the same dtype, stands here byte for byte."""
        if self.ragged is not None:
            if self._index is None:
                self._index = Counter(self.ragged.take(np.arange(len(self.ragged))))
            return np.array([self._index[row] for row in rows.take(np.arange(len(rows)))], dtype=np.int64)
        if (rows.dtype, rows.shape[1:]) != self.row:
            return np.zeros(len(rows), dtype=np.int64)
        keys = row_bytes.matrix(rows)
        step = max(1, BLOCK // keys.shape[1])
        if self._index is None:  # a 64-bit hash of each row's bytes, in order, and its place: 16 bytes a row
            blocks = (np.asarray(part[i : i + step]) for part in self.arrays() for i in range(0, len(part), step))
            hashes = np.concatenate([row_bytes.hashes(row_bytes.matrix(block)) for block in blocks])
            order = np.argsort(hashes, kind="stable")
            self._index = hashes[order], order
        hashes, order = self._index
        distinct, inverse = np.unique(keys.view(f"V{keys.shape[1]}").ravel(), return_inverse=True)
        distinct = distinct.view(np.uint8).reshape(len(distinct), -1)
        first, last = (np.searchsorted(hashes, row_bytes.hashes(distinct), side) for side in ("left", "right"))
        counts = np.zeros(len(distinct), dtype=np.int64)
        for i in np.flatnonzero(last > first):  # equal hashes are candidates; equal bytes decide
            for start in range(first[i], last[i], step):
                candidates = self.take(order[start : min(start + step, last[i])])
                counts[i] += (row_bytes.matrix(candidates) == distinct[i]).all(axis=1).sum()
        return counts[inverse.ravel()]


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
