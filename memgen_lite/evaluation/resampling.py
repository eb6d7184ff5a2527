"""All rows of an evaluation, searched once, of which many samples are made: what a permutation test asks of neighbors.

For each row of the pool stand its nearest others in order. The nearest of any sample are the first of them that are in
it; where the list ends too soon, or on a tie, that row alone is searched anew. So all answers are those of
:mod:`memgen_lite.shared.neighbors`, to the last bit, while a sample costs a walk along lists and no search.
"""

import numpy as np

from ..shared.neighbors import MEMORY, Neighborhoods, count_within, neighbors, pairs_within
from ..shared.parallel import in_parallel
from ..shared.points import unit_rows

_PARTS = 4  # of a search, so that its progress shows
_FIRST = 40  # columns of the lists, which tell nearly all


class SearchedRows:
    """The rows (n, d) of a pool and, once :meth:`search` has run, the `width` nearest of each, itself among them.

    Attributes
    ----------
    rows : in lexicographic order, so that of a sample in that order the different rows stand in it, too.
    position : int array (n,), where a row that was handed in stands.
    group : int array (n,), one number for equal rows, ascending.
    nearest : None, or distances and indices (n, width), of :meth:`search`.
    nearest_lines : None, or 1 - |cos| and indices (n, line_width), of :meth:`search_lines`.
    """

    def __init__(self, rows, *, width=96, line_width=48, memory=MEMORY):
        order = _lexicographic(rows)
        self.rows, self.memory = np.ascontiguousarray(rows[order], dtype=np.float64), memory
        self.position = np.argsort(order)
        self.group = np.cumsum(np.concatenate([[0], (self.rows[1:] != self.rows[:-1]).any(axis=1)]))
        self.width, self.line_width = min(width, len(rows)), min(line_width, 2 * len(rows))
        self.nearest = self.nearest_lines = None

    def search(self):
        """Fill the lists. A generator: it yields after each of :attr:`steps` parts of the work."""
        self.nearest = yield from self._lists(self.rows, self.rows, self.width)

    def search_lines(self):
        """Fill the lists by angle, of the rows and their opposites, unless a row is 0 and has none."""
        if self.rows.any(axis=1).all():
            unit = unit_rows(self.rows, "rows")
            distances, indices = yield from self._lists(unit, np.concatenate([unit, -unit]), self.line_width)
            self.nearest_lines = distances**2 / 2, indices

    def _lists(self, rows, points, width):
        n = len(rows)
        distances, indices = np.empty((n, width)), np.empty((n, width), dtype=np.int32)

        def fill(part):
            found = neighbors(rows[part], points, width, memory=self.memory)
            distances[part], indices[part] = found[0], found[1] % n

        for _ in in_parallel(fill, np.array_split(np.arange(n), self.steps), most=2):
            yield
        return distances, indices

    @property
    def steps(self):
        """How often a search yields."""
        return min(_PARTS, len(self.rows))


class Samples(Neighborhoods):
    """Samples of a pool, and what :class:`memgen_lite.shared.neighbors.Neighborhoods` tells of them.

    Parameters
    ----------
    pool : :class:`SearchedRows`, after their search.
    fixed : Samples of the same pool, or None, whose samples and answers are shared: those that stay while others come
        and go.

    Attributes
    ----------
    whole : None, or a sample that others are cut into two parts of, over and over.

    >>> pool = SearchedRows(np.array([[0.0], [1.0], [3.0], [7.0]]))
    >>> _ = list(pool.search())
    >>> samples = Samples(pool)
    >>> X, Y = samples.take([0, 3]), samples.take([1, 2])
    >>> samples.nearest(X, Y, 2)[0], samples.nearest(X, X)[1].ravel()
    (array([[1., 3.],
           [4., 6.]]), array([1, 0]))
    """

    def __init__(self, pool, fixed=None):
        super().__init__(memory=pool.memory)
        self.pool, self.fixed = pool, fixed
        self.whole = None
        self._samples, self._taken = {}, {}

    def take(self, index):
        """The rows of these numbers, which may repeat, in lexicographic order: one array each time for one index."""
        for known in (self, self.fixed):
            if known and id(index) in known._taken:
                return known._taken[id(index)][0]
        X = self._named(np.sort(self.pool.position[index]))
        self._taken[id(index)] = X, index
        return X

    def part(self, X, keep):
        """The rows X[keep] of a sample as a sample."""
        if id(X) in self._samples:
            return self._named(self.where(X)[keep])
        return self.fixed.part(X, keep) if self.fixed else super().part(X, keep)

    def keep(self, X):
        """Remember answers about X, which is no sample, for as long as this lives; returns X."""
        self._samples[id(X)] = None, X
        return X

    def _named(self, where):
        X = self.pool.rows[where]
        self._samples[id(X)] = (where, X)
        return X

    def where(self, X):
        """Where in the pool the rows of a sample stand: ascending. None for any other array."""
        if id(X) in self._samples:
            return self._samples[id(X)][0]
        return self.fixed.where(X) if self.fixed else None

    def union(self, X, Y):
        """The fixed sample `whole`, where its rows are those of both."""
        whole, where = self.fixed.whole if self.fixed else None, [self.where(x) for x in (X, Y)]
        if whole is None or any(w is None for w in where):
            return None
        return whole if np.array_equal(np.sort(np.concatenate(where)), self.fixed.where(whole)) else None

    def once(self, question, arrays, answer):
        if self.fixed and all(id(X) in self.fixed._samples for X in arrays):
            return self.fixed.once(question, arrays, answer)
        return super().once(question, arrays, answer)

    def nearest(self, queries, points, k=1, *, metric="euclidean"):
        q, p, same = self.where(queries), self.where(points), queries is points
        if q is None or (p is None and metric != "euclidean"):
            return super().nearest(queries, points, k, metric=metric)
        options = {"memory": self.memory, "return_ties": True}
        if metric != "euclidean" or k > len(points) - same:
            return neighbors(queries, points, k, metric=metric, exclude_self=same, **options)
        if p is None:  # a few points of no sample: all rows meet them once
            every = self.once(("outside", k), (points,), lambda: neighbors(self.pool.rows, points, k, **options))
            return tuple(x[q] for x in every)
        if self.fixed and id(points) in self.fixed._samples and id(queries) not in self.fixed._samples:
            rows = np.arange(len(self.pool.rows))
            every = self.once(("all", k), (points,), lambda: self._walk(rows, points, k, False))
            return tuple(x[q] for x in every)
        return self.once(("nearest", k), (queries, points), lambda: self._walk(q, points, k, same))

    def _walk(self, q, points, k, same):
        p = self.where(points)
        n = len(self.pool.rows)
        count, first = np.bincount(p, minlength=n).astype(np.int32), np.searchsorted(p, np.arange(n))
        own = np.arange(len(q)) - np.searchsorted(q, q) if same else None
        distance, index, ties = np.empty((len(q), k)), np.empty((len(q), k), dtype=np.intp), np.empty(len(q), np.intp)
        short = np.empty(len(q), dtype=bool)
        distances, indices = self.pool.nearest
        rows = np.arange(len(q))
        for width in sorted({min(_FIRST, indices.shape[1]), indices.shape[1]}):
            for i in range(0, len(rows), 1024):
                part = rows[i : i + 1024]
                lists = distances[q[part], :width], indices[q[part], :width]
                mine = (q[part], own[part]) if same else None
                distance[part], index[part], ties[part], short[part] = _pick(*lists, count, first, k, mine, width == n)
            rows = np.flatnonzero(short)
        rows, width = np.flatnonzero(short), k + 8
        while len(rows):  # a list that ends too soon, or on a tie
            width = min(width, len(points))
            lists = neighbors(self.pool.rows[q[rows]], points, width, memory=self.memory)
            mine = (rows, np.zeros(len(rows), dtype=np.intp)) if same else None
            ones, places = np.ones(len(points), dtype=np.int32), np.arange(len(points))
            *found, short = _pick(*lists, ones, places, k, mine, width == len(points))
            distance[rows], index[rows], ties[rows] = found
            rows, width = rows[short], 8 * width
        return distance, index, ties

    def in_balls(self, queries, points, k):
        q, p = self.where(queries), self.where(points)
        if q is None or p is None:
            return super().in_balls(queries, points, k)
        return self.once(("balls", k), (queries, points), lambda: self._in_balls(queries, points, k))

    def balls_held(self, queries, points, k):
        if self.where(queries) is None or self.where(points) is None:
            return super().balls_held(queries, points, k)
        if queries is points:
            return np.ones(len(points), dtype=bool)  # each holds itself, which `nearest` leaves out
        return self.nearest(points, queries)[0][:, 0] < self.radii(points, k)  # the search is done already

    def _in_balls(self, queries, points, k):
        radii = self.radii(points, k)
        entries, _, _, wide = self.once(("inside", k), (points,), lambda: self._inside(points, radii))
        counts = np.bincount(entries, minlength=len(self.pool.rows))[self.where(queries)]
        if len(wide):
            counts += count_within(queries, points[wide], radii[wide], memory=self.memory)
        return counts

    def pairs_within(self, queries, points, radii):
        q, p = self.where(queries), self.where(points)
        if q is None or p is None:
            return super().pairs_within(queries, points, radii)
        n = len(self.pool.rows)
        count, first = np.bincount(q, minlength=n), np.searchsorted(q, np.arange(n))
        entries, places, distances, wide = self._inside(points, radii)
        times = count[entries]
        repeat = np.repeat(np.arange(len(entries)), times)
        copy = np.arange(len(repeat)) - np.repeat(np.cumsum(times) - times, times)
        found = [(first[entries[repeat]] + copy, places[repeat], distances[repeat])]
        if len(wide):
            g, t, distances = pairs_within(queries, points[wide], radii[wide], memory=self.memory)
            found.append((g, wide[t], distances))
        return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))

    def _inside(self, points, radii):
        """Which rows of the pool are nearer to points than their radii: rows, positions of points, and distances.

        And the positions of those whose ball is wider than their list.
        """
        p, (distances, indices) = self.where(points), self.pool.nearest
        places, found = np.arange(len(p)), []
        for width in sorted({min(_FIRST, indices.shape[1]), indices.shape[1]}):
            reached = (distances[p[places], width - 1] >= radii[places]) | (width == len(self.pool.rows))
            known = places[reached]
            listed = distances[p[known], :width]
            row, column = np.nonzero(listed < radii[known, None])
            found.append((indices[p[known[row]], column], known[row], listed[row, column]))
            places = places[~reached]
        return *(np.concatenate(parts) for parts in zip(*found, strict=True)), places

    def distinct(self, X):
        where = self.where(X)
        if where is None:
            return super().distinct(X)
        new = np.diff(self.pool.group[where], prepend=-1) > 0
        return X if new.all() else self.once("distinct", (X,), lambda: self.part(X, new))

    def groups(self, *arrays):
        where = [self.where(X) for X in arrays]
        if any(w is None for w in where):
            return super().groups(*arrays)
        return np.unique(self.pool.group[np.concatenate(where)], return_inverse=True)[1]

    def multiplicities(self, X):
        where = self.where(X)
        return super().multiplicities(X) if where is None else np.unique(self.pool.group[where], return_counts=True)[1]

    def line_distances(self, queries, points):
        q, p = self.where(queries), self.where(points)
        if q is None or p is None or self.pool.nearest_lines is None:
            return super().line_distances(queries, points)
        return self.once("lines", (queries, points), lambda: self._line_distances(q, p, queries, points))

    def _line_distances(self, q, p, queries, points):
        held = np.zeros(len(self.pool.rows), dtype=bool)
        held[p] = True
        distances, indices = self.pool.nearest_lines
        hit = held[indices[q]]
        nearest = distances[q, hit.argmax(axis=1)]
        if (short := np.flatnonzero(~hit.any(axis=1))).size:
            nearest[short] = super().line_distances(queries[short], points)
        return nearest


def _pick(distances, indices, count, first, k, mine, whole):
    """The k nearest in lists (rows, width) of what a sample holds `count` times, from position `first` on.

    `mine` is, within one sample, each row's entry and which of its copies it is. Returns distances, positions, ties at
    the nearest distance, and which rows' lists do not tell; `whole` lists leave nothing out.
    """
    times = count[indices]
    if mine is not None:
        own = indices == mine[0][:, None]
        times -= own
    reached = np.cumsum(times, axis=1, dtype=np.int32)
    rows = np.arange(len(indices))
    found, places = np.empty((len(rows), k)), np.empty((len(rows), k), dtype=np.intp)
    for j in range(k):
        column = np.minimum((reached <= j).sum(axis=1), indices.shape[1] - 1)
        found[:, j], entry = distances[rows, column], indices[rows, column]
        copy = j - (reached[rows, column] - times[rows, column])
        if mine is not None:
            copy += (entry == mine[0]) & (copy >= mine[1])
        places[:, j] = first[entry] + copy
    nearest = found[:, :1]
    ties = np.where(distances == nearest, times, 0).sum(axis=1)
    short = (reached[:, -1] < k) | (distances[:, -1] == nearest[:, 0])
    return found, places, ties, short & (not whole)


def _lexicographic(rows):
    """The order of the rows, by their first feature, then the second, and so on; -0 is 0."""
    bits = (np.ascontiguousarray(rows, dtype=np.float64) + 0.0).view(np.int64)
    bits ^= (bits >> 63) & np.int64(2**63 - 1)  # so that negative numbers ascend
    ordered = (bits.view(np.uint64) ^ np.uint64(2**63)).astype(">u8")
    return np.argsort(ordered.view(f"V{8 * rows.shape[1]}").ravel(), kind="stable")
