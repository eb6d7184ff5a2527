"""Rows as every search wants them: in single precision, centered and scaled, with what one pass over them found."""

import threading
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .checks import finite, items
from .row_bytes import row_hashes
from .shards import Shards

MEMORY = 2**27
_PART = 1024  # rows that are looked at together: so few that each stays in a cache for all that is asked of it


class Subset:
    """Rows of an array by their numbers, gathered where they are asked for, so that no copy of them is held.

    >>> some = Subset(np.arange(8.0).reshape(4, 2), np.array([0, 3]))
    >>> some.shape, some[1:].tolist()
    ((2, 2), [[6.0, 7.0]])
    """

    ndim = 2

    def __init__(self, X: np.ndarray, chosen: np.ndarray) -> None:
        self.X, self.chosen = X, chosen
        self.shape, self.dtype = (len(chosen), X.shape[1]), X.dtype

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, part):
        return self.X[self.chosen[part]]

    def row_hashes(self) -> np.ndarray:
        """Those of :func:`~memgen_lite.shared.row_bytes.row_hashes`, as they are found for all."""
        return row_hashes(self.X)[self.chosen]


def some_of(X: Any, which: np.ndarray) -> Any:
    """The rows of an array that a mask has, or of shards a :class:`Subset` of them."""
    return Subset(X, np.flatnonzero(which)) if isinstance(X, Shards) else X[which]


class Points:
    """Rows that are searched, and what each search of them asks. Made once, they may be searched any number of times.

    One pass finds the squares of the rows' distances to a center, and whether all are finite; the center is the mean of
    1,000 rows, as any near the middle does. Rows that are in single precision and lie around 0 are searched as they
    lie. Of others there is a copy where that fits into the memory of a search, and else each tile of them is made when
    a search comes to it.

    Parameters
    ----------
    X : real array (n, d), shards of rows, or a :class:`Subset` of either. Do not change it while this is used.
    name : of it, for errors.
    metric : "euclidean", or "cosine" for rows scaled to length 1.
    memory : int, bytes for a copy of the rows scaled so; where they don't fit, they are scaled as they are asked for.

    >>> some = Points(np.array([[0.0], [4.0]]))
    >>> len(some), some.squares
    (2, array([4., 4.]))
    """

    def __init__(self, X: ArrayLike | Subset, name: str = "points", metric: str = "euclidean", memory: int = MEMORY):
        if not isinstance(metric, str) or metric not in ("euclidean", "cosine"):
            raise ValueError(f"metric must be 'euclidean' or 'cosine', got {metric!r}")
        self.rows, self.cosine = rows_of(X, name), metric == "cosine"
        if self.cosine:
            self.rows = units(self.rows, name, memory)
        some = self.rows[:: max(1, len(self.rows) // 1000)]
        with np.errstate(all="ignore"):  # what is not finite is named below
            self.center = some.mean(axis=0, dtype=np.float64)
            self.around_zero = _near_zero(self.rows, some - self.center, self.center)
        if self.around_zero:
            self.center = np.zeros_like(self.center)
        self.squares = squares(self.rows, self.center, name)
        self.most = float(self.squares.max())
        self._copy, self._lock = None, threading.Lock()

    def __len__(self) -> int:
        return len(self.rows)

    def chosen(self, places: np.ndarray) -> "Points":
        """Some of the rows, by their numbers: nothing is found anew, and no copy of them is held."""
        some = object.__new__(Points)
        some.rows, some.cosine = Subset(self.rows, places), self.cosine
        some.center, some.around_zero = self.center, self.around_zero
        some.squares = self.squares[places]
        some.most = float(some.squares.max())
        some._copy, some._lock = None, threading.Lock()
        return some

    def scaled(self, query_most: float) -> tuple[np.ndarray | None, float]:
        """(center, scale) that bring the rows, and queries of such a largest square, to where no square of them leaves
        the range of single precision; center is None where they lie there."""
        if self.around_zero and 1e-20 < max(self.most, query_most) < 1e30:
            return None, 1.0
        # The scale is the rows' own wherever it can be, so that a copy of them serves every search.
        own = self.most > 0 and query_most <= 1e20 * self.most
        return self.center, float(np.sqrt(self.most if own else max(self.most, query_most)) or 1.0)

    def kept(self, center: np.ndarray | None, scale: float, memory: int) -> np.ndarray | None:
        """All rows as :func:`coarse` has them, where they lie so or fit into `memory`; else None."""
        if center is None and isinstance(self.rows, np.ndarray):
            return self.rows
        if 4 * len(self) * self.rows.shape[1] > memory:
            return None
        key = center is None, scale
        with self._lock:
            if self._copy is None or self._copy[0] != key:
                self._copy = key, coarse(self.rows, center, scale)
            return self._copy[1]


class Facts:
    """The :class:`Points` of arrays, each read through once for all who ask here. An array is known by its place in
    memory: do not change it in between."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def points(self, X: Any, metric: str = "euclidean") -> Points:
        """The points of an array, or of a :class:`Subset`, of which only the array is kept in mind."""
        if isinstance(X, Subset):
            return self.points(X.X, metric).chosen(X.chosen)
        if isinstance(X, Shards):
            key = (id(X), metric)
        else:
            key = (X.__array_interface__["data"][0], X.shape, X.strides, X.dtype.str, metric)
        if key not in self._known:
            self._known[key] = X, Points(X, metric=metric, memory=MEMORY)  # a place is only its own while it lives
        return self._known[key][1]


def coarse(X: Any, center: np.ndarray | None, scale: float) -> np.ndarray:
    """Rows in single precision, centered and scaled."""
    if center is None:
        return np.asarray(X[:], dtype=np.float32)
    found = np.empty(X.shape, dtype=np.float32)
    for part in slices(len(X), _PART):
        np.divide(X[part] - center, scale, out=found[part], casting="same_kind")
    return found


def squares(X: Any, center: np.ndarray, name: str) -> np.ndarray:
    """The squares of the rows' distances to a center (n,); ValueError where a row is not finite, or past 1e150."""
    found = np.empty(len(X))
    with np.errstate(all="ignore"):
        for part in slices(len(X), _PART):
            gap = np.subtract(X[part], center, dtype=np.float64, casting="same_kind")
            np.einsum("ij,ij->i", gap, gap, out=found[part])
    if not (found.max() < 1e290 and np.abs(center).max() < 1e145):  # or one of them is NaN
        finite_rows(X, name)
    return found


def finite_rows(X: Any, name: str) -> None:
    """ValueError where a row of an array, or of that which a :class:`Subset` is of, is not finite, or past 1e150."""
    while isinstance(X, Subset):
        X = X.X
    finite(X, name, limit=1e150)


def rows_of(X: Any, name: str) -> Any:
    """`X`, an array or a :class:`Subset` of one, whose rows can be searched if they are finite."""
    if isinstance(X, Subset):
        return Subset(rows_of(X.X, name), X.chosen)
    X = X if isinstance(X, Shards) else items(X, name)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"{name} must be an array (rows, features) with a row at least, got shape {X.shape}")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, got dtype {X.dtype}")
    return X if X.dtype != bool else X.astype(np.uint8) if isinstance(X, Shards) else X.view(np.uint8)


def units(X: Any, name: str, memory: int) -> Any:
    """The rows scaled to length 1: an array where that fits into `memory`, else scaled where they are asked for."""
    finite_rows(X, name)
    return unit_rows(X[:], name) if 8 * len(X) * X.shape[1] <= memory else _Units(X, name)


def lie_elsewhere(X: Any) -> bool:
    """Whether rows are read from shards each time they are asked for."""
    while isinstance(X, Subset | _Units):
        X = X.X
    return isinstance(X, Shards)


def slices(length: int, step: int) -> list[slice]:
    """Slices of so many, `step` each, or what is left of them."""
    return [slice(i, min(i + step, length)) for i in range(0, length, step)]


def unit_rows(X: np.ndarray, name: str, start: int = 0) -> np.ndarray:
    """The rows scaled to length 1, in double precision; no square overflows. A row of zeros is a ValueError.

    Rows are counted from `start` there.
    """
    X = X.astype(np.float64, order="C")  # one order of summing for all
    X /= np.where((top := np.abs(X).max(axis=1)) > 0, top, 1)[:, None]
    lengths = np.sqrt(np.einsum("ij,ij->i", X, X))
    if not lengths.all():
        bad = (start + np.flatnonzero(lengths == 0)[:5]).tolist()
        raise ValueError(f"{name} must have no row of zeros, whose cosine is not defined; rows of zeros: {bad}")
    return X / lengths[:, None]


class _Units:
    """The rows of an array scaled to length 1, where they are asked for."""

    ndim = 2

    def __init__(self, X, name):
        for part in slices(len(X), _PART):
            unit_rows(X[part], name, part.start)
        self.X, self.name, self.shape, self.dtype = X, name, X.shape, np.dtype(np.float64)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, part):
        return unit_rows(self.X[part], self.name)


def _near_zero(X, gaps, center):
    """Whether rows are in single precision, as BLAS reads them, and about as well centered as if their mean were 0."""
    if X.dtype != np.float32 or not isinstance(X, np.ndarray):
        return False
    if not (X.dtype.isnative and X.flags.c_contiguous and X.flags.aligned):
        return False
    return center @ center <= np.mean(np.einsum("ij,ij->i", gaps, gaps))
