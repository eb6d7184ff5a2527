"""Membership: do the generated rows give away which rows were trained on?"""

import numpy as np

from .copying import two_distinct
from .registry import metric
from .two_sample import mann_whitney


@metric(
    family="copying",
    needs="both",
    definition="P(d(t, G) < d(h, G)) + P(=)/2 of a training row t and a held-out row h, d the distance to the "
    "nearest generated row",
    source="Hilprecht et al. 2019; Chen et al. 2020 (arXiv 1909.03935), the full black-box attack",
    better=0.5,
    low=0,
    high=1,
    conventions="area under the curve of the attack; ties count 1/2; Euclidean",
    cost="O(M (N + H) d)",
    memgen_u="1 - (1 - 1/N)^M / 2, near 1 - 1/(2e) = .816 at M = N: rows never drawn stay hidden",
    memgen_p="1, where no training row is held out too",
    honest="1/2",
)
def membership_auc(train, held_out, generated, *, neighborhoods):
    """Area under the curve of the nearest-neighbor membership attack."""
    return _auc(*(-neighborhoods.nearest(X, generated)[0][:, 0] for X in (train, held_out)))


@metric(
    family="copying",
    needs="both",
    definition="the same area for the score p_G(x)/p_R(x), the density of the generated rows over that of a reference",
    source="van Breugel et al. 2023 (arXiv 2302.12580), eq. 2",
    better=0.5,
    low=0,
    high=1,
    conventions="both densities by the nearest row, (d(x, R)/d(x, G))^d, which orders rows as d(x, R)/d(x, G) does; "
    "the reference is the held-out sample, without what equals x; ties count 1/2",
    cost="O((N + H)(H + M) d)",
    memgen_u="1 - (1 - 1/N)^M / 2 at the least, near .816 at M = N, and more by the rows never drawn",
    memgen_p="1, where no training row is held out too",
    honest="1/2, to 1/H",
)
def domias(train, held_out, generated, *, neighborhoods):
    """Area under the curve of a membership attack by density ratio."""
    others = two_distinct(held_out, neighborhoods, "domias", "held-out")
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


@metric(
    family="copying",
    needs="train",
    definition="share of generated rows in a ball around a training row that holds a share q of the generated rows "
    "and p of the law with q >= lambda p and p <= gamma",
    source="Bhattacharjee, Dasgupta and Chaudhuri 2023 (arXiv 2302.13181)",
    better="lower",
    low=0,
    high=1,
    conventions="lambda = 20, gamma = 1/4000; p of a ball is (b/(N - 1)) (r/r_b)^a, where r_b reaches to the b-th "
    "nearest other training row, b = 10 at least, and a is the dimension of the data (maximum likelihood of the b "
    "nearest distances if not given); q is counted on the same generated rows",
    cost="O(N (N + M) d)",
    memgen_u="1, unless training rows have many duplicates",
    memgen_p="1, unless training rows have many duplicates",
    honest="about N/(lambda M), by single rows that come near by chance, where the law of p holds",
)
def lambda_gamma_copying(train, generated, *, lambda_=20, gamma=1 / 4000, dimension=None, neighborhoods):
    """Rate of (lambda, gamma)-copying."""
    n, m = len(train) - 1, len(generated)
    b = max(10, int(np.ceil(gamma * n)))
    if n < b:
        raise ValueError(f"lambda_gamma_copying needs {b + 1} training rows to know a ball's share, got {len(train)}")
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


def intrinsic_dimension(near):
    """Dimension by maximum likelihood (Levina and Bickel 2005; pooled as MacKay and Ghahramani do) of distances (n, k).

    >>> from memgen_lite.shared.neighbors import neighbors
    >>> X = np.random.default_rng(0).normal(size=(2000, 3)) @ np.eye(3, 10)
    >>> round(intrinsic_dimension(neighbors(X, X, 20, exclude_self=True)[0]), 1)
    3.0
    """
    inner, outer = near[:, :-1], near[:, -1:]
    inside = (inner > 0) & (outer > 0)
    logs = np.log(np.where(inside, outer, 1) / np.where(inside, inner, 1))
    return float(inside.sum() / logs.sum()) if logs.any() else 1.0
