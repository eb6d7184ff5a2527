"""Fidelity and diversity: do the generated rows lie where the real ones do, and everywhere they do?"""

import numpy as np

from ..shared.neighbors import Neighborhoods
from .registry import metric


def _need(X, k, name):
    if len(X) <= k:
        raise ValueError(f"each row of {name} needs k = {k} others, and there are {len(X)} in all")


@metric
def precision(real: np.ndarray, generated: np.ndarray, *, k: int = 5, neighborhoods: Neighborhoods) -> float:
    """Precision: the generated rows that lie where real ones do."""
    _need(real, k, "the reference")
    return np.mean(neighborhoods.in_balls(generated, real, k) > 0)


@metric
def recall(real: np.ndarray, generated: np.ndarray, *, k: int = 5, neighborhoods: Neighborhoods) -> float:
    """Recall: the real rows that lie where generated ones do."""
    _need(generated, k, "generated")
    return np.mean(neighborhoods.in_balls(real, generated, k) > 0)


@metric
def density(real: np.ndarray, generated: np.ndarray, *, k: int = 5, neighborhoods: Neighborhoods) -> float:
    """Density: how many real rows' balls hold a generated row."""
    _need(real, k, "the reference")
    return np.mean(neighborhoods.in_balls(generated, real, k)) / k


@metric
def coverage(real: np.ndarray, generated: np.ndarray, *, k: int = 5, neighborhoods: Neighborhoods) -> float:
    """Coverage: the real rows with a generated one among their nearest."""
    _need(real, k, "the reference")
    return np.mean(neighborhoods.balls_held(generated, real, k))


@metric
def alpha_precision(real: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Integrated alpha-precision."""
    return _agreement(_levels(real, generated, neighborhoods))


@metric
def beta_recall(real: np.ndarray, generated: np.ndarray, *, k: int = 5, neighborhoods: Neighborhoods) -> float:
    """Integrated beta-recall."""
    _need(real, k, "the reference")
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


@metric
def vendi(generated: np.ndarray) -> float:
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
