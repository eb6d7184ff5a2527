"""Diffusion with the best denoiser that sees one window at a time: what it ends on are mosaics of training images."""

from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from ..shared.types import RandomState
from .diffusion_sampler import Diffusion, attend, closeness
from .parameters import check_image_shape


class PatchDenoiser(Diffusion):
    """The best denoiser of images that sees a window around each pixel, and not where the window is.

    A pixel's guess is the mean of the middles of all windows of all training images, weighted by how well the window
    fits its own. At the edge of an image a window is pushed inside it, and is compared with those that stand at that
    edge, so that edges are seen. A window of the whole image makes it :class:`OptimalDenoiser`.

    Parameters
    ----------
    window : int, side of the window in pixels.
    shape : None for square gray images, or (height, width) or (height, width, channels).
    steps : int, noise levels of the sampler.
    """

    def __init__(
        self, window: int = 3, shape: tuple[int, ...] | None = None, steps: int = 18, random_state: RandomState = None
    ) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        side = round(X.shape[1] ** 0.5)
        self.shape_ = (side, side) if self.shape is None else self.shape
        check_image_shape(self.shape_, "shape", X.shape[1])
        self.shape_ = tuple(self.shape_)
        if self.window > max(self.shape_[:2]):
            raise ValueError(f"window must be from 1 to {max(self.shape_[:2])}, got {self.window}")
        self._scale(X)
        self.rows_ = X
        vars(self).pop("_parts", None)  # those of an earlier fit

    @cached_property
    def _parts(self):
        """For each part of the image: where it is, the windows that its pixels are compared with, and their middles."""
        images, parts = self.rows_.reshape(len(self.rows_), *self.shape_), []
        for down, across in product(*(_bands(size, min(self.window, size)) for size in self.shape_[:2])):
            every = self._windows(images, down[2], across[2])
            windows, which, counts = np.unique(
                every.reshape(len(every), -1), axis=0, return_inverse=True, return_counts=True
            )
            values = windows.reshape(-1, *every.shape[1:])[:, down[0]][:, :, across[0]].reshape(len(windows), -1)
            parts.append(((down, across), windows, np.log(counts), values, which.reshape(len(images), -1)))
        return parts

    def sources(self, x: ArrayLike) -> np.ndarray:
        """Which training pixel each pixel of finished images `x` (n, d) is.

        It is one equal to it (or nearest), and of these the one whose window fits its own best. Many pixels still have
        a choice, as windows occur more than once; it is made such that few pieces result, where a piece is of one
        training image, and was moved as a whole: the largest first (a greedy set cover). A copy is one piece.

        Returns
        -------
        int array (n, height, width, 3) of (image, row, column).
        """
        x = self._checked(x, name="x")
        places = np.stack(np.broadcast_arrays(0, *np.indices(self.shape_[:2])), axis=-1)
        return np.array([places + self._pieces(row).reshape(places.shape) for row in x])

    def _pieces(self, row):
        # For each pixel the piece that it is in: (image, moved down, moved across).
        entries, pixels = [], row.reshape(*self.shape_[:2], -1)
        for place, known, _, values, which in self._parts:
            (rows, _, from_tops, tops), (columns, _, from_lefts, lefts) = place
            fits = closeness(self._own(row, place), known, 1.0)
            values = values.reshape(len(known), len(rows), len(columns), -1)
            which = which.reshape(-1, len(from_tops), len(from_lefts))
            for a, b in np.ndindex(len(rows), len(columns)):
                own = pixels[tops + rows[a]][:, lefts + columns[b]].reshape(len(fits), -1)
                gaps = cdist(own, values[:, a, b], "sqeuclidean")
                best = np.where(gaps == gaps.min(axis=1, keepdims=True), fits, -np.inf).argmax(axis=1)
                for (i, j), window in np.ndenumerate(best.reshape(len(tops), len(lefts))):
                    image, top, left = np.nonzero(which == window)
                    pixel = np.full(len(image), (tops[i] + rows[a]) * pixels.shape[1] + lefts[j] + columns[b])
                    entries.append(np.stack([pixel, image, from_tops[top] - tops[i], from_lefts[left] - lefts[j]], 1))
        return _fewest(np.concatenate(entries), pixels.shape[0] * pixels.shape[1])

    def _windows(self, images, tops, lefts):
        """The windows (n x tops x lefts, height, width, channels) with these corners."""
        size = tuple(min(self.window, side) for side in self.shape_[:2])
        pixels = images.reshape(len(images), *self.shape_[:2], -1)
        every = np.lib.stride_tricks.sliding_window_view(pixels, size, (1, 2))
        chosen = every[:, tops][:, :, lefts]
        return np.moveaxis(chosen, 3, -1).reshape(-1, *size, chosen.shape[3])

    def _own(self, x, place):
        (_, _, _, tops), (_, _, _, lefts) = place
        own = self._windows(x.reshape(-1, *self.shape_), tops, lefts)
        return own.reshape(len(own), -1)

    def _denoise(self, x, sigma):
        guess = np.empty((len(x), *self.shape_[:2], x.shape[1] // np.prod(self.shape_[:2])))
        for place, known, often, values, _ in self._parts:
            own = self._own(x, place)
            block = max(1, 2**24 // len(known))
            parts = [
                attend(closeness(own[i : i + block], known, sigma) + often, values) for i in range(0, len(own), block)
            ]
            # One window gives all pixels of an edge, and many give one pixel each of the middle.
            (rows, at_rows, _, tops), (columns, at_columns, _, lefts) = place
            found = np.concatenate(parts).reshape(len(x), len(tops), len(lefts), len(rows), len(columns), -1)
            found = found.transpose(0, 1, 3, 2, 4, 5).reshape(len(x), len(at_rows), len(at_columns), -1)
            guess[:, at_rows[:, None], at_columns] = found
        return guess.reshape(x.shape)


def _fewest(entries, n_pixels):
    """(n_pixels, 3): of the `entries` (pixel, piece of three numbers) one for each pixel, with few pieces in all."""
    pixels, chosen = entries[:, 0], np.empty((n_pixels, 3), dtype=int)
    # As one number each, which are sorted in a tenth of the time, in the same order.
    least = entries[:, 1:].min(axis=0)
    sizes = entries[:, 1:].max(axis=0) - least + 1
    numbers, which = np.unique(np.ravel_multi_index((entries[:, 1:] - least).T, sizes), return_inverse=True)
    pieces = np.stack(np.unravel_index(numbers, sizes), axis=1) + least
    while len(pixels):
        largest = np.bincount(which).argmax()
        taken = np.zeros(n_pixels, dtype=bool)
        taken[pixels[which == largest]] = True
        chosen[taken] = pieces[largest]
        pixels, which = pixels[~taken[pixels]], which[~taken[pixels]]
    return chosen


def _bands(size, window):
    """The parts of an axis: (places in the window, pixels, corners to compare with, own corners)."""
    before = window // 2
    corners = np.arange(size - window + 1)
    middle = (np.array([before]), corners + before, corners, corners)
    edges = [(np.arange(before), 0), (np.arange(before + 1, window), size - window)]
    return [middle] + [(places, places + at, np.array([at]), np.array([at])) for places, at in edges if len(places)]
