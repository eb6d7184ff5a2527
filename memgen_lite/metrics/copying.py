"""Copying: are the generated rows nearer to the training rows than a fresh sample would be?"""

import numpy as np

from ..shared.neighbors import Neighborhoods
from ..shared.randomness import generator
from .distances import frechet_distance
from .registry import check_arrays, metric
from .two_sample import mann_whitney


@metric(
    family="copying",
    needs="train",
    definition="share of generated rows that are farther from their nearest training row than that row is from its "
    "own nearest other",
    source="Alaa et al. 2022 (arXiv 2102.08921); AuthPct of Stein et al. 2023 (arXiv 2306.04675) is 100 times it",
    better="higher",
    low=0,
    high=1,
    conventions="strict >, Euclidean; training rows that are equal count once; in 0-1 and nothing subtracted",
    cost="O(N (N + M) d)",
    memgen_u="0 exactly",
    memgen_p="0 exactly",
    honest="not 1/2: 1/3 at d = 1, and measured .39 at d = 2, .48 at 4, .59 at 8, .68 at 16, .81 at 64, .85 at 256 "
    "for normal laws",
)
def authenticity(train, generated, *, neighborhoods):
    """Authenticity: the share of generated rows that are no near-copies."""
    train = two_distinct(train, neighborhoods, "authenticity", "training")
    distance, index, _ = neighborhoods.nearest(generated, train)
    own = neighborhoods.nearest(train, train)[0][:, 0]
    return np.mean(distance[:, 0] > own[index[:, 0]])


@metric(
    family="copying",
    needs="both",
    definition="sum w_c Z_c / sum w_c over cells c, where Z_c is the Mann-Whitney statistic, in standard deviations, "
    "of the distances to the cell's training rows of generated against held-out rows, and w_c the share of held-out "
    "rows in c",
    source="Meehan, Chaudhuri and Dasgupta 2020 (arXiv 2004.05675)",
    better=0,
    low=-np.inf,
    high=np.inf,
    conventions="5 cells of k-means on the training rows, no PCA; a cell counts with more than 20 generated rows and "
    "one held-out; ties count 1/2; neither continuity nor tie correction",
    cost="O((H + M) N d / cells) and k-means",
    memgen_u="the floor -sqrt(3nm/(n + m + 1)) in each cell of n held-out and m generated rows: set by the sizes, no "
    "effect size",
    memgen_p="the same floor",
    honest="0, with standard deviation sqrt(sum w^2)/sum w, about 1/sqrt(cells) and not 1",
)
def c_t(train, held_out, generated, *, cells=5, min_generated=20, centers=None, rng, neighborhoods):
    """Data-copying test statistic C_T; with `centers`, array (cells, d), of the cells around these."""
    if centers is None:
        centers = cell_centers(train, cells, rng)
    kept = [cell for cell in _cells(train, held_out, generated, centers, neighborhoods) if cell["z"] is not None]
    kept = [cell for cell in kept if cell["generated"] > min_generated]
    if not kept:
        raise ValueError(
            f"no cell has more than {min_generated} generated rows and a held-out one: "
            f"ask for fewer than {cells} cells, or give more rows than {len(generated)} and {len(held_out)}"
        )
    weights = np.array([cell["held_out"] for cell in kept])
    return weights @ [cell["z"] for cell in kept] / weights.sum()


def c_t_cells(train, held_out, generated, *, cells=5, random_state=0):
    """The cells behind :func:`c_t`: dicts with the number of `train`, `held_out` and `generated` rows, and `z`.

    `z` is None in a cell without held-out or generated rows.
    """
    arrays = check_arrays({"train": train, "held_out": held_out, "generated": generated})
    centers = cell_centers(arrays["train"], cells, generator(random_state))
    return _cells(*arrays.values(), centers, Neighborhoods())


def cell_centers(train, cells, rng):
    """The k-means of the training rows, as many as they have different rows at most: array (cells, d)."""
    from sklearn.cluster import KMeans

    cells = min(cells, len(np.unique(train, axis=0)))
    return KMeans(cells, n_init=10, random_state=int(rng.integers(2**31))).fit(train).cluster_centers_


def _cells(train, held_out, generated, centers, neighborhoods):
    def part(X, c):
        return neighborhoods.part(X, neighborhoods.nearest(X, centers)[1][:, 0] == c)

    found = []
    for c in range(len(centers)):
        t, h, g = (
            neighborhoods.once(("cell", c), (X, centers), lambda X=X, c=c: part(X, c))
            for X in (train, held_out, generated)
        )
        z = None
        if len(t) and len(h) and len(g):
            farther = mann_whitney(*(neighborhoods.nearest(X, t)[0][:, 0] for X in (g, h)))
            n, m = len(h), len(g)
            z = float((farther - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))
        found.append({"train": len(t), "held_out": len(h), "generated": len(g), "z": z})
    return found


@metric(
    family="copying",
    needs="train",
    definition="frechet / (s + 1e-14) where s, the mean over generated rows of the least 1 - |cos| to a training "
    "row, is below a threshold, else frechet",
    source="Bai et al. 2021 (arXiv 2106.03062)",
    better="lower",
    low=0,
    high=np.inf,
    conventions="threshold .1; the least is taken over training rows, for each generated one; +inf where all "
    "generated rows are copies, where the formula has 0/0 for the exact copy",
    cost="as frechet and O(N M d)",
    memgen_u="+inf",
    memgen_p="+inf",
    honest="that of frechet, unless the features are such that all rows point one way",
)
def mifid(train, generated, *, threshold=0.1, neighborhoods):
    """Memorization-informed Frechet distance (MiFID when the features are Inception's)."""
    for name, X in (("train", train), ("generated", generated)):
        if len(zero := np.flatnonzero(~X.any(axis=1))):
            raise ValueError(
                f"mifid needs rows that are not 0, whose cosine is not defined; {name} has {zero[:5].tolist()}"
            )
    if train.shape[1] == 1:
        raise ValueError("mifid needs 2 features: of one alone every cosine is 1 or -1")
    distance = neighborhoods.line_distances(generated, train).mean()
    if distance < 1e-15:
        return np.inf
    value = frechet_distance(train, generated, neighborhoods)
    return value / (distance + 1e-14) if distance < threshold else value


@metric(
    family="copying",
    needs="both",
    definition="P(d(g, T) < d(g, H)) + P(d(g, T) = d(g, H)) / 2 for distances d to the nearest training and held-out "
    "row",
    source="Platzer and Reutterer 2021 (arXiv 2104.00635)",
    better=0.5,
    low=0,
    high=1,
    conventions="Euclidean; ties count 1/2; no row is left out; not corrected for sizes that differ",
    cost="O(M (N + H) d)",
    memgen_u="1, where no training row is held out too",
    memgen_p="1, where no training row is held out too",
    honest="N/(N + H), so 1/2 only at equal sizes",
)
def dcr_share(train, held_out, generated, *, neighborhoods):
    """Share of generated rows that are nearer to the training than to the held-out rows."""
    near, far = (neighborhoods.nearest(generated, X)[0][:, 0] for X in (train, held_out))
    return np.mean((near < far) + (near == far) / 2)


@metric(
    family="copying",
    needs="train",
    definition="mean over generated rows of d_1/d_2, the distances to the nearest and to the second nearest training "
    "row",
    source="the ratio of Lowe 2004, International Journal of Computer Vision 60, as used on synthetic data",
    better="higher",
    low=0,
    high=1,
    conventions="Euclidean; training rows that are equal count once",
    cost="O(N M d)",
    memgen_u="0",
    memgen_p="0",
    honest="depends on the dimension, measured .67 at d = 2 and .94 at 16: compare with the held-out rows'",
)
def nndr(train, generated, *, neighborhoods):
    """Nearest neighbor distance ratio."""
    distance = neighborhoods.nearest(generated, two_distinct(train, neighborhoods, "nndr", "training"), 2)[0]
    return np.mean(distance[:, 0] / distance[:, 1])


@metric(
    family="copying",
    needs="train",
    definition="share of generated rows that are equal to a training row",
    source="the identical match share of synthetic-data reports",
    better="lower",
    low=0,
    high=1,
    conventions="equal in every feature, as float64",
    cost="O(N M d), one search",
    memgen_u="1",
    memgen_p="1",
    honest="0 for a continuous law, else the share of fresh rows that the training set happens to hold",
)
def identical_share(train, generated, *, neighborhoods):
    """Share of exact copies."""
    return np.mean(neighborhoods.nearest(generated, train)[0][:, 0] == 0)


@metric(
    family="copying",
    needs="generated",
    definition="number of pairs of generated rows / number of pairs that are equal",
    source="Arora and Zhang 2017 (arXiv 1706.08224), by all pairs in the place of the first duplicate",
    better="higher",
    low=1,
    high=np.inf,
    conventions="equal in every feature; +inf without an equal pair",
    cost="O(M log M d)",
    memgen_u="near N: the size of its memory",
    memgen_p="+inf, where no training row is there twice: a recital has no repeats",
    honest="+inf for a continuous law",
)
def birthday_support(generated, *, neighborhoods):
    """Number of different rows that a generator seems to have, from its repeats."""
    counts = neighborhoods.multiplicities(generated)
    pairs = (counts * (counts - 1) // 2).sum()
    return len(generated) * (len(generated) - 1) / 2 / pairs if pairs else np.inf


def birthday_probability(rows, support):
    """P(some two of `rows` draws from `support` equally likely values are equal) = 1 - prod (1 - i / support).

    >>> round(birthday_probability(38, 1000), 3)
    0.509
    """
    return float(1 - np.prod(1 - np.arange(min(rows, support + 1)) / support))


def two_distinct(X, neighborhoods, metric, rows):
    """The different ones of the `rows` X ("training", "held-out") of a metric that needs 2 of them at least."""
    different = neighborhoods.distinct(X)
    if len(different) < 2:
        raise ValueError(f"{metric} needs 2 different {rows} rows, so that one has another, got {len(different)}")
    return different
