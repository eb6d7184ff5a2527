"""Two-sample tests, used as scores: can a classifier tell the generated rows from the real ones?"""

from typing import Any

import numpy as np

from ..shared.checks import shown
from ..shared.neighbors import Neighborhoods, neighbors
from .distances import squared_distances
from .registry import metric, required


@metric
def nn_accuracy(real: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Leave-one-out accuracy of the nearest neighbor that tells the two samples apart."""
    return np.mean(nn_accuracies(real, generated, neighborhoods=neighborhoods))


def nn_accuracies(real: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods | None = None) -> Any:
    """The accuracies of :func:`nn_accuracy` on real and on generated rows.

    A row with `a` nearest rows in its own sample and `b` in the other, all at the same distance, counts a / (a + b).
    """
    if neighborhoods is None:
        given = required({"real": real, "generated": generated})
        real, generated, neighborhoods = *given.values(), Neighborhoods()
    if not isinstance(neighborhoods, Neighborhoods):
        raise TypeError(f"neighborhoods must be a Neighborhoods or None, got {shown(neighborhoods)}")
    if min(len(real), len(generated)) < 2:
        raise ValueError(
            f"nn_accuracy needs 2 rows of the reference and of generated, got {len(real)} and {len(generated)}"
        )
    shares = []
    for own, other in ((real, generated), (generated, real)):
        near, _, a = neighborhoods.nearest(own, own)
        far, _, b = neighborhoods.nearest(own, other)
        near, far = near[:, 0], far[:, 0]
        shares.append(float(np.mean((near < far) + (near == far) * a / (a + b))))
    return tuple(shares)


@metric
def c2st_logistic(
    real: np.ndarray, generated: np.ndarray, *, rng: np.random.Generator, neighborhoods: Neighborhoods
) -> float:
    """Classifier two-sample test by logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y, fitted = _halves(real, generated, rng, neighborhoods)
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    model.fit(X[fitted], y[fitted])
    return _balanced_accuracy(np.sign(model.decision_function(X[~fitted])), y[~fitted])


@metric
def c2st_knn(
    real: np.ndarray,
    generated: np.ndarray,
    *,
    k: int | None = None,
    rng: np.random.Generator,
    neighborhoods: Neighborhoods,
) -> float:
    """Classifier two-sample test by k nearest neighbors."""
    X, y, fitted = _halves(real, generated, rng, neighborhoods)
    k = max(1, int(np.sqrt(fitted.sum()))) if k is None else k
    votes = _votes(X[~fitted], X[fitted], y[fitted], k)
    return _balanced_accuracy(np.sign(np.round(votes - np.mean(y[fitted]), 12)), y[~fitted])


def _votes(queries, points, labels, k):
    """The mean label of the k nearest points: their distances are not asked for, so most need no exact search."""
    if k >= len(points) or len(queries) * len(points) > 2**22:  # of more, all squares are too much memory
        return labels[neighbors(queries, points, k)[1]].mean(axis=1)
    squares = squared_distances(queries, points)
    blur = 1e-11 * max(np.einsum("ij,ij->i", X, X).max() for X in (queries, points))  # a square's rounding is less
    near = squares <= np.partition(squares, k - 1, axis=1)[:, k - 1 : k] + blur
    votes = near @ labels / k
    if (close := np.flatnonzero(near.sum(axis=1) != k)).size:  # where the next one is as near
        votes[close] = labels[neighbors(queries[close], points, k)[1]].mean(axis=1)
    return votes


def _halves(real, generated, rng, neighborhoods):
    """Pooled rows, their labels (1: generated), and which to fit on: half of the distinct rows, all copies of each."""
    X = np.concatenate([real, generated])
    y = np.repeat([0, 1], [len(real), len(generated)])
    group = neighborhoods.groups(real, generated)
    order = rng.permutation(group.max() + 1)
    fitted = np.isin(group, order[: len(order) // 2])
    for part, name in ((y[fitted], "fit"), (y[~fitted], "test")):
        if len(np.unique(part)) < 2:
            raise ValueError(
                f"a classifier two-sample test needs rows of the reference and of generated to {name} on, and the "
                f"{len(order)} distinct rows were split into {len(order) // 2} to fit and "
                f"{len(order) - len(order) // 2} to test on"
            )
    return X, y, fitted


def _balanced_accuracy(sign, y):
    right = (1 + sign * (2 * y - 1)) / 2
    return (right[y == 0].mean() + right[y == 1].mean()) / 2


def mann_whitney(x, y):
    """The number of pairs with the one of x above the one of y, where ties count 1/2.

    >>> mann_whitney([3.0, 1.0], [1.0, 0.0])
    3.5
    """
    from scipy.stats import rankdata

    return float(rankdata(np.concatenate([x, y]))[: len(x)].sum() - len(x) * (len(x) + 1) / 2)
