"""One nearest-neighbor search: for each generated row, the row that it is nearest to, and how closely it sits on it."""

from dataclasses import dataclass

import numpy as np

from ..shared import engines
from ..shared.points import Facts, Subset
from ..shared.row_bytes import values
from ..shared.search import block_by_block
from ..shared.shards import Shards
from ..shared.spread_search import spread_nearest
from ..shared.tie_order import TieOrder


@dataclass(frozen=True)
class Nearness:
    """What :func:`nearness` found, an entry for each generated row that was searched.

    Attributes
    ----------
    rows : int array (M, k), the k nearest rows of the pool, of different values: i < N is row i of train, N + j is row
        j of held-out.
    distances : float array (M, k), of these, ascending.
    tied : bool array (M,), whether a training and a held-out row are nearest alike.
    shared : int array, the training rows whose value stands in held-out too.
    """

    rows: np.ndarray
    distances: np.ndarray
    tied: np.ndarray
    shared: np.ndarray

    @property
    def row(self):
        """The nearest row of each (M,)."""
        return self.rows[:, 0]

    @property
    def distance(self):
        """The distance to it (M,)."""
        return self.distances[:, 0]

    @property
    def ratio(self):
        """That over the distance to the k-th nearest (M,): 0 is a copy, 1 no closer than k others."""
        reach = self.distances[:, -1]
        return np.divide(self.distance, reach, out=np.zeros(len(reach)), where=reach > 0)


def nearness(train, held_out, generated, *, k=6, metric="euclidean", rng, progress=None, facts=None):
    """Search the pool of train (N, d) and held-out rows (K, d) for what is nearest to each generated row (M, d).

    Nothing here depends on which rows are of train: the pool has an order by chance, a :class:`.TieOrder`; a value that
    stands in it more than once is represented by the first of its rows, and of rows at equal distance the first is the
    nearest. `k` is cut to the number of distinct rows. `progress` is called with the number of generated rows done
    since its last call. An interrupt (Ctrl-C) ends the search, and the rows searched until then are the answer: a block
    of 256 after the other, in order. It is raised where not even the first block is done. `facts` are those of other
    searches of the same arrays, a :class:`~memgen_lite.shared.points.Facts`.

    >>> found = nearness([[0.0], [1.0]], [[5.0]], [[0.1], [4.0]], k=2, rng=np.random.default_rng(0))
    >>> found.row, found.distance, found.ratio.round(3)
    (array([0, 2]), array([0.1, 1. ]), array([0.111, 0.333]))
    """
    train, held_out = (X if isinstance(X, Shards | Subset) else np.asarray(X) for X in (train, held_out))
    generated = np.asarray(generated)
    n, both = len(train), len(train) + len(held_out)
    order, value, facts = TieOrder(rng, both), values(train, held_out), facts or Facts()
    stands = order.first_of(value)
    shared = np.flatnonzero(np.isin(value[:n], value[n:]))
    del value
    if engines.elsewhere():
        found = _spread(train, held_out, generated, stands, k, metric, order, progress)
        return Nearness(*_merged(found, order, k), shared)

    sides, places = [], []
    for X, start in ((train, 0), (held_out, n)):
        chosen = np.flatnonzero(stands[start : start + len(X)])
        if len(chosen) == len(X):
            sides.append((facts.points(X, metric), min(k, len(X)), order.after(start)))
            places.append(lambda index, start=start: start + index)
        elif len(chosen):
            some = facts.points(Subset(X, chosen), metric)
            sides.append((some, min(k, len(chosen)), order[start + chosen]))
            places.append((start + chosen).__getitem__)
    blocks = []
    try:
        for _, *found in block_by_block(generated, *sides, metric=metric):
            found = [(distances, place(rows)) for (distances, rows, _), place in zip(found, places, strict=True)]
            blocks.append(_merged(found, order, k))
            if progress is not None:
                progress(len(blocks[-1][0]))
    except KeyboardInterrupt:
        if not blocks:
            raise
    rows, distances, tied = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return Nearness(rows=rows, distances=distances, tied=tied, shared=shared)


def ratios_of_the_pool(train, held_out, *, k=6, metric="euclidean", rng, most=500, facts=None):
    """Ratios as :attr:`Nearness.ratio` of rows of the pool, drawn by chance, to the k others nearest to each; sorted.

    0 for a row whose value stands in the pool more than once. They say how small a ratio is by chance in such data.
    """
    n, both = len(train), len(train) + len(held_out)
    drawn = np.sort(rng.permutation(both)[:most])
    queries = np.concatenate([train[drawn[drawn < n]], held_out[drawn[drawn >= n] - n]])
    value = values(train, held_out)
    repeated = (np.bincount(value) > 1)[value[drawn]]
    near = nearness(train, held_out, queries, k=k + 1, metric=metric, rng=rng, facts=facts)
    nearest, reach = near.distances[:, min(1, near.distances.shape[1] - 1)], near.distances[:, -1]
    ratio = np.divide(nearest, reach, out=np.zeros(len(reach)), where=reach > 0)
    return np.sort(np.where(repeated[: len(ratio)], 0, ratio))


def _spread(train, held_out, generated, stands, k, metric, order, progress):
    """Distances and rows of the pool, of each side, searched by the engine's workers."""
    found, looked, all_of_them = [], 0, np.count_nonzero(stands)

    def step(many):
        nonlocal looked
        before, looked = looked, looked + many
        if progress is not None:
            progress(len(generated) * looked // all_of_them - len(generated) * before // all_of_them)

    for X, start in ((train, 0), (held_out, len(train))):
        if len(chosen := np.flatnonzero(stands[start : start + len(X)])):
            every = len(chosen) == len(X)
            points, numbers = (X, start) if every else (Subset(X, chosen), start + chosen)
            if every and isinstance(X, Subset):
                numbers = start + np.arange(len(X))
            options = {"order": order, "numbers": numbers, "metric": metric, "progress": step}
            found.append(spread_nearest(generated, points, min(k, len(chosen)), **options))
    return found


def _merged(found, order, k):
    """Rows, distances, and whether sides are tied, of those of each side: the nearest of both, in order of distance."""
    by_side, rows = zip(*found, strict=True)
    tied = np.full(len(by_side[0]), len(found) == 2 and by_side[0][:, 0] == by_side[-1][:, 0])
    distances, rows = (np.concatenate(of, axis=1) for of in (by_side, rows))
    best = np.lexsort((order[rows], distances))[:, :k]
    return np.take_along_axis(rows, best, axis=1), np.take_along_axis(distances, best, axis=1), tied
