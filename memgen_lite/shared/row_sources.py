"""The places where rows of shards lie, as :class:`memgen_lite.shared.shards.Shards` asks them; those of files are in
:mod:`memgen_lite.data.sources`."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np


class Source(Protocol):
    """One place where rows lie. It is picklable, and reads nothing before it is asked to.

    `name`, for errors; `size`, how many rows; `dtype` and `shape`, of one row. `ends` are the row numbers at which its
    pieces end, such as the row groups of a file, if a piece can only be read whole; None where any rows can be.
    """

    name: str
    size: int
    dtype: np.dtype
    shape: tuple[int, ...]
    ends: np.ndarray | None

    def read(self, rows: Any) -> np.ndarray:
        """A slice of rows, or those of an ascending int array; of pieces, a slice that is one of them."""


class InMemory:
    """Rows of an array, or of a memory map."""

    ends = None

    def __init__(self, rows: np.ndarray, name: str) -> None:
        if not rows.ndim:
            raise TypeError(f"{name} must have rows along its first axis, got an array without axes")
        if rows.dtype.hasobject:
            raise TypeError(f"{name} must be of a plain dtype, got {rows.dtype}")
        self.rows, self.name = rows, name
        self.size, self.dtype, self.shape = len(rows), rows.dtype, rows.shape[1:]

    def read(self, rows: Any) -> np.ndarray:
        return np.asarray(self.rows)[rows]


class Range:
    """Some rows of a source, one after the other; of pieces, whole ones."""

    def __init__(self, source: Source, start: int, stop: int) -> None:
        self.source, self.start, self.size = source, start, stop - start
        self.name, self.dtype, self.shape, ends = source.name, source.dtype, source.shape, source.ends
        self.ends = None if ends is None else ends[(ends > start) & (ends <= stop)] - start
        self.columns = getattr(source, "columns", None)

    def read(self, rows: Any) -> np.ndarray:
        if isinstance(rows, slice):
            return self.source.read(slice(rows.start + self.start, rows.stop + self.start))
        return self.source.read(rows + self.start)


def cut(source: Source, step: int) -> Iterator[Source]:
    """A source in parts of so many rows at the most, in order; of pieces, whole ones, or one that is larger."""
    start = 0
    while start < source.size:
        stop = min(start + step, source.size)
        if source.ends is not None:  # the last end that is not beyond it, or the first one after the start
            first, beyond = np.searchsorted(source.ends, [start, stop], side="right")
            stop = int(source.ends[max(first, beyond - 1)])
        if stop - start == source.size:
            yield source
        elif isinstance(source, InMemory):
            yield InMemory(source.rows[start:stop], source.name)  # so that only these are sent elsewhere
        else:
            yield Range(source, start, stop)
        start = stop


def grouped(rows: np.ndarray, ends: np.ndarray) -> Iterator[tuple[int, slice, np.ndarray]]:
    """(number of the part, slice of the rows, their numbers within it) for ascending rows, of parts that end there."""
    part = np.searchsorted(ends, rows, side="right")
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    for start, stop in zip(starts, np.append(starts, len(rows))[1:], strict=True):
        i = int(part[start])
        yield i, slice(int(start), int(stop)), rows[start:stop] - (int(ends[i - 1]) if i else 0)
