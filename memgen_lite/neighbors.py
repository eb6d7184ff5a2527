"""Exact nearest neighbors in bounded memory, with every tie declared.

The search runs in single precision through the expanded form |q|^2 - 2 q.p + |p|^2, one matrix product a block of
queries, and keeps every point that a bound on its rounding error cannot rule out. The few that are kept are settled
with distances computed directly, in double precision, from the differences. So the answer is the brute-force one, a
duplicate is at distance 0 and not near it, and the same pair of rows has the same distance wherever it is asked for.
"""

import numpy as np

MEMORY = 2**27
_ROUND = 2.0**-24


def neighbors(queries, points, k=1, *, metric="euclidean", memory=MEMORY, exclude_self=False, return_ties=False):
    """The k nearest of `points` to each of `queries`.

    Parameters
    ----------
    queries : array (n, d). points : array (m, d). Any real dtype; distances are computed in double precision.
    k : int from 1 to m (m - 1 with `exclude_self`).
    metric : "euclidean", or "cosine" for 1 - cos(q, p), which is computed as half the squared distance of the rows
        scaled to length 1, so that copies are at 0 exactly.
    memory : int, bytes of scratch for the search, beside one single-precision copy of each array. At the least, one
        query is searched at a time.
    exclude_self : True where `queries` are `points`, row for row: row i is then no neighbor of row i, while its
        duplicates in other places are.
    return_ties : also return how many points lie at exactly the nearest distance.

    Returns
    -------
    distances : float64 array (n, k), ascending. indices : int64 array (n, k); equal distances come in order of index.
    ties : int64 array (n,), only with `return_ties`.

    >>> neighbors([[0.0], [5.0]], [[1.0], [-1.0], [5.0]], k=2)
    (array([[1., 1.],
           [0., 4.]]), array([[0, 1],
           [2, 0]]))
    """
    queries, points = _rows(queries, "queries"), _rows(points, "points")
    search = _Search(queries, points, metric, memory)
    most = len(points) - bool(exclude_self)
    if exclude_self and len(queries) != len(points):
        raise ValueError(f"exclude_self needs queries to be points, got {len(queries)} and {len(points)} rows")
    if not 1 <= k <= most:
        raise ValueError(f"k must be from 1 to {most}, the number of rows to choose from, got {k}")
    distances, indices = np.empty((len(queries), k)), np.empty((len(queries), k), dtype=np.int64)
    ties = np.empty(len(queries), dtype=np.int64)
    for block in search.blocks():
        row, column = search.candidates(block, k, exclude_self)
        apart = search.distances(row + block.start, column)
        order = np.lexsort((column, apart, row))
        row, column, apart = row[order], column[order], apart[order]
        start = np.searchsorted(row, np.arange(block.stop - block.start))
        best = start[:, None] + np.arange(k)
        distances[block], indices[block] = apart[best], column[best]
        ties[block] = np.add.reduceat((apart == apart[start][row]).astype(np.int64), start)
    return (distances, indices, ties) if return_ties else (distances, indices)


def count_within(queries, points, radii, *, metric="euclidean", memory=MEMORY):
    """For each query, the number of points whose own ball holds it: the points p with distance(q, p) < radius(p).

    Parameters
    ----------
    queries : array (n, d). points : array (m, d). radii : array (m,), one for each point.
    metric, memory : as in :func:`neighbors`.

    Returns
    -------
    int64 array (n,).

    >>> count_within([[0.0], [3.0]], [[1.0], [2.0]], [1.0, 2.5])
    array([1, 1])
    """
    search, radii = _search_radii(queries, points, radii, metric, memory)
    counts = np.empty(len(search.queries), dtype=np.int64)
    for block in search.blocks():
        sure, near = search.within(block, radii)
        inside = np.array([np.count_nonzero(row) for row in sure])
        near ^= sure
        row, column = np.divmod(np.flatnonzero(near), near.shape[1])
        apart = search.distances(row + block.start, column)
        counts[block] = inside + np.bincount(row[apart < radii[column]], minlength=len(inside))
    return counts


def pairs_within(queries, points, radii, *, metric="euclidean", memory=MEMORY):
    """The pairs that :func:`count_within` counts: arrays of query, of point, and of their distance, by query.

    >>> pairs_within([[0.0], [3.0]], [[1.0], [2.0]], [1.0, 2.5])
    (array([0, 1]), array([1, 1]), array([2., 1.]))
    """
    search, radii = _search_radii(queries, points, radii, metric, memory)
    found = []
    for block in search.blocks():
        _, near = search.within(block, radii)
        row, column = np.divmod(np.flatnonzero(near), near.shape[1])
        apart = search.distances(row + block.start, column)
        inside = apart < radii[column]
        found.append((row[inside] + block.start, column[inside], apart[inside]))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def _search_radii(queries, points, radii, metric, memory):
    search = _Search(_rows(queries, "queries"), _rows(points, "points"), metric, memory)
    radii = np.asarray(radii, dtype=float)
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

    def __init__(self, *, memory=MEMORY):
        self.memory = memory
        self._nearest, self._balls, self._distinct = {}, {}, {}

    def nearest(self, queries, points, k=1, *, metric="euclidean"):
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

    def radii(self, points, k):
        """How far the k-th nearest other point is from each: its ball, which holds what is nearer (`<`).

        Where k others are equal to a point, its ball holds what is equal to it, and not nothing.
        """
        return np.maximum(self.nearest(points, points, k)[0][:, -1], np.nextafter(0, 1))

    def in_balls(self, queries, points, k):
        """For each query, how many of the balls of points hold it."""
        key = (id(queries), id(points), k)
        if key not in self._balls:
            counts = count_within(queries, points, self.radii(points, k), memory=self.memory)
            self._balls[key] = (counts, queries, points)
        return self._balls[key][0]

    def distinct(self, X):
        """The same array each time for :func:`distinct` of the same X."""
        if id(X) not in self._distinct:
            self._distinct[id(X)] = (distinct(X), X)
        return self._distinct[id(X)][0]


def distinct(X):
    """The rows of X, each once and in some order: X itself where no two are equal."""
    rows = np.unique(X + 0, axis=0)  # -0 + 0 is 0
    return rows if len(rows) < len(X) else X


class _Search:
    """Single-precision copies of the rows, centered and scaled, and the bound on what their products get wrong."""

    def __init__(self, queries, points, metric, memory):
        if queries.shape[1] != points.shape[1]:
            raise ValueError(
                f"queries and points must have as many columns, got {queries.shape[1]} and {points.shape[1]}"
            )
        if metric not in ("euclidean", "cosine"):
            raise ValueError(f"metric must be 'euclidean' or 'cosine', got {metric!r}")
        if metric == "cosine":
            same = queries is points
            queries = _unit(queries, "queries")
            points = queries if same else _unit(points, "points")
        self.queries, self.points, self.cosine = queries, points, metric == "cosine"
        self.memory = int(memory)
        center = points.mean(axis=0, dtype=np.float64)
        squares = _squares(points, center)
        query_squares = squares if queries is points else _squares(queries, center)
        # Scaled so that no square overflows or underflows in single precision.
        self.scale = np.sqrt(max(squares.max(), query_squares.max())) or 1.0
        self.squares, self.query_squares = squares / self.scale**2, query_squares / self.scale**2
        self.coarse_points = _coarse(points, center, self.scale)
        self.coarse_queries = self.coarse_points if queries is points else _coarse(queries, center, self.scale)
        # |rounding| <= (d/2 + 5) u (|q| + |p|)^2 to first order: the copies' own, the product's, and two additions.
        reach = (np.sqrt(self.query_squares) + np.sqrt(self.squares.max())) ** 2
        self.error = (0.55 * queries.shape[1] + 8) * _ROUND * reach + queries.shape[1] * 2.0**-126

    def blocks(self):
        # Worst case, all tied: a product, a mask, two index arrays, a distance and two sorts for every pair.
        rows = max(1, min(1024, self.memory // (64 * len(self.points))))
        return (slice(i, min(i + rows, len(self.queries))) for i in range(0, len(self.queries), rows))

    def products(self, block, offsets):
        """-2 q.p + offset(p), single precision."""
        product = (-2 * self.coarse_queries[block]) @ self.coarse_points.T
        product += offsets
        return product

    def candidates(self, block, k, exclude_self):
        """Pairs (row in the block, point), by row, among which are the k nearest of each row and all ties of these."""
        rough = self.products(block, self.squares.astype(np.float32))
        if exclude_self:
            rough[np.arange(len(rough)), np.arange(block.start, block.stop)] = np.inf
        # The k-th smallest of the minima of disjoint groups is no smaller than the k-th smallest of all.
        groups = max(64, 8 * k)
        each = rough.shape[1] // groups
        if each >= 2:
            minima = rough[:, : each * groups].reshape(len(rough), each, groups).min(axis=1)
        else:
            minima = rough
        kth = np.partition(minima, k - 1, axis=1)[:, k - 1].astype(np.float64)
        limit = kth + 2.5 * self.error[block]
        return np.divmod(np.flatnonzero(rough <= limit[:, None].astype(np.float32)), rough.shape[1])

    def within(self, block, radii):
        """Masks (row, point) of the balls that are sure to hold a row, and of all that may."""
        square = np.where(radii > 0, radii, 0.0) ** 2 if not self.cosine else 2 * np.maximum(radii, 0.0)
        offsets = self.squares - square / self.scale**2
        rough = self.products(block, offsets.astype(np.float32))
        # The radii are rounded too, and may be the largest numbers here.
        slack = self.error[block] + 4 * _ROUND * square.max() / self.scale**2
        border = -self.query_squares[block]
        sure = rough < (border - slack).astype(np.float32)[:, None]
        near = rough <= (border + slack).astype(np.float32)[:, None]
        return sure, near

    def distances(self, rows, columns):
        """Distances of pairs of rows, from their differences in double precision."""
        apart = np.empty(len(rows))
        step = max(1, self.memory // (32 * self.points.shape[1]))
        for i in range(0, len(rows), step):
            part = slice(i, i + step)
            gap = self.queries[rows[part]].astype(np.float64, order="C")  # one order of summing for all
            gap -= self.points[columns[part]]
            apart[part] = np.einsum("ij,ij->i", gap, gap)
        return apart / 2 if self.cosine else np.sqrt(apart)


def _rows(X, name):
    X = np.asarray(X)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"{name} must be an array (rows, features) with a row at least, got shape {X.shape}")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, got dtype {X.dtype}")
    # inf - inf is nan, and nan compares false; past 1e150 a square overflows.
    if X.dtype.kind == "f" and not (float(X.min()) > -1e150 and float(X.max()) < 1e150):
        bad = np.flatnonzero(~(np.abs(X.astype(np.float64)) < 1e150).all(axis=1))
        raise ValueError(f"{name} must be finite and below 1e150; rows that are not: {bad[:5].tolist()}")
    return X if X.dtype != bool else X.astype(np.uint8)


def _unit(X, name):
    X = X.astype(np.float64)
    X /= np.where((top := np.abs(X).max(axis=1)) > 0, top, 1)[:, None]
    lengths = np.sqrt(np.einsum("ij,ij->i", X, X))
    if not lengths.all():
        bad = np.flatnonzero(lengths == 0)[:5].tolist()
        raise ValueError(f"{name} must have no row of zeros, whose cosine is not defined; rows of zeros: {bad}")
    return X / lengths[:, None]


def _squares(X, center):
    squares = np.empty(len(X))
    for i in range(0, len(X), 1024):
        part = X[i : i + 1024] - center
        squares[i : i + 1024] = np.einsum("ij,ij->i", part, part)
    return squares


def _coarse(X, center, scale):
    coarse = np.empty(X.shape, dtype=np.float32)
    for i in range(0, len(X), 1024):
        coarse[i : i + 1024] = (X[i : i + 1024] - center) / scale
    return coarse
