"""Diffusion with its best denoiser, in closed form; nothing is trained.

Data x with noise, x + s n, have a best guess of x under squared error: the mean of the training rows, weighted by how
likely each is to have been the one, w = softmax(-|x + s n - x_i|^2 / 2 s^2). That is what a denoiser is trained to be,
and a sampler that follows it ends on a training row. A denoiser that sees one window at a time has another best guess,
each pixel's own mean over the windows of all images, and what it ends on are mosaics of them.
"""

from functools import cached_property
from itertools import pairwise, product

import numpy as np

from .base import Card, Peer


def noise_levels(steps=18, low=0.002, high=80.0, rho=7.0):
    """Standard deviations of the noise from `high` to `low`, and 0: Karras et al. 2022 (arXiv 2206.00364), eq. 5.

    >>> [round(float(s), 3) for s in noise_levels(3)]
    [80.0, 2.515, 0.002, 0.0]
    """
    if steps < 2 or not 0 < low < high:
        raise ValueError(f"steps must be 2 or more and 0 < low < high, got {steps}, {low} and {high}")
    ramp = np.linspace(high ** (1 / rho), low ** (1 / rho), steps)
    return np.append(ramp**rho, 0.0)


def heun(denoise, x, levels, trace=None):
    """Follow `denoise(x, s)` from noise of `levels[0]` down to 0: Heun's method, algorithm 1 of Karras et al. 2022.

    Parameters
    ----------
    denoise : function of (x, s) to the best guess of the rows without noise. x : array, its first argument.
    levels : descending, the last one 0, as of :func:`noise_levels`.
    trace : None, or a list that is given x after each step.
    """
    for s, after in pairwise(levels):
        guess = denoise(x, s)
        if after == 0:
            x = guess  # x + (0 - s) (x - guess) / s, without the rounding
        else:
            slope = (x - guess) / s
            ahead = x + (after - s) * slope
            x = x + (after - s) / 2 * (slope + (ahead - denoise(ahead, after)) / after)
        if trace is not None:
            trace.append(x)
    return x


def attend(scores, values):
    """Each row's mean of `values` (n, d) under softmax of its `scores` (m, n): attention, retrieval, denoising.

    `scores` is used up. Where one score is far above the others, its value comes back bit for bit.

    >>> attend(np.array([[0.0, 0.0], [0.0, 900.0]]), np.array([[0.1], [0.3]]))
    array([[0.2],
           [0.3]])
    """
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    total = scores.sum(axis=1, keepdims=True)
    return (scores @ values) / total


def _closeness(x, rows, s):
    """-|x - row|^2 / 2 s^2, but for what does not depend on the row."""
    scores = x @ rows.T
    scores -= np.einsum("ij,ij->i", rows, rows) / 2
    scores /= s * s
    return scores


class _Diffusion(Peer):
    def _scale(self, X):
        # Karras et al. take data of standard deviation 1/2; the levels are in that unit, and the rows stay as they are.
        self.mean_ = X.mean(axis=0)
        self.unit_ = 2 * X.std(axis=0).mean() or 1.0

    def denoise(self, x, sigma):
        """The best guess of rows `x` (n, d) without their noise of standard deviation `sigma`, in the data's unit."""
        x = np.asarray(x, dtype=float)
        if x.ndim != 2 or x.shape[1] != self.n_features_in_:
            raise ValueError(f"x must be an array (rows, {self.n_features_in_}), got shape {x.shape}")
        if not sigma > 0:
            raise ValueError(f"sigma must be above 0, got {sigma}")
        return self._denoise(x, sigma)

    def _sample(self, n, rng, trace=None):
        levels = self.unit_ * noise_levels(self.steps)
        start = self.mean_ + levels[0] * rng.normal(size=(n, self.n_features_in_))
        return heun(self._denoise, start, levels, trace)


class OptimalDenoiser(_Diffusion):
    """Diffusion as it was meant: the minimizer of its training loss. It ends on training rows, bit for bit.

    Parameters
    ----------
    steps : int, noise levels of the sampler.

    >>> X = np.array([[0.0, 1.0], [2.0, 0.5], [1.0, 3.0]])
    >>> model = OptimalDenoiser(random_state=0).fit(X)
    >>> all(any((row == x).all() for x in X) for row in model.sample(20))
    True
    """

    card = Card(
        title="optimal denoiser",
        citation="Karras et al. 2022 (arXiv 2206.00364), appendix B; Gu et al. 2023 (arXiv 2310.02664)",
        objective="minimize E |D(x + s n) - x|^2 over the training rows x: done in closed form, by a softmax",
        cost="no fit, sample O(N d) a noise level and row; keeps the training set",
    )

    def __init__(self, steps=18, random_state=None):
        self.steps = steps
        self.random_state = random_state

    def _fit(self, X, rng):
        self._scale(X)
        self.rows_ = X

    def weights(self, x, sigma):
        """The share (n, N) of each training row in the guess."""
        scores = _closeness(np.asarray(x, dtype=float) - self.mean_, self.rows_ - self.mean_, sigma)
        return attend(scores, np.eye(len(self.rows_)))

    def _denoise(self, x, sigma):
        return attend(_closeness(x - self.mean_, self.rows_ - self.mean_, sigma), self.rows_)


class PatchDenoiser(_Diffusion):
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

    card = Card(
        title="patch denoiser",
        citation="Kamb and Ganguli 2025, PMLR 267 (arXiv 2412.20292): the equivariant local score machine",
        objective="minimize E |D(x + s n) - x|^2 among local and translation-equivariant D: a softmax over windows",
        cost="no fit, sample O(N d^2 window^2) a noise level and row; keeps the training set",
    )

    def __init__(self, window=3, shape=None, steps=18, random_state=None):
        self.window = window
        self.shape = shape
        self.steps = steps
        self.random_state = random_state

    def _fit(self, X, rng):
        side = round(X.shape[1] ** 0.5)
        self.shape_ = tuple(self.shape or (side, side))
        if len(self.shape_) not in (2, 3) or np.prod(self.shape_) != X.shape[1]:
            raise ValueError(
                f"shape must be (height, width) or (height, width, channels) with {X.shape[1]} numbers in all, "
                f"got {self.shape_}"
            )
        if not 1 <= self.window <= max(self.shape_[:2]):
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
            windows, counts = np.unique(every.reshape(len(every), -1), axis=0, return_counts=True)
            values = windows.reshape(-1, *every.shape[1:])[:, down[0]][:, :, across[0]].reshape(len(windows), -1)
            parts.append(((down, across), windows, np.log(counts), values))
        return parts

    def _windows(self, images, tops, lefts):
        """The windows (n x tops x lefts, height, width, channels) with these corners."""
        size = tuple(min(self.window, side) for side in self.shape_[:2])
        pixels = images.reshape(len(images), *self.shape_[:2], -1)
        every = np.lib.stride_tricks.sliding_window_view(pixels, size, (1, 2))
        chosen = every[:, tops][:, :, lefts]
        return np.moveaxis(chosen, 3, -1).reshape(-1, *size, chosen.shape[3])

    def _denoise(self, x, sigma):
        images = x.reshape(len(x), *self.shape_)
        guess = np.empty((len(x), *self.shape_[:2], x.shape[1] // np.prod(self.shape_[:2])))
        for ((rows, at_rows, _, tops), (columns, at_columns, _, lefts)), known, often, values in self._parts:
            own = self._windows(images, tops, lefts)
            own = own.reshape(len(own), -1)
            block = max(1, 2**24 // len(known))
            parts = [
                attend(_closeness(own[i : i + block], known, sigma) + often, values) for i in range(0, len(own), block)
            ]
            found = np.concatenate(parts).reshape(len(x), len(tops), len(lefts), len(rows), len(columns), -1)
            # One window gives all pixels of an edge, and many give one pixel each of the middle.
            found = found.transpose(0, 1, 3, 2, 4, 5).reshape(len(x), len(at_rows), len(at_columns), -1)
            guess[:, at_rows[:, None], at_columns] = found
        return guess.reshape(x.shape)


def _bands(size, window):
    """The parts of an axis: (places in the window, pixels, corners to compare with, own corners)."""
    before = window // 2
    corners = np.arange(size - window + 1)
    middle = (np.array([before]), corners + before, corners, corners)
    edges = [(np.arange(before), 0), (np.arange(before + 1, window), size - window)]
    return [middle] + [(places, places + at, np.array([at]), np.array([at])) for places, at in edges if len(places)]
