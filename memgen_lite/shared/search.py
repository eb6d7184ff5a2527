"""The search behind :mod:`.neighbors`: coarse products in tiles, and what they leave in question, settled.

What is held beside the answer does not grow with the number of points: a tile of them is brought to single precision at
a time, and all blocks of queries at hand look at it. Where all points are few, or lie in single precision already, no
tile has to be made twice.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .checks import finite, flag, items, whole
from .parallel import in_parallel, processors

MEMORY = 2**27
_ROUND = 2.0**-24
_QUERIES, _POINTS = 256, 16384  # a matrix product's: enough to be bound by arithmetic, and small enough for a cache
_PAIRS = 1024  # how many are settled at a time, at the least
_BLOCKS = 16  # that look at a tile which has to be made, at the most: so that making it costs little beside


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


def block_by_block(queries: ArrayLike, *sides: Any, metric: str = "euclidean") -> Any:
    """What :func:`~memgen_lite.shared.neighbors.neighbors` finds among several sides, as it does, on all processors.

    Each side is points, an array or a :class:`Subset` of one, k, and an order or None. What comes are a slice of the
    queries, and for each side distances, indices and ties. The slices are of 256 queries at the most, in order; of
    points that are made single tile by tile, up to 4,096 come at once. Arguments are checked, and the points prepared,
    before the first one is asked for.

    >>> [block for block, *_ in block_by_block(np.zeros((300, 1)), (np.ones((5, 1)), 1, None))]
    [slice(0, 256, None), slice(256, 300, None)]
    """
    threads = threads_for(queries, *(points for points, *_ in sides), most=64)
    memory = max(MEMORY, threads * 2**25)
    looks = [prepared(queries, *side, metric, memory, threads=threads) for side in sides]
    blocks = max((search.blocks(k) for (search, _), (_, k, _) in zip(looks, sides, strict=True)), key=len)
    widest = max((search for search, _ in looks), key=lambda search: search.together)

    def look(blocks):
        found = zip(*(of_side(blocks) for _, of_side in looks), strict=True)
        return [(block, *(part for _, part in parts)) for block, parts in zip(blocks, found, strict=True)]

    return (found for group in widest.each(look, blocks) for found in group)


def prepared(queries, points, k, order, metric, memory, exclude_self=False, threads=None):
    """The search, and a function of a group of blocks of queries to each of them and what is found for it."""
    queries, points = rows_of(queries, "queries"), rows_of(points, "points")
    k, exclude_self = whole(k, "k"), flag(exclude_self, "exclude_self")
    search = Search(queries, points, metric, memory, threads or threads_for(queries, points))
    most = len(points) - bool(exclude_self)
    if exclude_self and len(queries) != len(points):
        raise ValueError(f"exclude_self needs queries to be points, got {len(queries)} and {len(points)} rows")
    if not 1 <= k <= most:
        raise ValueError(f"k must be from 1 to {most}, the number of rows to choose from, got {k}")
    if order is not None and (order := items(order, "order")).shape != (len(points),):
        raise ValueError(f"order must have one number for each of the {len(points)} points, got shape {order.shape}")

    def look(blocks):
        found = [Nearest(search, block, k, order) for block in blocks]
        for tile, rows in search.tiles():
            for nearest in found:
                nearest.look(tile, rows, exclude_self)
        return [(nearest.block, nearest.settled()) for nearest in found]

    return search, look


class _Units:
    """The rows of an array scaled to length 1, where they are asked for."""

    ndim = 2

    def __init__(self, X, name):
        for part in slices(len(X), 1024):
            unit_rows(X[part], name, part.start)
        self.X, self.name, self.shape, self.dtype = X, name, X.shape, np.dtype(np.float64)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, part):
        return unit_rows(self.X[part], self.name)


class Search:
    """Rows in single precision, centered and scaled, and the bound on what their products get wrong.

    Points that are in single precision and lie around 0 are searched as they lie. Of others there is a copy where that
    fits into `memory`, and else each tile of them is made when a group of blocks of queries comes to it.
    """

    def __init__(self, queries, points, metric, memory, threads=1):
        if queries.shape[1] != points.shape[1]:
            raise ValueError(
                f"queries and points must have as many columns, got {queries.shape[1]} and {points.shape[1]}"
            )
        memory = whole(memory, "memory", 1)
        if not isinstance(metric, str) or metric not in ("euclidean", "cosine"):
            raise ValueError(f"metric must be 'euclidean' or 'cosine', got {metric!r}")
        if metric == "cosine":
            same = queries is points
            queries = _units(queries, "queries", memory)
            points = queries if same else _units(points, "points", memory)
        self.queries, self.points, self.cosine = queries, points, metric == "cosine"
        self.threads, self.memory = threads, int(memory) // threads
        center = _mean(points)
        as_they_lie = _near_zero(points, center)
        if as_they_lie:
            center = np.zeros_like(center)
        squares = _squares(points, center)
        query_squares = squares if queries is points else _squares(queries, center)
        most = max(squares.max(), query_squares.max())
        as_they_lie &= 1e-20 < most < 1e30  # no square overflows or underflows in single precision
        self.scale = 1.0 if as_they_lie else np.sqrt(most) or 1.0
        self.center = None if as_they_lie else center
        self.squares, self.query_squares = squares / self.scale**2, query_squares / self.scale**2
        bytes_each = 4 * points.shape[1]
        self.kept = points if as_they_lie else None
        if not as_they_lie and len(points) * bytes_each <= memory:
            self.kept = self.coarse(points)
        made = self.kept is None
        self.step = min(_POINTS, max(_QUERIES, self.memory // (4 * bytes_each))) if made else _POINTS
        self.together = _BLOCKS if made else 1
        # |rounding| <= (d/2 + 5) u (|q| + |p|)^2 to first order: the copies' own, the product's, and two additions.
        reach = (np.sqrt(self.query_squares) + np.sqrt(self.squares.max())) ** 2
        self.error = (0.55 * queries.shape[1] + 8) * _ROUND * reach + queries.shape[1] * 2.0**-126
        # What the settling of a pair takes: indices, distances and two sorts.
        self.most_pairs = max(_PAIRS, self.memory // (1024 * self.together))

    def blocks(self, k=1):
        """Slices of the queries, of which one's products with a tile, their mask and its indices fit into memory."""
        rows = self.memory // (16 * max(min(self.step, len(self.points)), k))
        each = -(-len(self.queries) // self.threads)  # so that few queries too are shared among the threads
        return slices(len(self.queries), max(1, min(_QUERIES, rows, each)))

    def each(self, function, blocks):
        """function(blocks) for groups of these blocks of queries, in order, by as many threads as there are."""
        groups = [blocks[part] for part in slices(len(blocks), min(self.together, -(-len(blocks) // self.threads)))]
        return map(function, groups) if self.threads == 1 else in_parallel(function, groups, most=self.threads)

    def tiles(self):
        """Slices of the points, and what the products with these are of."""
        for tile in slices(len(self.points), self.step):
            yield tile, (self.coarse(self.points[tile]) if self.kept is None else self.kept[tile])

    def coarse(self, X):
        """Rows in single precision, centered and scaled."""
        if self.center is None:
            return np.asarray(X[:], dtype=np.float32)
        coarse = np.empty(X.shape, dtype=np.float32)
        for part in slices(len(X), 1024):
            np.divide(X[part] - self.center, self.scale, out=coarse[part], casting="same_kind")
        return coarse

    def products(self, block, tile, points, offsets):
        """-2 q.p + offset(p), single precision, with the `points` of a tile."""
        product = (-2 * self.coarse(self.queries[block])) @ points.T
        product += offsets[tile].astype(np.float32)
        return product

    def within(self, block, tile, points, radii):
        """Pairs (row in the block, point) that the balls of a tile may hold, and if that is sure; by row, in parts."""
        square = np.where(radii > 0, radii, 0.0) ** 2 if not self.cosine else 2 * np.maximum(radii, 0.0)
        rough = self.products(block, tile, points, self.squares - square / self.scale**2)
        # The radii are rounded too, and may be the largest numbers here.
        slack = self.error[block] + 4 * _ROUND * square.max() / self.scale**2
        border = -self.query_squares[block]
        low, high = (border - slack).astype(np.float32), (border + slack).astype(np.float32)
        flat = np.flatnonzero(rough <= high[:, None])
        for part in slices(len(flat), self.most_pairs):
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


class Nearest:
    """The k nearest points of a block of queries, looked for in one tile of the points after the other."""

    def __init__(self, search, block, k, order):
        self.search, self.block, self.k, self.order = search, block, k, order
        rows = block.stop - block.start
        self.best = np.full((rows, k), np.inf, dtype=np.float32)  # of the products so far, the k smallest or larger
        self.pending = []
        self.row, self.column, self.distance = (np.empty(0, dtype) for dtype in (np.intp, np.intp, np.float64))
        self.nearest, self.ties = np.full(rows, np.inf), np.zeros(rows, dtype=np.intp)

    def look(self, tile, points, exclude_self):
        rough = self.search.products(self.block, tile, points, self.search.squares)
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
        for part in slices(len(flat), self.search.most_pairs):
            row, column = np.divmod(flat[part], rough.shape[1])
            self.pending.append((row, column + tile.start, rough[row, column]))
            if sum(len(row) for row, *_ in self.pending) > self.search.most_pairs:
                self.settle()

    def limit(self):
        """What the product of one of the k nearest, or of one tied with them, can't exceed."""
        kth = self.best.max(axis=1).astype(np.float64)
        limit = (kth + 2.5 * self.search.error[self.block]).astype(np.float32)
        return np.minimum(limit, np.finfo(np.float32).max)  # so that a row is not its own neighbor before k were seen

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


def slices(length, step):
    return [slice(i, min(i + step, length)) for i in range(0, length, step)]


def threads_for(queries, *points, most=4):
    """How many threads a search is worth: they cost a few milliseconds."""
    return processors(most) if len(queries) * sum(map(len, points)) >= 2**24 else 1


def rows_of(X, name):
    """`X`, an array or a :class:`Subset` of one, whose rows can be searched."""
    if isinstance(X, Subset):
        return Subset(rows_of(X.X, name), X.chosen)
    X = items(X, name)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"{name} must be an array (rows, features) with a row at least, got shape {X.shape}")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, got dtype {X.dtype}")
    finite(X, name, limit=1e150)
    return X if X.dtype != bool else X.view(np.uint8)


def _units(X, name, memory):
    return unit_rows(X[:], name) if 8 * len(X) * X.shape[1] <= memory else _Units(X, name)


def _mean(X):
    if isinstance(X, np.ndarray):
        return X.mean(axis=0, dtype=np.float64)
    return sum(X[part].sum(axis=0, dtype=np.float64) for part in slices(len(X), 1024)) / len(X)


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


def _near_zero(X, center):
    """Whether rows are in single precision, as BLAS reads them, and about as well centered as if their mean were 0."""
    if X.dtype != np.float32 or not isinstance(X, np.ndarray):
        return False
    if not (X.dtype.isnative and X.flags.c_contiguous and X.flags.aligned):
        return False
    some = X[:: max(1, len(X) // 1000)] - center
    return center @ center <= np.mean(np.einsum("ij,ij->i", some, some))


def _squares(X, center):
    parts = (X[part] - center for part in slices(len(X), 1024))
    return np.concatenate([np.einsum("ij,ij->i", part, part) for part in parts], dtype=np.float64)
