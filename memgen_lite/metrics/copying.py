"""Copying: are the generated rows nearer to the training rows than a fresh sample would be?"""

import warnings
from typing import Any

import numpy as np

from ..shared.checks import whole
from ..shared.neighbors import Neighborhoods
from ..shared.randomness import generator
from ..shared.types import Data, RandomState
from .distances import frechet
from .registry import metric, required
from .two_sample import mann_whitney


@metric
def authenticity(train: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Authenticity: the share of generated rows that are no near-copies."""
    train = two_distinct(train, neighborhoods, "authenticity", "train")
    distance, index, _ = neighborhoods.nearest(generated, train)
    own = neighborhoods.nearest(train, train)[0][:, 0]
    return np.mean(distance[:, 0] > own[index[:, 0]])


@metric
def c_t(
    train: np.ndarray,
    held_out: np.ndarray,
    generated: np.ndarray,
    *,
    cells: int = 5,
    min_generated: int = 20,
    centers: np.ndarray | None = None,
    rng: np.random.Generator,
    neighborhoods: Neighborhoods,
) -> float:
    """Data-copying test statistic C_T; with `centers`, array (cells, d), of the cells around these."""
    if centers is None:
        centers = cell_centers(train, cells, rng)
    if centers.ndim != 2 or centers.shape[1] != train.shape[1] or not len(centers):
        raise ValueError(f"centers must be an array (cells, {train.shape[1]}), got shape {centers.shape}")
    kept = [cell for cell in _cells(train, held_out, generated, centers, neighborhoods) if cell["z"] is not None]
    kept = [cell for cell in kept if cell["generated"] > min_generated]
    if not kept:
        raise ValueError(
            f"no cell has more than {min_generated} generated rows and a held-out one: "
            f"ask for fewer than {cells} cells, or give more rows than {len(generated)} and {len(held_out)}"
        )
    weights = np.array([cell["held_out"] for cell in kept])
    return weights @ [cell["z"] for cell in kept] / weights.sum()


def c_t_cells(
    train: Data, held_out: Data, generated: Data, *, cells: int = 5, random_state: RandomState = 0
) -> list[dict[str, Any]]:
    """The cells behind :func:`c_t`: dicts with the number of `train`, `held_out` and `generated` rows, and `z`.

    `z` is None in a cell without held-out or generated rows.
    """
    rng, cells = generator(random_state), whole(cells, "cells", 1)
    arrays = required({"train": train, "held_out": held_out, "generated": generated})
    centers = cell_centers(arrays["train"], cells, rng)
    return _cells(*arrays.values(), centers, Neighborhoods())


def cell_centers(train, cells, rng):
    """The k-means of the training rows, as many as they have different rows at most: array (cells, d)."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    cells = min(cells, len(np.unique(train, axis=0)))
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # of rows that differ by a rounding
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


@metric
def mifid(train: np.ndarray, generated: np.ndarray, *, threshold: float = 0.1, neighborhoods: Neighborhoods) -> float:
    """Memorization-informed Frechet distance (MiFID when the features are Inception's)."""
    for name, X in (("train", train), ("generated", generated)):
        if len(zero := np.flatnonzero(~X.any(axis=1))):
            raise ValueError(
                f"mifid needs rows that are not 0, whose cosine is not defined; {name} has {zero[:5].tolist()}"
            )
    if train.shape[1] == 1:
        raise ValueError("mifid needs 2 features of train and generated: of one alone every cosine is 1 or -1")
    distance = neighborhoods.line_distances(generated, train).mean()
    if distance < 1e-15:
        return np.inf
    value = frechet.__wrapped__(train, generated, neighborhoods=neighborhoods)
    return value / (distance + 1e-14) if distance < threshold else value


@metric
def dcr_share(train: np.ndarray, held_out: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Share of generated rows that are nearer to the training than to the held-out rows."""
    near, far = (neighborhoods.nearest(generated, X)[0][:, 0] for X in (train, held_out))
    return np.mean((near < far) + (near == far) / 2)


@metric
def nndr(train: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Nearest neighbor distance ratio."""
    distance = neighborhoods.nearest(generated, two_distinct(train, neighborhoods, "nndr", "train"), 2)[0]
    return np.mean(distance[:, 0] / distance[:, 1])


@metric
def identical_share(train: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Share of exact copies."""
    return np.mean(neighborhoods.nearest(generated, train)[0][:, 0] == 0)


@metric
def birthday_support(generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Number of different rows that a generator seems to have, from its repeats."""
    counts = neighborhoods.multiplicities(generated)
    pairs = (counts * (counts - 1) // 2).sum()
    return len(generated) * (len(generated) - 1) / 2 / pairs if pairs else np.inf


def birthday_probability(rows: Any, support: Any) -> Any:
    """P(some two of `rows` draws from `support` equally likely values are equal) = 1 - prod (1 - i / support).

    >>> round(birthday_probability(38, 1000), 3)
    0.509
    """
    rows, support = whole(rows, "rows", 0), whole(support, "support", 1)
    return float(1 - np.prod(1 - np.arange(min(rows, support + 1)) / support))


def two_distinct(X, neighborhoods, metric, rows):
    """The different ones of the `rows` X ("train", "held_out") of a metric that needs 2 of them at least."""
    different = neighborhoods.distinct(X)
    if len(different) < 2:
        raise ValueError(f"{metric} needs 2 different rows of {rows}, so that one has another, got {len(different)}")
    return different
