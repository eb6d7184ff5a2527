"""Two-sample tests, used as scores: can a classifier tell the generated rows from the real ones?"""

import numpy as np

from ..shared.neighbors import Neighborhoods, neighbors
from .registry import metric


@metric(
    family="tests",
    needs="reference",
    definition="share of pooled rows whose nearest other row is of their own sample, mean of the two samples' shares",
    source="Friedman and Rafsky 1979; Lopez-Paz and Oquab 2017 (arXiv 1610.06545); Xu et al. 2018 (arXiv 1806.07755)",
    better=0.5,
    low=0,
    high=1,
    conventions="leave one out, k = 1, Euclidean; ties are fair: of several nearest rows each counts for its share; "
    "the mean of the two accuracies, so that samples of different size have a null of 1/2 too",
    cost="O((N + M)^2 d), two searches of neighbors in each sample",
    memgen_u="against train, M = N: e^-1 = .3679 of generated and e^-1 (1 - e^-1) = .2325 of real rows, mean .3002; "
    "against held-out about .69, for its repeats and not for its copying",
    memgen_p="against train 0, exactly: each row's neighbor is its copy; against held-out 1/2: fooled",
    honest="1/2",
)
def nn_accuracy(real, generated, *, neighborhoods):
    """Leave-one-out accuracy of the nearest neighbor that tells the two samples apart."""
    return np.mean(nn_accuracies(real, generated, neighborhoods=neighborhoods))


def nn_accuracies(real, generated, *, neighborhoods=None):
    """The accuracies of :func:`nn_accuracy` on real and on generated rows.

    A row with `a` nearest rows in its own sample and `b` in the other, all at the same distance, counts a / (a + b).
    """
    neighborhoods = neighborhoods or Neighborhoods()
    if min(len(real), len(generated)) < 2:
        raise ValueError(f"nn_accuracy needs 2 rows of each sample, got {len(real)} and {len(generated)}")
    shares = []
    for own, other in ((real, generated), (generated, real)):
        near, _, a = neighborhoods.nearest(own, own)
        far, _, b = neighborhoods.nearest(own, other)
        near, far = near[:, 0], far[:, 0]
        shares.append(float(np.mean((near < far) + (near == far) * a / (a + b))))
    return tuple(shares)


@metric(
    family="tests",
    needs="reference",
    definition="accuracy, on one half of the pooled rows, of a logistic regression fitted to the other half",
    source="Lopez-Paz and Oquab 2017 (arXiv 1610.06545)",
    better=0.5,
    low=0,
    high=1,
    conventions="halves are split by distinct row, so that no copy of a test row is fitted; features are "
    "standardized; mean of the accuracies of the two classes; 1/2 credit for a probability of 1/2",
    cost="O((N + M) d) a step of the fit",
    memgen_u="against train about 1/2: repeats are not linear",
    memgen_p="against train 1/2 exactly: each test row stands there with both labels; against held-out 1/2",
    honest="1/2, with standard deviation about 1/sqrt(2(N + M))",
)
def c2st_logistic(real, generated, *, rng):
    """Classifier two-sample test by logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y, fitted = _halves(real, generated, rng)
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    model.fit(X[fitted], y[fitted])
    return _balanced_accuracy(np.sign(model.decision_function(X[~fitted])), y[~fitted])


@metric(
    family="tests",
    needs="reference",
    definition="accuracy, on one half of the pooled rows, of the vote of the k nearest rows of the other half",
    source="Lopez-Paz and Oquab 2017 (arXiv 1610.06545)",
    better=0.5,
    low=0,
    high=1,
    conventions="k = the square root of the rows of a half, as there; halves split by distinct row; votes are "
    "weighted so that the classes have equal weight; mean of the accuracies of the two classes; 1/2 credit for a tie",
    cost="O((N + M)^2 d)",
    memgen_u="against train about 1/2",
    memgen_p="against train 1/2 exactly: each test row stands there with both labels; against held-out 1/2",
    honest="1/2, with standard deviation about 1/sqrt(2(N + M))",
)
def c2st_knn(real, generated, *, k=None, rng):
    """Classifier two-sample test by k nearest neighbors."""
    X, y, fitted = _halves(real, generated, rng)
    k = max(1, int(np.sqrt(fitted.sum()))) if k is None else k
    _, near = neighbors(X[~fitted], X[fitted], k)
    votes = y[fitted][near]
    share = np.mean(y[fitted])
    return _balanced_accuracy(np.sign(np.round(votes.mean(axis=1) - share, 12)), y[~fitted])


def _halves(real, generated, rng):
    """Pooled rows, their labels (1: generated), and which to fit on: half of the distinct rows, all copies of each."""
    X = np.concatenate([real, generated])
    y = np.repeat([0, 1], [len(real), len(generated)])
    _, group = np.unique(X, axis=0, return_inverse=True)
    group = group.ravel()
    order = rng.permutation(group.max() + 1)
    fitted = np.isin(group, order[: len(order) // 2])
    for part, name in ((y[fitted], "fit"), (y[~fitted], "test")):
        if len(np.unique(part)) < 2:
            raise ValueError(
                f"a classifier two-sample test needs rows of both samples to {name} on, and the {len(order)} distinct "
                f"rows were split into {len(order) // 2} to fit and {len(order) - len(order) // 2} to test on"
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
