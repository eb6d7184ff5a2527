"""Three looks at which rows were touched, all of them weights that know no labels, and one exact p-value of the three.

Rows may be compared in several *spaces*, such as pixels and gradients; each then has a *stake* of the error rate.

* *closeness*: each hit weighs what a row this close says for a copy. Sharpest with few copies.
* *walk*: the largest excess of train labels down the list of hits. It takes nothing for granted but the order.
* *lean*: each row weighs how much it is leaned on, as nearest or as one of the k nearest. Sharpest where a whole model
  leans a little, such as a mixture with too many components.

Weights only decide what the test is good at: it is exact for any.
"""

from typing import NamedTuple

import numpy as np


class Weighed(NamedTuple):
    """Weights (n,) of the rows, the stake of the error rate that the sum over rows of train has, and the number of the
    space that they are of; None for several together."""

    stake: float
    values: np.ndarray
    space: int | None = None


def exponent(distances):
    """How the number of rows grows with distance, from distances (M, k) in ascending order: within r there are ~ r^p.

    From the logarithms of d_k/d_j for j = 2..k-1, as Levina and Bickel do (2005, NIPS 17), pooled over rows; the
    nearest is left out, as copying shortens it. If rows lie evenly, the sum of all k - 1 logarithms has mean
    (k - 1)/p, and the largest of them (1 + 1/2 + .. + 1/(k - 1))/p. 1 where the distances are equal, or k < 3.

    >>> from memgen_lite.shared.neighbors import neighbors
    >>> X = np.random.default_rng(0).random((4000, 2))
    >>> round(exponent(neighbors(X[:1000], X[1000:], 6)[0]), 1)
    2.0
    """
    k = distances.shape[1]
    inner, outer = distances[:, 1:-1], distances[:, -1:]
    logs = np.log(np.where(inner > 0, outer, 1) / np.where(inner > 0, inner, 1))
    return float((k - 1 - (1 / np.arange(1, k)).sum()) * len(distances) / logs.sum()) if logs.any() else 1.0


def closeness(ratios, p, k):
    """Weights of hits by their least ratio r of the nearest to the k-th nearest distance: log(1 + .1/u).

    u = 1 - (1 - r^p)^(k - 1) is the chance of so small a ratio where rows lie evenly. So the sum over hits of train is
    the log likelihood ratio of "a copy with chance .1, at a distance of which nothing is known" to "nothing sits here".

    >>> closeness(np.array([0.0, 0.1, 1.0]), 8, 6).round(1)
    array([25.3, 14.5,  0.1])
    """
    with np.errstate(divide="ignore"):
        u = -np.expm1(max(k - 1, 1) * np.log1p(-(np.minimum(ratios, 1) ** p)))
    return np.log1p(0.1 / np.maximum(u, 1e-12))


def mixed(weights, stakes):
    """The same of a copy that is near in one of several spaces, with the stakes for probabilities.

    `weights` (spaces, n) are those of :func:`closeness` in each, 0 for a row that is no hit there.

    >>> mixed(np.array([[0.1, 0.0], [14.5, 0.1]]), [0.5, 0.5]).round(2)
    array([13.81,  0.05])
    """
    return np.log1p(np.asarray(stakes) @ np.expm1(weights))


def rarity(ratios, p, k):
    """log u of such ratios (see :func:`closeness`), also where u is too small for a float, to order hits of several
    spaces by.

    >>> rarity(np.array([0.0, 0.1, 1.0]), 8, 6).round(1)
    array([ -inf, -16.8,   0. ])
    """
    with np.errstate(divide="ignore"):
        inner = p * np.log(np.minimum(ratios, 1))  # of r^p
        u = np.log(-np.expm1(max(k - 1, 1) * np.log1p(-np.exp(inner))))
    return np.where(inner < -18, np.log(max(k - 1, 1)) + inner, u)


def shares(distances, p):
    """How much each generated row leans on the k near it: (M, k), proportional to distance^-p, each row summing to 1.

    >>> shares(np.array([[1.0, 1.0, 2.0], [0.0, 1.0, 2.0]]), 1)
    array([[0.4, 0.4, 0.2],
           [1. , 0. , 0. ]])
    """
    nearest, ratio = distances[:, :1], np.ones_like(distances)
    np.divide(nearest, distances, out=ratio, where=distances > nearest)
    share = ratio**p
    return share / share.sum(axis=1)[:, None]


def divergence(found, hits, share):
    """i KL(A/i, pi) where A train rows among i are more than a share pi of them, else 0 (Berk and Jones 1979).

    >>> divergence(np.array([1, 2, 3]), np.array([1, 4, 4]), 0.5).round(2)
    array([0.69, 0.  , 0.52])
    """
    from scipy.special import xlogy

    rate = np.maximum(found / hits, share)
    return hits * (xlogy(rate, rate / share) + xlogy(1 - rate, (1 - rate) / (1 - share)))


def combined(statistics, stakes):
    """One score of several statistics, each (1 + B,): of the true labels first, then of B relabelings.

    Each value gets the p-value of its rank; a labeling scores -log10 of its least p-value over its stake (Westfall and
    Young 1993). `stakes` sum to 1: what each statistic gets of the error rate.

    >>> combined([np.array([3.0, 1, 2, 0]), np.array([0.0, 1, 2, 3])], (0.5, 0.5)).round(1)
    array([ 0.3, -0.2, -0. ,  0.3])
    """
    from scipy.stats import rankdata

    # Rounded, since rounding errors break no ties.
    ranks = [rankdata(-np.round(values, 9), method="max") / len(values) for values in statistics]
    return -np.log10(np.min([rank / stake for rank, stake in zip(ranks, stakes, strict=True)], axis=0))
