"""Rows that lie in many places, in files or another library's arrays, read where they are asked for and never all."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Self

import numpy as np

from .checks import least_and_most
from .engines import spread
from .free_memory import warn_of_copy
from .row_bytes import row_hashes
from .row_sources import Source, cut, grouped

_KEPT = 2**27  # bytes of pieces read last; two of them at the least, so that two readers don't take turns at one
_BLOCK = 2**24  # bytes of rows that are looked at together
_HERE = {"_locks", "_lock", "_recent", "_known"}  # what is not sent elsewhere


class Shards:
    """Rows that lie in one source after the other: what is asked of an array (n, ...) whose rows stay where they are.

    `shards[rows]` reads a row, a slice, or the rows of an int or bool array, of the sources that hold them alone, as a
    NumPy array. Pieces that can only be read whole, as row groups of Parquet, are kept for a while: 128 MiB, or two.

    Raises
    ------
    ValueError, TypeError : for no sources, one without rows, and rows of other shapes, columns or dtypes; naming the
        source.
    OSError : where rows can't be read when they are asked for; naming the source.

    >>> from memgen_lite.data import shards
    >>> some = shards([np.zeros((2, 3)), np.ones((4, 3))])
    >>> some, some[[5, 0, 0]].tolist()
    (Shards(2 sources, shape (6, 3), float64), [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        if not sources:
            raise ValueError("shards must be one or more, got none")
        first = sources[0]
        named = next(filter(_columns, sources), first)
        for source in sources:
            if not source.size:
                raise ValueError(f"{source.name} has no rows: leave it out")
            if source.shape != first.shape:
                raise ValueError(
                    f"{source.name} has rows of shape {source.shape}, where {first.name} has rows of shape "
                    f"{first.shape}: all must be of one"
                )
            if (names := _columns(source)) and names != _columns(named):
                raise ValueError(
                    f"{source.name} has the columns {names}, where {named.name} has {_columns(named)}: name them by "
                    "column=, in one order for all"
                )
            if source.dtype != first.dtype:
                raise TypeError(
                    f"{source.name} is of dtype {source.dtype}, where {first.name} is of {first.dtype}: all must be of "
                    "one"
                )
        self.sources = tuple(sources)
        self.ends = np.cumsum([source.size for source in sources])
        self.dtype, self.shape = first.dtype, (int(self.ends[-1]), *first.shape)
        self._after: tuple[Callable[[np.ndarray], np.ndarray], ...] = ()
        self._made()

    def _made(self):
        self._known: Any = None
        self._locks = [threading.Lock() for _ in self.sources]
        self._recent: OrderedDict[Any, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name not in _HERE}

    def __setstate__(self, state):
        vars(self).update(state)
        self._made()

    @property
    def columns(self) -> list[str] | None:
        """The names of the columns, in their order, where a source has several; else None."""
        return next(filter(None, map(_columns, self.sources)), None)

    def __repr__(self) -> str:
        many = f"{len(self.sources):,} source{'s' * (len(self.sources) > 1)}"
        return f"Shards({many}, shape {self.shape}, {self.dtype})"

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=object))

    @property
    def nbytes(self) -> int:
        return self.dtype.itemsize * self.size

    def __iter__(self) -> Iterator[Any]:
        for _, rows in self.blocks():
            yield from rows

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """All rows, some 16 MiB at a time: slices of row numbers and what they hold."""
        step = self._step()
        for start in range(0, len(self), step):
            part = slice(start, min(start + step, len(self)))
            yield part, self[part]

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, tuple):
            rows, *rest = rows
            if not isinstance(rows, slice):
                return self[rows][(*[slice(None)] * np.ndim(rows), *rest)]
            # Of few columns all rows may fit where the rows themselves do not.
            chosen, step = range(*rows.indices(len(self))), self._step()
            parts = [chosen[i : i + step] for i in range(0, len(chosen), step)] or [chosen]
            return np.concatenate([self._range(part)[(slice(None), *rest)] for part in parts])
        if isinstance(rows, slice):
            return self._range(range(*rows.indices(len(self))))
        rows = np.asarray(rows)
        if rows.dtype == bool:
            if rows.shape != (len(self),):
                raise IndexError(f"a mask must have one flag for each of the {len(self):,} rows, got {rows.shape}")
            rows = np.flatnonzero(rows)
        if rows.size and rows.dtype.kind not in "iu":
            raise IndexError(f"rows must be numbers of rows, a slice or a mask, got {rows.dtype}")
        if rows.size and not -len(self) <= rows.min() <= rows.max() < len(self):
            raise IndexError(f"rows must be from 0 to {len(self) - 1:,}, got {rows.min():,} to {rows.max():,}")
        rows = rows.astype(np.intp)
        rows = np.where(rows < 0, rows + len(self), rows)
        return self._take(rows.ravel()).reshape(*rows.shape, *self.shape[1:])

    def _range(self, chosen):
        if chosen.step == 1:
            return self._slice(chosen.start, max(chosen.start, chosen.stop))
        return self._take(np.arange(chosen.start, chosen.stop, chosen.step))

    def _step(self):
        return max(1, _BLOCK * len(self) // max(self.nbytes, 1))

    def _slice(self, start, stop):
        found = []
        for i in range(np.searchsorted(self.ends, start, side="right"), len(self.sources)):
            first = int(self.ends[i]) - self.sources[i].size
            if first >= stop:
                break
            part = slice(max(start - first, 0), min(stop - first, self.sources[i].size))
            ends = self.sources[i].ends
            if ends is None:
                found.append(self._read(i, part))
                continue
            for piece in range(np.searchsorted(ends, part.start, side="right"), len(ends)):
                low = int(ends[piece - 1]) if piece else 0
                if low >= part.stop:
                    break
                found.append(self._piece(i, piece)[max(part.start - low, 0) : part.stop - low])
        if not found:
            return self._finished(np.empty((0, *self.sources[0].shape), dtype=self.sources[0].dtype))
        return self._finished(found[0] if len(found) == 1 else np.concatenate(found))

    def _take(self, rows):
        """Rows by their numbers, of each piece that holds some of them once."""
        distinct, place = np.unique(rows, return_inverse=True)
        found = np.empty((len(distinct), *self.sources[0].shape), dtype=self.sources[0].dtype)
        for i, here, own in grouped(distinct, self.ends):
            ends = self.sources[i].ends
            if ends is None:
                found[here] = self._read(i, own)
                continue
            for piece, there, inside in grouped(own, ends):
                found[here][there] = self._piece(i, piece)[inside]
        return self._finished(found)[place]

    def _piece(self, i, piece):
        """A piece of source `i`, perhaps read before."""
        with self._lock:
            if (found := self._recent.get((i, piece))) is not None:
                self._recent.move_to_end((i, piece))
                return found
        with self._locks[i]:  # who waited here for the same piece finds it
            with self._lock:
                if (found := self._recent.get((i, piece))) is not None:
                    return found
            ends = self.sources[i].ends
            found = self._read(i, slice(int(ends[piece - 1]) if piece else 0, int(ends[piece])))
            found = found.view()
            found.flags.writeable = False  # as it is kept for who asks next
            with self._lock:
                self._recent[i, piece] = found
                while len(self._recent) > 2 and sum(one.nbytes for one in self._recent.values()) > _KEPT:
                    self._recent.popitem(last=False)
        return found

    def _read(self, i, rows):
        source = self.sources[i]
        many = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        try:
            found = np.asarray(source.read(rows))
        except MemoryError:
            raise
        except Exception as error:  # whatever the library that reads it raises
            said = str(error).strip().partition("\n")[0] or type(error).__name__
            raise OSError(f"{source.name} can't be read ({many:,} rows were asked for): {said}") from error
        if found.shape != (many, *source.shape) or found.dtype != source.dtype:
            raise OSError(
                f"{source.name} is not what it was: {many:,} rows of shape {source.shape} and {source.dtype} were "
                f"asked for, got {found.shape} of {found.dtype}"
            )
        return found

    def _finished(self, rows):
        for function in self._after:
            rows = function(rows)
        return rows

    def mapped(self, function: Callable[[np.ndarray], np.ndarray]) -> Self:
        """These rows after a function of some of them, (n, ...) to (n, ...); picklable, where the shards must be."""
        made = object.__new__(type(self))
        vars(made).update(self.__getstate__())
        made._after = (*self._after, function)
        made._made()
        empty = function(np.empty((0, *self.shape[1:]), dtype=self.dtype))
        made.dtype, made.shape = empty.dtype, (len(self), *empty.shape[1:])
        return made

    def astype(self, dtype: Any, copy: bool = True) -> Self:
        """These rows in another dtype, each when it is read."""
        return self if np.dtype(dtype) == self.dtype else self.mapped(partial(_cast, dtype=np.dtype(dtype)))

    def least_and_most(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the largest number of each column (d,), NaN where there is one."""
        return self._facts()[0]

    def row_hashes(self) -> np.ndarray:
        """Those of :func:`~memgen_lite.shared.row_bytes.row_hashes`, (n,)."""
        return self._facts()[1]

    def _facts(self):
        """What is asked of all rows, found in one pass over them, the first time."""
        if self._known is None:
            ends, hashes = zip(*spread(_facts_of, self.groups()), strict=True)
            low, high = (f(part, axis=0) for f, part in zip((np.min, np.max), zip(*ends, strict=True), strict=True))
            self._known = (low, high), np.concatenate(hashes)
        return self._known

    def groups(self, nbytes: int = 2**26) -> Iterator[Self]:
        """These rows in order, in shards of so many bytes at the most, or of one piece: what each worker is given."""
        step, chosen, rows = max(1, nbytes * len(self) // max(self.nbytes, 1)), [], 0
        for source in self.sources:
            for part in cut(source, step):
                if chosen and rows + part.size > step:
                    yield self._of(chosen)
                    chosen, rows = [], 0
                chosen.append(part)
                rows += part.size
        if chosen:
            yield self._of(chosen)

    def _of(self, sources):
        made = Shards(sources)
        for function in self._after:
            made = made.mapped(function)
        return made

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("rows that lie elsewhere can't become an array without a copy of them")
        warn_of_copy(self.nbytes, f"{self!r} is copied into memory")
        return self[:].astype(self.dtype if dtype is None else dtype, copy=False)


def _columns(source):
    names = getattr(source, "columns", None)
    return names if names and len(names) > 1 else None


def _cast(rows, dtype):
    with np.errstate(over="ignore"):
        return rows.astype(dtype)


def _facts_of(part):
    """Of shards: the least and the largest of each column, and the hashes of rows."""
    ends, hashes = [], []
    for _, rows in part.blocks():
        ends.append(least_and_most(rows))
        hashes.append(row_hashes(rows))
    low, high = (f(of, axis=0) for f, of in zip((np.min, np.max), zip(*ends, strict=True), strict=True))
    return (low, high), np.concatenate(hashes)
