"""Exact nearest neighbors in bounded memory, with every tie declared.

The search runs in single precision through the expanded form |q|^2 - 2 q.p + |p|^2, one matrix product a tile of
queries and points, and keeps every point that a bound on its rounding error cannot rule out, given the best so far.
The few that are kept are settled with distances computed directly, in double precision, from the differences. So the
answer is the brute-force one, a duplicate is at distance 0 and not near it, and the same pair of rows has the same
distance wherever it is asked for.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .checks import finite, flag, items, shown, whole
from .parallel import in_parallel, processors

MEMORY = 2**27
_ROUND = 2.0**-24
_QUERIES, _POINTS = 256, 16384  # a matrix product's: enough to be bound by arithmetic, and small enough for a cache
_PAIRS = 1024  # how many are settled at a time, at the least


def neighbors(
    queries: ArrayLike,
    points: ArrayLike,
    k: int = 1,
    *,
    metric: str = "euclidean",
    memory: int = MEMORY,
    exclude_self: bool = False,
    return_ties: bool = False,
    order: ArrayLike | None = None,
    progress: Callable[[int], object] | None = None,
) -> tuple[np.ndarray, ...]:
    """The k nearest of `points` to each of `queries`.

    Parameters
    ----------
    queries : array (n, d). points : array (m, d). Any real dtype; distances are computed in double precision.
    k : int from 1 to m (m - 1 with `exclude_self`).
    metric : "euclidean", or "cosine" for 1 - cos(q, p), which is computed as half the squared distance of the rows
        scaled to length 1, so that copies are at 0 exactly.
    memory : int, bytes of scratch for all threads of the search, beside a single-precision copy of each array (none of
        points that are in single precision and lie around 0) and the answer. At the least, one query is compared with
        16,384 points at a time.
    exclude_self : True where `queries` are `points`, row for row: row i is then no neighbor of row i, while its
        duplicates in other places are.
    return_ties : also return how many points lie at exactly the nearest distance.
    order : array (m,) or None; equal distances come in ascending order of it, instead of that of the index.
    progress : None, or called with the number of queries done since its last call.

    Returns
    -------
    distances : float64 array (n, k), ascending. indices : intp array (n, k).
    ties : intp array (n,), only with `return_ties`.

    >>> neighbors([[0.0], [5.0]], [[1.0], [-1.0], [5.0]], k=2)
    (array([[1., 1.],
           [0., 4.]]), array([[0, 1],
           [2, 0]]))
    """
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be a function or None, got {shown(progress)}")
    return_ties = flag(return_ties, "return_ties")
    search, of_block = _prepared(queries, points, k, metric, memory, exclude_self, order, threaded=True)
    distances, indices = np.empty((len(queries), k)), np.empty((len(queries), k), dtype=np.intp)
    ties = np.empty(len(queries), dtype=np.intp)
    for block, found in search.each(of_block, k):
        distances[block], indices[block], ties[block] = found
        if progress is not None:
            progress(block.stop - block.start)
    return (distances, indices, ties) if return_ties else (distances, indices)


def block_by_block(
    queries: ArrayLike, points: ArrayLike, k: int = 1, *, metric: str = "euclidean", order: ArrayLike | None = None
) -> Any:
    """What :func:`neighbors` finds, as it finds it: a slice of the queries, and its distances, indices and ties.

    The blocks are those of 256 queries, in order, where its memory is enough for them. Arguments are checked, and the
    points prepared, before the first one is asked for.

    >>> [block for block, _ in block_by_block(np.zeros((300, 1)), np.ones((5, 1)))]
    [slice(0, 256, None), slice(256, 300, None)]
    """
    search, of_block = _prepared(queries, points, k, metric, MEMORY, False, order)
    return map(of_block, search.blocks(k))


def _prepared(queries, points, k, metric, memory, exclude_self, order, threaded=False):
    """The search, and a function of a block of queries to it and what is found for them."""
    queries, points = _rows(queries, "queries"), _rows(points, "points")
    k, exclude_self = whole(k, "k"), flag(exclude_self, "exclude_self")
    search = _Search(queries, points, metric, memory, threaded)
    most = len(points) - bool(exclude_self)
    if exclude_self and len(queries) != len(points):
        raise ValueError(f"exclude_self needs queries to be points, got {len(queries)} and {len(points)} rows")
    if not 1 <= k <= most:
        raise ValueError(f"k must be from 1 to {most}, the number of rows to choose from, got {k}")
    if order is not None and (order := items(order, "order")).shape != (len(points),):
        raise ValueError(f"order must have one number for each of the {len(points)} points, got shape {order.shape}")

    def of_block(block):
        found = _Nearest(search, block, k, order)
        for tile in search.tiles():
            found.look(tile, exclude_self)
        return block, found.settled()

    return search, of_block


def count_within(
    queries: ArrayLike,
    points: ArrayLike,
    radii: ArrayLike,
    *,
    metric: str = "euclidean",
    memory: int = MEMORY,
    return_held: bool = False,
) -> Any:
    """For each query, the number of points whose own ball holds it: the points p with distance(q, p) < radius(p).

    Parameters
    ----------
    queries : array (n, d). points : array (m, d). radii : array (m,), one for each point.
    metric, memory : as in :func:`neighbors`.
    return_held : also return, for each point, whether its ball holds a query.

    Returns
    -------
    counts : intp array (n,). held : bool array (m,), only with `return_held`.

    >>> count_within([[0.0], [3.0]], [[1.0], [2.0]], [1.0, 2.5])
    array([1, 1])
    """
    return_held = flag(return_held, "return_held")
    search, radii = _search_radii(queries, points, radii, metric, memory, threaded=True)
    counts, held = np.zeros(len(search.queries), dtype=np.intp), np.zeros(len(search.points), dtype=bool)

    def count(block):
        for tile in search.tiles():
            for row, column, sure in search.within(block, tile, radii):
                distance = search.distances(row[~sure] + block.start, column[~sure])
                sure[~sure] = distance < radii[column[~sure]]
                counts[block] += np.bincount(row[sure], minlength=block.stop - block.start)
                held[column[sure]] = True  # only ever set, so threads need not wait for each other

    for _ in search.each(count):
        pass
    return (counts, held) if return_held else counts


def pairs_within(
    queries: ArrayLike, points: ArrayLike, radii: ArrayLike, *, metric: str = "euclidean", memory: int = MEMORY
) -> Any:
    """The pairs that :func:`count_within` counts: arrays of query, of point, and of their distance, by query.

    >>> pairs_within([[0.0], [3.0]], [[1.0], [2.0]], [1.0, 2.5])
    (array([0, 1]), array([1, 1]), array([2., 1.]))
    """
    search, radii = _search_radii(queries, points, radii, metric, memory)
    found = [(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0))]
    for block in search.blocks():
        for tile in search.tiles():
            for row, column, _ in search.within(block, tile, radii):
                distance = search.distances(row + block.start, column)
                inside = distance < radii[column]
                found.append((row[inside] + block.start, column[inside], distance[inside]))
    query, point, distance = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((point, query))
    return query[order], point[order], distance[order]


def _search_radii(queries, points, radii, metric, memory, threaded=False):
    search = _Search(_rows(queries, "queries"), _rows(points, "points"), metric, memory, threaded)
    if (radii := items(radii, "radii")).dtype.kind not in "fiub":
        raise TypeError(f"radii must be numbers, got {shown(radii)}")
    radii = radii.astype(float)
    if radii.shape != (len(search.points),):
        raise ValueError(f"radii must have one number for each of the {len(points)} points, got shape {radii.shape}")
    return search, radii


class Neighborhoods:
    """Nearest neighbors of pairs of arrays, each searched once: what the metrics of one table share.

    An array is known by identity: hand in the same object each time, and do not change it in between.

    >>> shared, X = Neighborhoods(), np.array([[0.0], [1.0], [3.0]])
    >>> shared.nearest(X, X, 1)[1].ravel(), shared.nearest(X, X, 2)[0][0]
    (array([1, 0, 1]), array([1., 3.]))
    """

    def __init__(self, *, memory: int = MEMORY) -> None:
        self.memory = memory
        self._nearest, self._answers = {}, {}

    def once(self, question: Any, arrays: Any, answer: Callable[[], Any]) -> Any:
        """answer(), called once for this question about these arrays; any hashable object names a question."""
        key = (question, *map(id, arrays))
        if key not in self._answers:
            self._answers[key] = (answer(), arrays)  # an id is only theirs while they live
        return self._answers[key][0]

    def nearest(self, queries: np.ndarray, points: np.ndarray, k: int = 1, *, metric: str = "euclidean") -> Any:
        """Distances (n, k), indices (n, k) and ties (n,) as of :func:`neighbors`; within one array, rows but itself."""
        key = (id(queries), id(points), metric)
        found = self._nearest.get(key)
        if found is None or found[1].shape[1] < k:
            same = queries is points
            wide = max(k, min(8, len(points) - same))  # so that a later call for a few more searches no second time
            options = {"metric": metric, "memory": self.memory, "exclude_self": same, "return_ties": True}
            # The arrays are kept with the answer: an id is only theirs while they live.
            self._nearest[key] = found = (*neighbors(queries, points, wide, **options), queries, points)
        distances, indices, ties, *_ = found
        return distances[:, :k], indices[:, :k], ties

    def radii(self, points: np.ndarray, k: int) -> np.ndarray:
        """How far the k-th nearest other point is from each: its ball, which holds what is nearer (`<`).

        Where k others are equal to a point, its ball holds what is equal to it, and not nothing.
        """
        return np.maximum(self.nearest(points, points, k)[0][:, -1], np.nextafter(0, 1))

    def in_balls(self, queries: np.ndarray, points: np.ndarray, k: int) -> np.ndarray:
        """For each query, how many of the balls of points hold it."""
        return self._within(queries, points, k)[0]

    def balls_held(self, queries: np.ndarray, points: np.ndarray, k: int) -> np.ndarray:
        """For each of points, whether its ball holds a query: of the same search as :meth:`in_balls`."""
        return self._within(queries, points, k)[1]

    def _within(self, queries, points, k):
        def search():
            return count_within(queries, points, self.radii(points, k), memory=self.memory, return_held=True)

        return self.once(("within", k), (queries, points), search)

    def pairs_within(self, queries: np.ndarray, points: np.ndarray, radii: Any) -> Any:
        """The pairs, in some order, of :func:`pairs_within`: arrays of query, of point, and of their distance."""
        return pairs_within(queries, points, radii, memory=self.memory)

    def line_distances(self, queries: np.ndarray, points: np.ndarray) -> Any:
        """The least 1 - |cos| between each of `queries` and one of `points`: array (n,), 0 for a copy exactly.

        >>> Neighborhoods().line_distances(np.array([[3.0, 0.0]]), np.array([[-1.0, 0.0], [2.0, 2.0]]))
        array([0.])
        """
        options = {"metric": "cosine", "memory": self.memory}
        return np.minimum(*(neighbors(queries, P, **options)[0][:, 0] for P in (points, -points)))

    def distinct(self, X: np.ndarray) -> np.ndarray:
        """The same array each time for :func:`distinct` of the same X."""
        return self.once("distinct", (X,), lambda: distinct(X))

    def multiplicities(self, X: np.ndarray) -> np.ndarray:
        """How often each of the different rows of X is there: int array, in some order."""
        return np.unique(X + 0.0, axis=0, return_counts=True)[1]  # -0 + 0 is 0

    def part(self, X: np.ndarray, keep: np.ndarray) -> np.ndarray:
        """The rows X[keep], as an array that this answers for as it does for X."""
        return X[keep]


def distinct(X: ArrayLike) -> np.ndarray:
    """The rows of X, each once and in some order: X itself where no two are equal."""
    rows = np.unique(X + 0, axis=0)  # -0 + 0 is 0
    return rows if len(rows) < len(X) else X


class _Search:
    """Single-precision copies of the rows, centered and scaled, and the bound on what their products get wrong.

    Points that are in single precision and lie around 0 are searched as they lie, and not copied.
    """

    def __init__(self, queries, points, metric, memory, threaded=False):
        if queries.shape[1] != points.shape[1]:
            raise ValueError(
                f"queries and points must have as many columns, got {queries.shape[1]} and {points.shape[1]}"
            )
        memory = whole(memory, "memory", 1)
        if not isinstance(metric, str) or metric not in ("euclidean", "cosine"):
            raise ValueError(f"metric must be 'euclidean' or 'cosine', got {metric!r}")
        if metric == "cosine":
            same = queries is points
            queries = unit_rows(queries, "queries")
            points = queries if same else unit_rows(points, "points")
        self.queries, self.points, self.cosine = queries, points, metric == "cosine"
        # Threads cost a few milliseconds.
        self.threads = processors() if threaded and len(queries) * len(points) >= 2**24 else 1
        self.memory = int(memory) // self.threads
        center = points.mean(axis=0, dtype=np.float64)
        as_they_lie = _near_zero(points, center)
        if as_they_lie:
            center = np.zeros_like(center)
        squares = _squares(points, center)
        query_squares = squares if queries is points else _squares(queries, center)
        most = max(squares.max(), query_squares.max())
        as_they_lie &= 1e-20 < most < 1e30  # no square overflows or underflows in single precision
        self.scale = 1.0 if as_they_lie else np.sqrt(most) or 1.0
        self.squares, self.query_squares = squares / self.scale**2, query_squares / self.scale**2
        self.coarse_points = points if as_they_lie else _coarse(points, center, self.scale)
        self.coarse_queries = self.coarse_points if queries is points else _coarse(queries, center, self.scale)
        # |rounding| <= (d/2 + 5) u (|q| + |p|)^2 to first order: the copies' own, the product's, and two additions.
        reach = (np.sqrt(self.query_squares) + np.sqrt(self.squares.max())) ** 2
        self.error = (0.55 * queries.shape[1] + 8) * _ROUND * reach + queries.shape[1] * 2.0**-126
        # What the settling of a pair takes: indices, distances and two sorts.
        self.most_pairs = max(_PAIRS, self.memory // 1024)

    def blocks(self, k=1):
        """Slices of the queries, of which one's products with a tile, their mask and its indices fit into memory."""
        rows = self.memory // (16 * max(min(_POINTS, len(self.points)), k))
        return _slices(len(self.queries), max(1, min(_QUERIES, rows)))

    def each(self, function, k=1):
        """function(block) for each block of queries, in order, by as many threads as there are."""
        return (in_parallel if self.threads > 1 else map)(function, self.blocks(k))

    def tiles(self):
        """Slices of the points."""
        return _slices(len(self.points), _POINTS)

    def products(self, block, tile, offsets):
        """-2 q.p + offset(p), single precision."""
        product = (-2 * self.coarse_queries[block]) @ self.coarse_points[tile].T
        product += offsets[tile].astype(np.float32)
        return product

    def within(self, block, tile, radii):
        """Pairs (row in the block, point) that the balls of a tile may hold, and if that is sure; by row, in parts."""
        square = np.where(radii > 0, radii, 0.0) ** 2 if not self.cosine else 2 * np.maximum(radii, 0.0)
        rough = self.products(block, tile, self.squares - square / self.scale**2)
        # The radii are rounded too, and may be the largest numbers here.
        slack = self.error[block] + 4 * _ROUND * square.max() / self.scale**2
        border = -self.query_squares[block]
        low, high = (border - slack).astype(np.float32), (border + slack).astype(np.float32)
        flat = np.flatnonzero(rough <= high[:, None])
        for part in _slices(len(flat), self.most_pairs):
            row, column = np.divmod(flat[part], rough.shape[1])
            yield row, column + tile.start, rough[row, column] < low[row]

    def distances(self, rows, columns):
        """Distances of pairs of rows, from their differences in double precision."""
        distance = np.empty(len(rows))
        step = max(1, self.memory // (32 * self.points.shape[1]))
        for i in range(0, len(rows), step):
            part = slice(i, i + step)
            gap = self.queries[rows[part]].astype(np.float64, order="C")  # one order of summing for all
            gap -= self.points[columns[part]]
            distance[part] = np.einsum("ij,ij->i", gap, gap)
        return distance / 2 if self.cosine else np.sqrt(distance)


class _Nearest:
    """The k nearest points of a block of queries, looked for in one tile of the points after the other."""

    def __init__(self, search, block, k, order):
        self.search, self.block, self.k, self.order = search, block, k, order
        rows = block.stop - block.start
        self.best = np.full((rows, k), np.inf, dtype=np.float32)  # of the products so far, the k smallest or larger
        self.pending = []
        self.row, self.column, self.distance = (np.empty(0, dtype) for dtype in (np.intp, np.intp, np.float64))
        self.nearest, self.ties = np.full(rows, np.inf), np.zeros(rows, dtype=np.intp)

    def look(self, tile, exclude_self):
        rough = self.search.products(self.block, tile, self.search.squares)
        if exclude_self:
            same = np.arange(max(self.block.start, tile.start), min(self.block.stop, tile.stop))
            rough[same - self.block.start, same - tile.start] = np.inf
        # The k smallest of the minima of disjoint groups are no smaller than the k smallest of all.
        groups = max(256, 8 * self.k)
        each = rough.shape[1] // groups
        minima = rough
        if each >= 2:
            minima = rough[:, : each * groups].reshape(len(rough), each, groups).min(axis=1)
        self.best = np.partition(np.concatenate([self.best, minima], axis=1), self.k - 1, axis=1)[:, : self.k]
        flat = np.flatnonzero(rough <= self.limit()[:, None])
        for part in _slices(len(flat), self.search.most_pairs):
            row, column = np.divmod(flat[part], rough.shape[1])
            self.pending.append((row, column + tile.start, rough[row, column]))
            if sum(len(row) for row, *_ in self.pending) > self.search.most_pairs:
                self.settle()

    def limit(self):
        """What the product of one of the k nearest, or of one tied with them, can't exceed."""
        kth = self.best.max(axis=1).astype(np.float64)
        return (kth + 2.5 * self.search.error[self.block]).astype(np.float32)

    def settle(self):
        """Compute the distances of the pairs that are still in question, and keep the k nearest of each row."""
        row, column, rough = (np.concatenate(parts) for parts in zip(*self.pending, strict=True))
        self.pending = []
        kept = rough <= self.limit()[row]
        row, column = row[kept], column[kept]
        distance = self.search.distances(row + self.block.start, column)
        nearest = self.nearest.copy()
        np.minimum.at(nearest, row, distance)
        self.ties[nearest < self.nearest] = 0
        self.ties += np.bincount(row[distance == nearest[row]], minlength=len(nearest))
        self.nearest = nearest
        row, column, distance = (
            np.concatenate(pair) for pair in ((self.row, row), (self.column, column), (self.distance, distance))
        )
        sort = np.lexsort((column if self.order is None else self.order[column], distance, row))
        row, column, distance = row[sort], column[sort], distance[sort]
        first = np.arange(len(row)) - np.searchsorted(row, row) < self.k
        self.row, self.column, self.distance = row[first], column[first], distance[first]

    def settled(self):
        """Distances and indices (rows, k), and ties (rows,)."""
        if self.pending:
            self.settle()
        shape = len(self.nearest), self.k
        return self.distance.reshape(shape), self.column.reshape(shape), self.ties


def _slices(length, step):
    return [slice(i, min(i + step, length)) for i in range(0, length, step)]


def _rows(X, name):
    X = items(X, name)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"{name} must be an array (rows, features) with a row at least, got shape {X.shape}")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, got dtype {X.dtype}")
    finite(X, name, limit=1e150)
    return X if X.dtype != bool else X.astype(np.uint8)


def unit_rows(X: np.ndarray, name: str) -> np.ndarray:
    """The rows scaled to length 1, in double precision; no square overflows. A row of zeros is a ValueError."""
    X = X.astype(np.float64)
    X /= np.where((top := np.abs(X).max(axis=1)) > 0, top, 1)[:, None]
    lengths = np.sqrt(np.einsum("ij,ij->i", X, X))
    if not lengths.all():
        bad = np.flatnonzero(lengths == 0)[:5].tolist()
        raise ValueError(f"{name} must have no row of zeros, whose cosine is not defined; rows of zeros: {bad}")
    return X / lengths[:, None]


def _near_zero(X, center):
    """Whether rows are in single precision, as BLAS reads them, and about as well centered as if their mean were 0."""
    plain = X.dtype == np.float32 and X.dtype.isnative and X.flags.c_contiguous and X.flags.aligned
    if not plain:
        return False
    some = X[:: max(1, len(X) // 1000)] - center
    return center @ center <= np.mean(np.einsum("ij,ij->i", some, some))


def _squares(X, center):
    parts = (X[part] - center for part in _slices(len(X), 1024))
    return np.concatenate([np.einsum("ij,ij->i", part, part) for part in parts], dtype=np.float64)


def _coarse(X, center, scale):
    coarse = np.empty(X.shape, dtype=np.float32)
    for part in _slices(len(X), 1024):
        np.divide(X[part] - center, scale, out=coarse[part], casting="same_kind")
    return coarse
