"""Fidelity and diversity: do the generated rows lie where the real ones do, and everywhere they do?"""

import numpy as np

from .registry import metric

_BALLS = (
    "k = 5; the ball of a row holds what is nearer, strictly, than its k-th nearest other row of its own sample, and, "
    "where k others are equal to it, what is equal; Euclidean"
)


def _need(X, k, name):
    if k < 1:
        raise ValueError(f"k must be 1 or more, got {k}")
    if len(X) <= k:
        raise ValueError(f"each {name} row needs k = {k} other {name} rows, and there are {len(X)} in all")


@metric(
    family="coverage",
    needs="reference",
    definition="share of generated rows that lie in the ball of some real row",
    source="Kynkaanniemi et al. 2019 (arXiv 1904.06991), eq. 1 and 2",
    better="higher",
    low=0,
    high=1,
    conventions=_BALLS,
    cost="O(N (N + M) d)",
    memgen_u="against train 1 exactly, where no row has k duplicates: a copy lies in its own row's ball",
    memgen_p="against train 1 exactly; against held-out as an honest sample",
    honest="below 1, and the less the higher the dimension",
)
def precision(real, generated, *, k=5, neighborhoods):
    """Precision: the generated rows that lie where real ones do."""
    _need(real, k, "real")
    return np.mean(neighborhoods.in_balls(generated, real, k) > 0)


@metric(
    family="coverage",
    needs="reference",
    definition="share of real rows that lie in the ball of some generated row",
    source="Kynkaanniemi et al. 2019 (arXiv 1904.06991), eq. 1 and 2",
    better="higher",
    low=0,
    high=1,
    conventions=_BALLS,
    cost="O(M (N + M) d)",
    memgen_u="against train near 1",
    memgen_p="against train 1 exactly",
    honest="below 1",
)
def recall(real, generated, *, k=5, neighborhoods):
    """Recall: the real rows that lie where generated ones do."""
    _need(generated, k, "generated")
    return np.mean(neighborhoods.in_balls(real, generated, k) > 0)


@metric(
    family="coverage",
    needs="reference",
    definition="mean over generated rows of the number of real balls that hold it, divided by k",
    source="Naeem et al. 2020 (arXiv 2002.09797)",
    better=1,
    low=0,
    high=np.inf,
    conventions=_BALLS,
    cost="O(N (N + M) d)",
    memgen_u="against train 1 in the mean",
    memgen_p="against train 1 exactly, where no distances are equal: each row is among the k nearest of k others, in "
    "the mean",
    honest="1 in the mean",
)
def density(real, generated, *, k=5, neighborhoods):
    """Density: how many real rows' balls hold a generated row."""
    _need(real, k, "real")
    return np.mean(neighborhoods.in_balls(generated, real, k)) / k


@metric(
    family="coverage",
    needs="reference",
    definition="share of real rows whose ball holds a generated row",
    source="Naeem et al. 2020 (arXiv 2002.09797)",
    better="higher",
    low=0,
    high=1,
    conventions=_BALLS,
    cost="O(N (N + M) d)",
    memgen_u="against train 1 - (1 - k/N)^M in the mean, near 1 - e^-k = .993 at M = N: more than the truth has",
    memgen_p="against train 1 exactly",
    honest="1 - prod over l = 1..k of (N - l)/(M + N - l), near 1 - 2^-k = .969 at M = N",
)
def coverage(real, generated, *, k=5, neighborhoods):
    """Coverage: the real rows with a generated one among their nearest."""
    _need(real, k, "real")
    return np.mean(neighborhoods.balls_held(generated, real, k))


@metric(
    family="coverage",
    needs="reference",
    definition="1 - 2 int |P_a - a| da over a from 0 to 1, where P_a is the share of generated rows in the ball "
    "around the real mean that holds a share a of the real rows",
    source="Alaa et al. 2022 (arXiv 2102.08921)",
    better="higher",
    low=0,
    high=1,
    conventions="the naive form: no network embeds the rows and nothing is scaled; the integral is exact, not a sum "
    "over 30 values of a",
    cost="O((N + M) d)",
    memgen_u="against train near 1, as an honest sample",
    memgen_p="against train 1 - 1/N",
    honest="near 1",
)
def alpha_precision(real, generated, *, neighborhoods):
    """Integrated alpha-precision."""
    return _agreement(_levels(real, generated, neighborhoods))


@metric(
    family="coverage",
    needs="reference",
    definition="1 - 2 int |R_b - b| db over b from 0 to 1, where R_b is the share of real rows whose ball holds its "
    "nearest generated row, and that one is among the share b of generated rows nearest to the generated mean",
    source="Alaa et al. 2022 (arXiv 2102.08921), estimated as its authors' code does",
    better="higher",
    low=0,
    high=1,
    conventions=_BALLS + "; naive as alpha_precision",
    cost="O(N (N + M) d)",
    memgen_u="against train between an honest sample's and 1: .84 at d = 16, N = M = 600",
    memgen_p="against train 1 - 1/N",
    honest="falls with the dimension, as the nearest generated rows are the central ones: .59 at d = 16, N = M = 600",
)
def beta_recall(real, generated, *, k=5, neighborhoods):
    """Integrated beta-recall."""
    _need(real, k, "real")
    distance, index, _ = neighborhoods.nearest(real, generated)
    levels = _levels(generated, generated, neighborhoods)[index[:, 0]]
    return _agreement(np.where(distance[:, 0] < neighborhoods.radii(real, k), levels, 1.0))


def _levels(real, generated, neighborhoods):
    """For each generated row, the share of real rows that are nearer to the real mean."""
    center, near = neighborhoods.once("center", (real,), lambda: _spread(real))
    far = near if generated is real else np.linalg.norm(generated - center, axis=1)
    # A copy is as near as its original, however its distance was rounded.
    return np.searchsorted(np.sort(near), far * (1 - 1e-12), side="left") / len(near)


def _spread(X):
    center = X.mean(axis=0)
    return center, np.linalg.norm(X - center, axis=1)


def _agreement(levels):
    """1 - 2 int |F(a) - a| da, exactly, for F the distribution function of the levels."""
    ends = np.concatenate([[0.0], np.sort(levels), [1.0]])
    height = np.linspace(0, 1, len(levels) + 1)
    low, high = ends[:-1], ends[1:]
    below, above = np.clip(height, low, high) - low, high - np.clip(height, low, high)
    nearest = np.maximum(np.maximum(low - height, height - high), 0)  # 0 where F crosses a
    area = below * (nearest + below / 2) + above * (nearest + above / 2)
    return 1 - 2 * area.sum()


@metric(
    family="coverage",
    needs="generated",
    definition="exp(-sum l_i log l_i) of the eigenvalues l_i of the kernel matrix divided by the number of rows",
    source="Friedman and Dieng 2023 (arXiv 2210.02410), definition 3.1",
    better="higher",
    low=1,
    high=np.inf,
    conventions="the kernel is the cosine, so that at most d is reached; no reference",
    cost="O(M d min(M, d))",
    memgen_u="as the training set, nearly: fooled",
    memgen_p="the training set's own",
    honest="that of the law: an effective number of directions",
)
def vendi(generated):
    """Vendi score: an effective number of different rows."""
    length = np.linalg.norm(generated, axis=1)
    if not length.all():
        bad = np.flatnonzero(length == 0)[:5].tolist()
        raise ValueError(f"vendi needs rows that are not 0, whose cosine is not defined; generated has zeros in {bad}")
    unit = generated / length[:, None]
    gram = unit.T @ unit if unit.shape[1] < len(unit) else unit @ unit.T
    share = np.linalg.eigvalsh(gram / len(unit))
    share = share[share > 0]
    return np.exp(-(share * np.log(share)).sum())
