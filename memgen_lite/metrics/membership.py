"""Membership: do the generated rows give away which rows were trained on?"""

import numpy as np

from ..shared.checks import numbers_in
from ..shared.neighbors import Neighborhoods
from .copying import two_distinct
from .registry import metric
from .two_sample import mann_whitney


@metric
def membership_auc(
    train: np.ndarray, held_out: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods
) -> float:
    """Area under the curve of the nearest-neighbor membership attack."""
    return _auc(*(-neighborhoods.nearest(X, generated)[0][:, 0] for X in (train, held_out)))


@metric
def domias(train: np.ndarray, held_out: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Area under the curve of a membership attack by density ratio."""
    others = two_distinct(held_out, neighborhoods, "domias", "held_out")
    scores = []
    for X in (train, held_out):
        # A held-out row that is no other's double finds itself, at 0, but where it is left out already.
        near = neighborhoods.nearest(X, others, 1 if X is others else 2)[0]
        made = neighborhoods.nearest(X, generated)[0][:, 0]
        real = np.where(near[:, 0] > 0, near[:, 0], near[:, -1])
        with np.errstate(divide="ignore"):
            scores.append(real / made)
    return _auc(*scores)


def _auc(members, others):
    return mann_whitney(members, others) / (len(members) * len(others))


@metric
def lambda_gamma_copying(
    train: np.ndarray,
    generated: np.ndarray,
    *,
    lambda_: float = 20,
    gamma: float = 1 / 4000,
    dimension: float | None = None,
    neighborhoods: Neighborhoods,
) -> float:
    """Rate of (lambda, gamma)-copying."""
    n, m = len(train) - 1, len(generated)
    b = max(10, int(np.ceil(gamma * n)))
    if n < b:
        raise ValueError(f"lambda_gamma_copying needs {b + 1} rows of train to know a ball's share, got {len(train)}")
    near = neighborhoods.nearest(train, train, b)[0]
    reach = near[:, -1]
    a = intrinsic_dimension(near) if dimension is None else dimension
    g, t, distance = neighborhoods.pairs_within(generated, train, reach * (gamma * n / b) ** (1 / a))
    order = np.lexsort((distance, t))
    g, t, distance = g[order], t[order], distance[order]
    q = (np.arange(1, len(t) + 1) - np.searchsorted(t, t)) / m  # nearer rows of the same ball, and this one
    dense = q >= lambda_ * (b / n) * (distance / reach[t]) ** a
    # All rows up to the farthest at which the ball is dense enough are copies.
    radius = np.zeros(len(train))
    np.maximum.at(radius, t[dense], distance[dense])
    some = np.isin(t, t[dense])
    return np.isin(np.arange(m), g[some & (distance <= radius[t])]).mean()


def intrinsic_dimension(near: np.ndarray) -> float:
    """Dimension by maximum likelihood (Levina and Bickel 2005; pooled as MacKay and Ghahramani do) of distances (n, k).

    >>> from memgen_lite.shared.neighbors import neighbors
    >>> X = np.random.default_rng(0).normal(size=(2000, 3)) @ np.eye(3, 10)
    >>> round(intrinsic_dimension(neighbors(X, X, 20, exclude_self=True)[0]), 1)
    3.0
    """
    near = numbers_in(near, "near", 0)
    if near.ndim != 2 or near.shape[1] < 2:
        raise ValueError(f"near must be distances (n, k) to 2 or more, got shape {near.shape}")
    inner, outer = near[:, :-1], near[:, -1:]
    inside = (inner > 0) & (outer > 0)
    logs = np.log(np.where(inside, outer, 1) / np.where(inside, inner, 1))
    return float(inside.sum() / logs.sum()) if logs.any() else 1.0
