"""Distances of optimal transport: what it costs to move one sample onto the other."""

import warnings

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..shared.extras import needed_by
from ..shared.neighbors import Neighborhoods
from .distances import squared_distances, thinned
from .registry import metric


@metric
def sliced_wasserstein(
    real: np.ndarray, generated: np.ndarray, *, projections: int = 500, rng: np.random.Generator
) -> float:
    """Sliced Wasserstein distance."""
    return np.sqrt(sliced_squared(real, generated, projections, rng))


def sliced_squared(real, generated, projections, rng):
    """The mean of W_2^2 over random directions."""
    directions = unit_vectors(projections, real.shape[1], rng)
    return _along(_lines(real, directions), _lines(generated, directions)).mean()


def _lines(X, directions, step=50):
    """The rows along each direction in ascending order, some directions (step, n) at a time."""
    return (np.sort(directions[i : i + step] @ X.T, axis=1) for i in range(0, len(directions), step))


def _along(x, y):
    """W_2^2 along each direction, from the :func:`_lines` of both samples."""
    return np.concatenate([wasserstein_1d(*parts) for parts in zip(x, y, strict=True)])


def unit_vectors(count, d, rng):
    """Directions, uniform on the sphere: array (count, d). On a line there is one."""
    if d == 1:
        return np.ones((1, 1))
    directions = rng.normal(size=(count, d))
    return directions / np.linalg.norm(directions, axis=1)[:, None]


def couple(n, m):
    """The cheapest coupling of n and m sorted numbers of equal weight: pairs i, j and the weight that moves between.

    >>> couple(2, 3)[0], couple(2, 3)[1], couple(2, 3)[2].round(3)
    (array([0, 0, 1, 1]), array([0, 1, 1, 2]), array([0.333, 0.167, 0.167, 0.333]))
    """
    # The quantile functions are constant between the multiples of 1/n and of 1/m: whole numbers, in units of 1/(nm).
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    return (ends - 1) // m, (ends - 1) // n, np.diff(ends, prepend=0) / (n * m)


def wasserstein_1d(x, y, p=2):
    """W_p^p of sorted samples of numbers, row by row: x (l, n), y (l, m), to (l,).

    >>> wasserstein_1d(np.array([[0.0, 1.0]]), np.array([[0.0, 0.5, 2.0]]), p=1)
    array([0.5])
    """
    if x.shape[1] == y.shape[1]:
        return (np.abs(x - y) ** p).mean(axis=1)
    i, j, weights = couple(x.shape[1], y.shape[1])
    return np.abs(x[:, i] - y[:, j]) ** p @ weights


@metric
def mind(real: np.ndarray, generated: np.ndarray, *, projections: int = 500, rng: np.random.Generator) -> float:
    """Sliced Wasserstein distance, squared and scaled to the size of a Frechet distance."""
    return 3 * real.shape[1] * sliced_squared(real, generated, projections, rng)


@metric
def max_sliced_wasserstein(
    real: np.ndarray,
    generated: np.ndarray,
    *,
    projections: int = 500,
    rng: np.random.Generator,
    neighborhoods: Neighborhoods,
) -> float:
    """Largest Wasserstein distance along a direction."""
    d = real.shape[1]
    drawn = projections, d, repr(rng.bit_generator.state)  # of which the directions are a function
    directions = neighborhoods.once(("directions", *drawn), (), lambda: unit_vectors(projections, d, rng))

    def lines(X):
        if 8 * len(directions) * len(X) > neighborhoods.memory // 4:
            return _lines(X, directions)
        return neighborhoods.once(("lines", *drawn), (X,), lambda: list(_lines(X, directions)))

    best = directions[np.argsort(_along(lines(real), lines(generated)))[::-1][:4]]
    x, y = (neighborhoods.once("columns", (X,), lambda X=X: np.sort(X.T, axis=1)) for X in (real, generated))
    axes = np.eye(d)[[np.argmax(wasserstein_1d(x, y))]]
    gap = real.mean(axis=0) - generated.mean(axis=0)
    if gap.any():
        gap = np.ldexp(gap, -np.frexp(np.abs(gap).max())[1])  # a power of 2: its square may underflow
        axes = [*axes, gap / np.linalg.norm(gap)]
    starts = [*best, *axes]
    return max(_climb(real, generated, start) for start in starts)


def _climb(real, generated, new, steps=200):
    """W_2 at the end of a climb from a direction: along t, its square is t'St for the coupling that sorting finds.

    A step stretches what was rounded before it, several times over, so of 64 features another order of the same sums
    ended 3 % away: whoever makes this faster keeps each rounding.
    """
    i, j, weights = couple(len(real), len(generated))
    alike = len(real) == len(generated)  # and then i and j are 0, 1, 2, ...
    value, pace, length = -np.inf, 1.0, 0.0
    a, b = np.arange(len(real)), np.arange(len(generated))
    for _ in range(steps):
        (x, a), (y, b) = _ordered(real @ new, a), _ordered(generated @ new, b)
        gaps = x - y if alike else x[i] - y[j]
        found = weights @ gaps**2
        if found > value * (1 + 1e-9):
            pull = weights * gaps
            moved, met = (a, b) if alike else (a[i], b[j])
            gradient = np.bincount(moved, pull, len(real)) @ real
            gradient -= np.bincount(met, pull, len(generated)) @ generated
            t, value, length = new, found, np.sqrt(gradient @ gradient)
            if length == 0:
                break
            gradient /= length
            gradient -= t
        else:
            pace /= 2
        if pace < 1e-5:
            break
        new = t + pace * gradient
        new /= np.sqrt(new @ new)
    return np.sqrt(value)


def _ordered(values, before):
    """The values in ascending order, and that order, found from one that is nearly theirs."""
    values = values.take(before)
    order = values.argsort(kind="stable")
    return values.take(order), before.take(order)


@metric
def wasserstein(real: np.ndarray, generated: np.ndarray, *, max_rows: int = 2000, rng: np.random.Generator) -> float:
    """Wasserstein distance, exact."""
    real, generated = (thinned(X, max_rows, rng) for X in (real, generated))
    center = generated.mean(axis=0)  # from far away a difference of squares has fewer digits
    costs = np.sqrt(squared_distances(real - center, generated - center))
    if len(real) == len(generated):
        i, j = linear_sum_assignment(costs)
        return np.linalg.norm(real[i] - generated[j], axis=1).mean()  # of these pairs, to all digits
    sizes = f"wasserstein of samples of different size, {len(real)} and {len(generated)} rows,"
    try:
        with warnings.catch_warnings(), needed_by(sizes):
            warnings.simplefilter("ignore")  # POT's own, when Python first compiles it
            from ot import emd2
    except ModuleNotFoundError as error:
        raise ValueError(f"{error}, or give as many rows of each") from None
    uniform = [np.full(size, 1 / size) for size in costs.shape]
    return emd2(*uniform, costs, numItermax=10_000_000)
