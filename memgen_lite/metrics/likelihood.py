"""Likelihoods: what a density made of the generated rows, or a model's own, gives away."""

from typing import Any

import numpy as np
from numpy.random import Generator

from ..shared.checks import able, whole
from ..shared.neighbors import Neighborhoods, distinct
from ..shared.randomness import generator
from ..shared.types import Data, RandomState
from .distances import squared_distances, thinned
from .registry import metric, required


@metric
def fld(
    train: np.ndarray, held_out: np.ndarray, generated: np.ndarray, *, rng: Generator, neighborhoods: Neighborhoods
) -> float:
    """Feature likelihood divergence."""
    train, held_out, generated, widths = _fitted(train, held_out, generated, rng, neighborhoods)
    rows = distinct(train)  # else a row and its twin, one in each part, would be a copy
    if len(rows) < 4:
        raise ValueError(f"fld needs 4 different rows of train, to fit half of them to the others, got {len(rows)}")
    first = rng.permutation(len(rows)) < min(len(generated), len(rows) // 2)
    ours = _loss(held_out, generated, widths)
    base = _loss(held_out, rows[first], _widths(rows[~first], rows[first]))
    return 100 * (ours - base) / train.shape[1]


@metric
def fld_gap(
    train: np.ndarray, held_out: np.ndarray, generated: np.ndarray, *, rng: Generator, neighborhoods: Neighborhoods
) -> float:
    """Generalization gap of the feature likelihood."""
    train, held_out, generated, widths = _fitted(train, held_out, generated, rng, neighborhoods)
    return 100 * (_loss(train, generated, widths) - _loss(held_out, generated, widths)) / train.shape[1]


def _fitted(train, held_out, generated, rng, neighborhoods, max_generated=2000):
    """The standardized samples, and the widths of the generated rows."""

    def fit():
        spread = held_out.std(axis=0)
        spread = np.where(spread > 0, spread, 1)
        samples = [(X - held_out.mean(axis=0)) / spread for X in (train, held_out, centers)]
        return *samples, _widths(samples[0], samples[2])

    centers = thinned(generated, max_generated, rng)
    return neighborhoods.once("fld", (train, held_out, centers), fit)


def _widths(rows, centers, steps=50):
    """log s^2 of each center, of the mixture that makes `rows` most likely beside one wide law around their mean."""
    d = rows.shape[1]
    blocks, from_mean = _blocks(rows, centers), ((rows - rows.mean(axis=0)) ** 2).sum(axis=1)
    widths = np.log((np.min([squares.min(axis=0) for squares in blocks()], axis=0) + 1e-3) / d)
    wide = np.log(from_mean.mean() / d + 1e-3)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(steps):
            (share, spread), (wide_share, wide_spread) = _expected(blocks, from_mean, widths, wide, d)
            fitted = np.where(share > 1e-12, np.clip(np.log(spread / (d * share)), -40, 20), widths)
            wide_fitted = np.clip(np.log(wide_spread / (d * wide_share)), -40, 20) if wide_share > 1e-12 else wide
            moved = max(np.abs(fitted - widths).max(), abs(wide_fitted - wide))
            widths, wide = fitted, wide_fitted
            if moved < 1e-3:
                break
    return widths


def _expected(blocks, from_mean, widths, wide, d):
    """For each center, and for the wide law: how many rows are its own, and their squared distances in all."""
    sums, wide_sums, start = np.zeros((2, len(widths))), np.zeros(2), 0
    for squares in blocks():
        own = from_mean[start : start + len(squares)]
        start += len(squares)
        weights, wide_weights = _log_terms(squares, widths, d), _log_terms(own, wide, d) + np.log(len(widths))
        top = np.maximum(weights.max(axis=1), wide_weights)  # the wide law is as heavy as all the centers together
        weights -= top[:, None]
        wide_weights = np.exp(wide_weights - top)
        # In single precision, which takes a quarter of the time and is off by 1e-7: half of this function is here.
        np.exp(weights, out=weights, dtype=np.float32, casting="same_kind")
        scale = 1 / (weights.sum(axis=1) + wide_weights)
        sums[0] += scale @ weights
        weights *= squares
        sums[1] += scale @ weights
        wide_sums += (scale * wide_weights).sum(), (scale * wide_weights) @ own
    return sums, wide_sums


def _blocks(rows, centers, memory=2**28):
    """A function to squared distances of rows to centers, block by block: kept if small, else computed at each pass."""
    step = max(1, memory // (64 * len(centers)))
    parts = [(rows[i : i + step], centers) for i in range(0, len(rows), step)]
    kept = [squared_distances(*part) for part in parts if len(rows) * len(centers) * 8 <= memory]
    return lambda: kept or (squared_distances(*part) for part in parts)


def _log_terms(squares, widths, d):
    terms = squares * (-0.5 * np.exp(-widths))
    terms -= 0.5 * d * widths
    return terms


def _loss(rows, centers, widths):
    d, total = rows.shape[1], 0.0
    for squares in _blocks(rows, centers)():
        terms = _log_terms(squares, widths, d)
        top = terms.max(axis=1)
        terms -= top[:, None]
        total += (top + np.log(np.exp(terms, out=terms).sum(axis=1))).sum()
    return 0.5 * d * np.log(2 * np.pi) + np.log(len(centers)) - total / len(rows)


def kfold_memorization(model: Any, X: Data, *, folds: int = 10, repeats: int = 1, random_state: RandomState = 0) -> Any:
    """How much more likely a model finds each row when it was trained on it: van den Burg and Williams 2021.

    M_i = mean of log p(x_i) over fits with x_i in the training folds, less the mean over fits with x_i left out
    (arXiv 2106.03216, whose authors take 10 folds and 10 repeats). It is apart from the registry, as it refits a model
    and needs its density.

    Parameters
    ----------
    model : an estimator with `fit(X)` and `score_samples(X)`, the natural log of a density, which `sklearn.base.clone`
        can copy; it is not changed.
    X : array (n, d).
    folds : int from 2 to n; or None to leave one row out at a time, and take log p(x_i) with it in from one fit to all.
    repeats : int, how many times the rows are shuffled into folds.
    random_state : int, Generator, RandomState or None.

    Returns
    -------
    float array (n,): M_i, 0 for no memory, +inf for a memorizer, which gives a row that it never saw no probability.
    """
    from sklearn.base import clone

    able(model, "model", "fit", "score_samples", "get_params")
    X, repeats = required({"X": X})["X"], whole(repeats, "repeats", 1)
    n = len(X)
    if folds is not None and not 2 <= whole(folds, "folds", 2) <= n:
        raise ValueError(f"folds must be from 2 to the {n} rows of X, or None, got {folds}")
    rng = generator(random_state)
    kept, left = np.zeros((2, n)), np.zeros((2, n))  # sum of log p, number of fits
    if folds is None:
        kept += clone(model).fit(X).score_samples(X), np.ones(n)
    for _ in range(1 if folds is None else repeats):
        place = np.arange(n) if folds is None else rng.permutation(n) % folds
        for fold in range(place.max() + 1):
            out = place == fold
            fitted = clone(model).fit(X[~out])
            left[:, out] += fitted.score_samples(X[out]), np.ones(out.sum())
            if folds is not None:
                kept[:, ~out] += fitted.score_samples(X[~out]), np.ones((~out).sum())
    return kept[0] / kept[1] - left[0] / left[1]
