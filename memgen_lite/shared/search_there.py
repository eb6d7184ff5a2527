"""The tiles of a search whose products are computed on another device."""

import threading
from typing import Any

import numpy as np

from .devices import KEPT, POINTS, ROUND, Device, rounded
from .points import slices

_AT_ONCE = 2**21  # pairs that are fetched together


class There:
    """The points of a search on a device, and what may be nearest among those of a tile.

    Products come with bounds from below and above, since what the rounding took away is measured for each tile. Where
    the device fails, as one does whose memory is full, a warning says so, and there is nothing from it any more.
    """

    def __init__(self, search: Any, device: Device) -> None:
        self.search, self.device, self.lost = search, device, False
        self._keep = 4 * len(search.points) * search.points.shape[1] <= KEPT
        self._tiles: dict[int, Any] = {}
        self._lock = threading.Lock()

    def tiles(self):
        for tile in slices(len(self.search.points), POINTS):
            yield tile, self._tried(self._there, tile)

    def look(self, nearest: Any, tile: slice, points: Any, exclude_self: bool) -> Any:
        """Rows in the block, points, and the least that the product of each two may be, of what may be nearest.

        They come in parts: of data with many ties they are more than fit here. None where the device has failed.
        """
        return points and self._tried(self._pairs, nearest, tile, points, exclude_self)

    def _tried(self, function, *args):
        if self.lost:
            return None
        try:
            with self.device.current():
                return function(*args)
        except Exception as error:  # whatever its library raises
            if not self.lost:
                self.lost = True
                self.device.failed(error)
            return None

    def _there(self, tile):
        with self._lock:
            there = self._tiles.get(tile.start) or self._sent(tile)
            if self._keep:
                self._tiles[tile.start] = there
        return there

    def _sent(self, tile):
        search = self.search
        rows, dropped = _rounded(search.coarse(search.points[tile]) if search.kept is None else search.kept[tile])
        squares = search.squares[tile]
        offsets = self.device.put(squares.astype(np.float32)[None, :])
        return self.device.put(rows), offsets, float(np.sqrt(squares.max())), float(dropped.max())

    def _pairs(self, nearest, tile, points, exclude_self):
        there, offsets, longest, lost = points
        if nearest.sent is None:
            rows, dropped = _rounded(self.search.coarse(self.search.queries[nearest.block]))
            nearest.sent = self.device.put(-2 * rows), np.sqrt(self.search.query_squares[nearest.block]), dropped
        queries, lengths, dropped = nearest.sent
        sums = (0.55 * self.search.points.shape[1] + 8) * ROUND * (lengths + longest) ** 2
        error = sums + 2 * (dropped * longest + (lengths + dropped) * lost)
        error = self.device.put(np.nextafter(error.astype(np.float32), np.float32(np.inf))[:, None])
        products = queries @ there.T + offsets
        if exclude_self:
            block = np.arange(nearest.block.start, nearest.block.stop, dtype=np.int32)[:, None]
            of_tile = np.arange(tile.start, tile.stop, dtype=np.int32)[None, :]
            products = self.device.without(products, self.device.put(block) == self.device.put(of_tile))
        # The k smallest of the minima of disjoint groups are no smaller than the k smallest of all.
        groups = max(256, 8 * nearest.k)
        each, minima = products.shape[1] // groups, products
        if each >= 2:
            parts = self.device.xp.reshape(products[:, : each * groups], (products.shape[0], each, groups))
            minima = self.device.minima(parts)
        best = self.device.least(self.device.put(nearest.best), minima + error, nearest.k)
        least, limit = products - error, self.device.put(reach(best)[:, None].astype(np.float32))
        count = self.device.count(least <= limit)

        def fetched(rows):
            places, values = self.device.up_to(least[rows, :], limit[rows, :])
            row, column = np.divmod(places, products.shape[1])
            return row + rows.start, column + tile.start, values

        step = max(1, min(len(lengths), len(lengths) * _AT_ONCE // max(1, count)))
        found = map(fetched, slices(len(lengths), step))
        found = list(found) if step == len(lengths) else found
        nearest.best = best  # last, since a tile counts once: where the device fails before, it is looked at here
        return found


def reach(best: np.ndarray) -> np.ndarray:
    """The largest of the k smallest (n, k) so far; finite, so that a row is not its own neighbor before k were seen."""
    return np.minimum(best.max(axis=1).astype(np.float64), np.finfo(np.float32).max)


def _rounded(X):
    """The rows to 11 bits, and the length of what that took of each."""
    rows = rounded(X)
    gap = X - rows
    return rows, np.sqrt(np.einsum("ij,ij->i", gap, gap, dtype=np.float64))
