"""The tiles of a search whose products are computed on another device."""

import threading
from typing import Any

import numpy as np

from .devices import KEPT, POINTS, ROUND, Device, rounded
from .points import slices

_AT_ONCE = 2**21  # pairs that are fetched together


class There:
    """The points of a search on a device, and what may be nearest among those of a tile.

    Products come with bounds from below and above, since what the rounding took away is measured for each tile.
    """

    def __init__(self, search: Any, device: Device) -> None:
        self.search, self.device = search, device
        self._keep = 4 * len(search.points) * search.points.shape[1] <= KEPT
        self._tiles: dict[int, Any] = {}
        self._lock = threading.Lock()

    def tiles(self):
        for tile in slices(len(self.search.points), POINTS):
            with self._lock, self.device.current():
                there = self._tiles.get(tile.start) or self._sent(tile)
                if self._keep:
                    self._tiles[tile.start] = there
            yield tile, there

    def _sent(self, tile):
        search = self.search
        rows, dropped = _rounded(search.coarse(search.points[tile]) if search.kept is None else search.kept[tile])
        squares = search.squares[tile]
        offsets = self.device.put(squares.astype(np.float32)[None, :])
        return self.device.put(rows), offsets, float(np.sqrt(squares.max())), float(dropped.max())

    def look(self, nearest: Any, tile: slice, points: Any, exclude_self: bool) -> Any:
        """Rows in the block, points, and the least that the product of each two may be, of what may be nearest.

        They come in parts: of data with many ties they are more than fit here.
        """
        with self.device.current():
            yield from self._pairs(nearest, tile, points, exclude_self)

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
            itself = self.device.put(block) == self.device.put(of_tile)
            products = self.device.without(products, itself)
        # The k smallest of the minima of disjoint groups are no smaller than the k smallest of all.
        groups = max(256, 8 * nearest.k)
        each, minima = products.shape[1] // groups, products
        if each >= 2:
            parts = self.device.xp.reshape(products[:, : each * groups], (products.shape[0], each, groups))
            minima = self.device.minima(parts)
        nearest.best = self.device.least(self.device.put(nearest.best), minima + error, nearest.k)
        least, limit = products - error, self.device.put(nearest.limit()[:, None])
        count = self.device.count(least <= limit)
        step = max(1, min(len(lengths), len(lengths) * _AT_ONCE // max(1, count)))
        for rows in slices(len(lengths), step):
            places, values = self.device.up_to(least[rows, :], limit[rows, :])
            row, column = np.divmod(places, products.shape[1])
            yield row + rows.start, column + tile.start, values


def _rounded(X):
    """The rows to 11 bits, and the length of what that took of each."""
    rows = rounded(X)
    gap = X - rows
    return rows, np.sqrt(np.einsum("ij,ij->i", gap, gap, dtype=np.float64))
