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

from .checks import flag, items, shown
from .points import MEMORY, Points, Subset
from .row_bytes import values as _values
from .search import Search as _Search
from .search import prepared as _prepared
from .shards import Shards
from .tie_order import TieOrder


def neighbors(
    queries: ArrayLike,
    points: ArrayLike | Points,
    k: int = 1,
    *,
    metric: str = "euclidean",
    memory: int = MEMORY,
    exclude_self: bool = False,
    return_ties: bool = False,
    order: ArrayLike | TieOrder | None = None,
    progress: Callable[[int], object] | None = None,
) -> tuple[np.ndarray, ...]:
    """The k nearest of `points` to each of `queries`.

    Parameters
    ----------
    queries : array (n, d). points : array (m, d). Any real dtype; distances are computed in double precision. Points
        that are searched several times may be :class:`~memgen_lite.shared.points.Points`.
    k : int from 1 to m (m - 1 with `exclude_self`).
    metric : "euclidean", or "cosine" for 1 - cos(q, p), which is computed as half the squared distance of the rows
        scaled to length 1, so that copies are at 0 exactly.
    memory : int, bytes of scratch for all threads of the search, beside the answer, some 24 bytes for each row, and a
        single-precision copy of `points` if that is no larger than `memory`. At the least, one query is compared with
        256 points at a time. The arrays may be memory-mapped.
    exclude_self : True where `queries` are `points`, row for row: row i is then no neighbor of row i, while its
        duplicates in other places are.
    return_ties : also return how many points lie at exactly the nearest distance.
    order : array (m,), :class:`~memgen_lite.shared.tie_order.TieOrder` or None; equal distances come in ascending order
        of it, instead of that of the index.
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
    search, look = _prepared(queries, points, k, order, metric, memory, exclude_self)
    distances, indices = np.empty((len(queries), k)), np.empty((len(queries), k), dtype=np.intp)
    ties = np.empty(len(queries), dtype=np.intp)
    for group in search.each(look, search.blocks(k)):
        for block, found in group:
            distances[block], indices[block], ties[block] = found
            if progress is not None:
                progress(block.stop - block.start)
    return (distances, indices, ties) if return_ties else (distances, indices)


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
    search, radii = _search_radii(queries, points, radii, metric, memory)
    counts, held = np.zeros(len(search.queries), dtype=np.intp), np.zeros(len(search.points), dtype=bool)

    def count(blocks):
        for tile, rows in search.tiles():
            for block in blocks:
                for row, column, sure in search.within(block, tile, rows, radii):
                    distance = search.distances(row[~sure] + block.start, column[~sure])
                    sure[~sure] = distance < radii[column[~sure]]
                    counts[block] += np.bincount(row[sure], minlength=block.stop - block.start)
                    held[column[sure]] = True  # only ever set, so threads need not wait for each other

    for _ in search.each(count, search.blocks()):
        pass
    return (counts, held) if return_held else counts


def pairs_within(
    queries: ArrayLike, points: ArrayLike, radii: ArrayLike, *, metric: str = "euclidean", memory: int = MEMORY
) -> Any:
    """The pairs that :func:`count_within` counts: arrays of query, of point, and of their distance, by query.

    >>> pairs_within([[0.0], [3.0]], [[1.0], [2.0]], [1.0, 2.5])
    (array([0, 1]), array([1, 1]), array([2., 1.]))
    """
    search, radii = _search_radii(queries, points, radii, metric, memory, threads=1)
    found = [(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0))]

    def look(blocks):
        for tile, rows in search.tiles():
            for block in blocks:
                for row, column, _ in search.within(block, tile, rows, radii):
                    distance = search.distances(row + block.start, column)
                    inside = distance < radii[column]
                    found.append((row[inside] + block.start, column[inside], distance[inside]))

    for _ in search.each(look, search.blocks()):
        pass
    query, point, distance = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((point, query))
    return query[order], point[order], distance[order]


def _search_radii(queries, points, radii, metric, memory, threads=None):
    search = _Search(queries, points, metric, memory, threads)
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

    def union(self, X: np.ndarray, Y: np.ndarray) -> np.ndarray | None:
        """The rows of both as an array about which more than this is asked, if there is one."""
        return None

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

    def groups(self, *arrays: np.ndarray) -> np.ndarray:
        """For each row of these arrays, the number of its value among their different rows, in lexicographic order."""
        return self.once(
            "groups", arrays, lambda: np.unique(np.concatenate(arrays), axis=0, return_inverse=True)[1].ravel()
        )

    def multiplicities(self, X: np.ndarray) -> np.ndarray:
        """How often each of the different rows of X is there: int array, in some order."""
        return np.unique(X + 0.0, axis=0, return_counts=True)[1]  # -0 + 0 is 0

    def part(self, X: np.ndarray, keep: np.ndarray) -> np.ndarray:
        """The rows X[keep], as an array that this answers for as it does for X."""
        return X[keep]


def distinct(X: ArrayLike) -> np.ndarray:
    """The rows of X, each once and in some order: X itself where no two are equal; of shards the first of each."""
    if isinstance(X, Shards):
        first = _values(X) == np.arange(len(X))
        return X if first.all() else Subset(X, np.flatnonzero(first))
    rows = np.unique(X + 0, axis=0)  # -0 + 0 is 0
    return rows if len(rows) < len(X) else X
