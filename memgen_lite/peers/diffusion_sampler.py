"""What every diffusion model here shares: levels of noise, the sampler that follows a denoiser, and its pieces."""

from functools import partial
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from ..shared.checks import number, whole
from .base import Peer


def noise_levels(steps=18, low=0.002, high=80.0, rho=7.0):
    """Standard deviations of the noise from `high` to `low`, and 0: Karras et al. 2022 (arXiv 2206.00364), eq. 5.

    >>> [round(float(s), 3) for s in noise_levels(3)]
    [80.0, 2.515, 0.002, 0.0]
    """
    whole(steps, "steps", 2)
    if not 0 < number(low, "low") < number(high, "high"):
        raise ValueError(f"low must be above 0 and below high, got {low} and {high}")
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


def collapse_noise(n, variances):
    """The noise below which a noisy row tells which of `n` normal training rows it came from.

    In high dimension that is a sharp edge, the collapse of Biroli et al. 2024 (arXiv 2402.18491), here for x + s n
    instead of their e^-t x + sqrt(1 - e^-2t) n, which is the same at s^2 = e^2t - 1. It stands where log n is what the
    noise lets through, sum(log(1 + variances / s^2)) / 2, the capacity of as many Gaussian channels (Shannon 1948); for
    d equal variances v, at s^2 = v / (n^(2/d) - 1).

    Parameters
    ----------
    n : number of training rows, above 1.
    variances : array (d,) of the rows' variances along their principal axes, not all 0.

    Returns
    -------
    float, a standard deviation.

    >>> round(collapse_noise(100, [4.0, 4.0]), 6) == round((4 / 99) ** 0.5, 6)
    True
    """
    variances = np.asarray(variances, dtype=float)
    if variances.ndim != 1 or not (variances >= 0).all() or not variances.any():
        raise ValueError(f"variances must be numbers, 0 or more and not all 0, got {variances}")
    if not n > 1:
        raise ValueError(f"n must be above 1, got {n}")

    def excess(log_square):
        return np.log1p(variances * np.exp(-log_square)).sum() / 2 - np.log(n)

    # One channel carries at least what the widest does, and all of them at most what their powers' sum would.
    low, high = variances.max() / (float(n) ** 2 - 1), variances.sum() / (2 * np.log(n))
    return float(np.exp(brentq(excess, np.log(low) - 1, np.log(high) + 1, xtol=1e-14) / 2))


def attend(scores, values):
    """Each row's mean of `values` (n, d) under softmax of its `scores` (m, n): attention, retrieval, denoising.

    `scores` is used up. Where one score is far above the others, its value comes back bit for bit.

    >>> attend(np.array([[0.0, 0.0], [0.0, 900.0]]), np.array([[0.1], [0.3]]))
    array([[0.2],
           [0.3]])
    """
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    return (scores @ values) / scores.sum(axis=1, keepdims=True)


def closeness(x, rows, s):
    """-|x - row|^2 / 2 s^2 (m, n) of rows `x` (m, d), but for what does not depend on the row."""
    scores = x @ rows.T
    scores -= np.einsum("ij,ij->i", rows, rows) / 2
    scores /= s * s
    return scores


class Diffusion(Peer):
    """Sampling by a denoiser. A subclass has `steps`, and `_denoise(x, sigma)` of rows in the data's unit."""

    _rules: ClassVar = {"steps": partial(whole, least=2)}

    def _scale(self, X):
        # Karras et al. take data of standard deviation 1/2; the levels are in that unit, and the rows stay as they are.
        self.mean_ = X.mean(axis=0)
        self.unit_ = 2 * X.std(axis=0).mean() or 1.0

    def denoise(self, x: ArrayLike, sigma: float) -> np.ndarray:
        """The best guess of rows `x` (n, d) without their noise of standard deviation `sigma`, in the data's unit."""
        number(sigma, "sigma", above=0)
        return self._denoise(self._checked(x, name="x"), sigma)

    def _sample(self, n, rng, trace=None):
        levels = self.unit_ * noise_levels(self.steps)
        start = self.mean_ + levels[0] * rng.normal(size=(n, self.n_features_in_))
        return heun(self._denoise, start, levels, trace)
