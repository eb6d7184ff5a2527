"""The search by an engine's workers: each looks through a part of the rows, and their lists are merged.

A part's list is of its own k nearest rows, in order of distance and of the order by chance, so the first k of two lists
are those of both parts, in whatever order they are merged: the result is the one of a single machine, to the bit.
"""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np

from .engines import spread
from .points import Subset
from .row_sources import InMemory
from .search import block_by_block
from .shards import Shards
from .tie_order import TieOrder


def spread_nearest(
    queries: np.ndarray,
    points: Any,
    k: int,
    *,
    order: TieOrder,
    numbers: Any,
    metric: str,
    progress: Callable[[int], object] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest points to each query: their distances and numbers (n, k).

    Parameters
    ----------
    queries : array (n, d). points : array (m, d), shards, or a :class:`~memgen_lite.shared.points.Subset` of either.
    order, numbers : of equally near points the first in the order is the nearest; `numbers` are theirs in it, an
        ascending int array (m,), or that of the first one if they follow each other.
    progress : None, or called with the number of points searched since its last call.
    """
    chosen = None
    while isinstance(points, Subset):
        chosen, points = (points.chosen if chosen is None else points.chosen[chosen]), points.X
    shards = points if isinstance(points, Shards) else Shards([InMemory(points, "points")])
    parts, start = [], 0
    for part in shards.groups():
        if chosen is None:
            parts.append((part, None, numbers + start))
        else:
            here = slice(*np.searchsorted(chosen, [start, start + len(part)]))
            if here.stop > here.start:
                parts.append((part, chosen[here] - start, numbers[here]))
        start += len(part)
    distances, rows = np.empty((len(queries), 0)), np.empty((len(queries), 0), dtype=np.intp)
    with closing(spread(_nearest_of, parts, np.ascontiguousarray(queries), k, order, metric)) as found:
        for (part, own, _), lists in zip(parts, found, strict=True):
            distances, rows = (np.concatenate(pair, axis=1) for pair in zip((distances, rows), lists, strict=True))
            first = np.lexsort((order[rows], distances))[:, :k]
            distances, rows = (np.take_along_axis(of, first, axis=1) for of in (distances, rows))
            if progress is not None:
                progress(len(part if own is None else own))
    return distances, rows


def _nearest_of(part, queries, k, order, metric):
    """The k nearest of a part (shards, the rows of them or None for all, numbers), or all where they are fewer."""
    shards, chosen, numbers = part
    points = shards if chosen is None else Subset(shards, chosen)
    own = order.after(numbers) if chosen is None else order[numbers]
    found = [of for _, of in block_by_block(queries, (points, min(k, len(points)), own), metric=metric)]
    distances, rows = (np.concatenate(of) for of in list(zip(*found, strict=True))[:2])
    return distances, numbers + rows if chosen is None else numbers[rows]
