"""The search behind :mod:`.neighbors`: coarse products in tiles, and what they leave in question, settled.

What is held beside the answer does not grow with the number of points: a tile of them is brought to single precision at
a time, and all blocks of queries at hand look at it. Where all points are few, or lie in single precision already, no
tile has to be made twice.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .checks import flag, items, whole
from .devices import QUERIES, device_for
from .parallel import in_parallel, processors
from .points import MEMORY, Points, coarse, lie_elsewhere, rows_of, slices, squares, units
from .search_there import There, reach
from .tie_order import TieOrder

_ROUND = 2.0**-24
_QUERIES, _POINTS = 256, 16384  # a matrix product's: enough to be bound by arithmetic, and small enough for a cache
_PAIRS = 1024  # how many are settled at a time, at the least
_A_THREAD = 2**25  # bytes, at the least
_BLOCKS = 16  # that look at a tile which has to be made, at the most: so that making it costs little beside


def block_by_block(queries: ArrayLike, *sides: Any, metric: str = "euclidean") -> Any:
    """What :func:`~memgen_lite.shared.neighbors.neighbors` finds among several sides, as it does, on all processors.

    Each side is points, an array or :class:`~memgen_lite.shared.points.Points`, k, and an order or None, as there. What
    comes are a slice of the queries, and for each side distances, indices and ties. The slices are of 256 queries at
    the most, in order; of points that are made single tile by tile, up to 4,096 come at once. Arguments are checked,
    and the points prepared, before the first one is asked for.

    >>> [block for block, *_ in block_by_block(np.zeros((300, 1)), (np.ones((5, 1)), 1, None))]
    [slice(0, 256, None), slice(256, 300, None)]
    """
    threads = threads_for(queries, *(points for points, *_ in sides), most=64)
    memory = max(MEMORY, threads * _A_THREAD)
    looks = [prepared(queries, *side, metric, memory, threads=threads) for side in sides]
    blocks = max((search.blocks(k) for (search, _), (_, k, _) in zip(looks, sides, strict=True)), key=len)
    widest = max((search for search, _ in looks), key=lambda search: search.together)

    def look(blocks):
        found = zip(*(of_side(blocks) for _, of_side in looks), strict=True)
        return [(block, *(part for _, part in parts)) for block, parts in zip(blocks, found, strict=True)]

    return (found for group in widest.each(look, blocks) for found in group)


def prepared(queries, points, k, order, metric, memory, exclude_self=False, threads=None):
    """The search, and a function of a group of blocks of queries to each of them and what is found for it."""
    k, exclude_self = whole(k, "k"), flag(exclude_self, "exclude_self")
    search = Search(queries, points, metric, memory, threads)
    search.go()
    most = len(points) - bool(exclude_self)
    if exclude_self and len(queries) != len(points):
        raise ValueError(f"exclude_self needs queries to be points, got {len(queries)} and {len(points)} rows")
    if not 1 <= k <= most:
        raise ValueError(f"k must be from 1 to {most}, the number of rows to choose from, got {k}")
    if not isinstance(order, TieOrder | None) and (order := items(order, "order")).shape != (len(points),):
        raise ValueError(f"order must have one number for each of the {len(points)} points, got shape {order.shape}")

    def look(blocks):
        found = [Nearest(search, block, k, order) for block in blocks]
        for tile, rows in search.tiles():
            for nearest in found:
                nearest.look(tile, rows, exclude_self)
        return [(nearest.block, nearest.settled()) for nearest in found]

    return search, look


class Search:
    """The points of a search in single precision, and the bound on what their products with the queries get wrong."""

    def __init__(self, queries, points, metric, memory, threads=None):
        memory, same = whole(memory, "memory", 1), queries is points
        queries = rows_of(queries, "queries")
        if not isinstance(points, Points):
            points = Points(queries if same else points, "points", metric, memory)
        elif points.cosine != (metric == "cosine"):
            own = "cosine" if points.cosine else "euclidean"
            raise ValueError(f"metric must be that of the points, {own!r}, got {metric!r}")
        if queries.shape[1] != points.rows.shape[1]:
            raise ValueError(
                f"queries and points must have as many columns, got {queries.shape[1]} and {points.rows.shape[1]}"
            )
        if points.cosine:
            queries = points.rows if same else units(queries, "queries", memory)
        self.queries, self.points, self.cosine = queries, points.rows, points.cosine
        self.threads = threads or threads_for(queries, points)
        self.memory = int(memory) // self.threads
        query_squares = points.squares if same else squares(queries, points.center, "queries")
        self.center, self.scale = points.scaled(float(query_squares.max()))
        self.squares, self.query_squares = points.squares / self.scale**2, query_squares / self.scale**2
        self.kept = points.kept(self.center, self.scale, memory)
        bytes_each, made = 4 * queries.shape[1], self.kept is None
        self.step = min(_POINTS, max(_QUERIES, self.memory // (4 * bytes_each))) if made else _POINTS
        self.together = _BLOCKS if made else 1
        # |rounding| <= (d/2 + 5) u (|q| + |p|)^2 to first order: the copies' own, the product's, and two additions.
        reach = (np.sqrt(self.query_squares) + np.sqrt(self.squares.max())) ** 2
        self.error = (0.55 * queries.shape[1] + 8) * _ROUND * reach + queries.shape[1] * 2.0**-126
        # What the settling of a pair takes: indices, distances and two sorts.
        self.most_pairs = max(_PAIRS, self.memory // (1024 * self.together))
        self.there, self.elsewhere = None, lie_elsewhere(self.points)

    def go(self):
        """Have the products on another device from now on, where one is at hand and they are many."""
        device = device_for(len(self.queries) * self.points.shape[0] * self.points.shape[1], self.points.shape[1])
        if device is not None:
            self.there, self.together = There(self, device), _BLOCKS

    def blocks(self, k=1):
        """Slices of the queries, of which one's products with a tile, their mask and its indices fit into memory."""
        rows = self.memory // (16 * max(min(self.step, len(self.points)), k))
        each = -(-len(self.queries) // self.threads)  # so that few queries too are shared among the threads
        most = QUERIES if self.there is not None else min(_QUERIES, rows)
        return slices(len(self.queries), max(1, min(most, each)))

    def each(self, function, blocks):
        """function(blocks) for groups of these blocks of queries, in order, by as many threads as there are."""
        groups = [blocks[part] for part in slices(len(blocks), min(self.together, -(-len(blocks) // self.threads)))]
        return map(function, groups) if self.threads == 1 else in_parallel(function, groups, most=self.threads)

    def tiles(self):
        """Slices of the points, and what the products with these are of."""
        if self.there is not None:
            yield from self.there.tiles()
            return
        for tile in slices(len(self.points), self.step):
            yield tile, (self.coarse(self.points[tile]) if self.kept is None else self.kept[tile])

    def coarse(self, X):
        """Rows in single precision, centered and scaled."""
        return coarse(X, self.center, self.scale)

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
        self.pending, self.sent = [], None
        self.row, self.column, self.distance = (np.empty(0, dtype) for dtype in (np.intp, np.intp, np.float64))
        self.nearest, self.ties = np.full(rows, np.inf), np.zeros(rows, dtype=np.intp)

    def look(self, tile, points, exclude_self):
        if (there := self.search.there) is not None:
            if (found := there.look(self, tile, points, exclude_self)) is not None:
                for pairs in found:
                    self.hold(*pairs)
                return
            points = self.search.coarse(self.search.points[tile])
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
            self.hold(row, column + tile.start, rough[row, column])
        if self.search.elsewhere and self.pending:
            self.settle()  # while the rows of this tile are at hand

    def hold(self, row, column, rough):
        """Pairs that are in question, to be settled when they are many."""
        self.pending.append((row, column, rough))
        if sum(len(row) for row, *_ in self.pending) > self.search.most_pairs:
            self.settle()

    def limit(self):
        """What the product of one of the k nearest, or of one tied with them, can't exceed."""
        kth, there = reach(self.best), self.search.there
        if there is not None and not there.lost:  # what comes from there is a bound, with its error
            return kth.astype(np.float32)
        limit = (kth + 2.5 * self.search.error[self.block]).astype(np.float32)
        return np.minimum(limit, np.finfo(np.float32).max)

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


def threads_for(queries, *points, most=4):
    """How many threads a search is worth: they cost a few milliseconds."""
    return processors(most) if len(queries) * sum(map(len, points)) >= 2**24 else 1
