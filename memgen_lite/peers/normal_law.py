"""A normal distribution in any units, whose data may fill a subspace: the density in it, and none off it."""

import numpy as np

_SHORT = 64 * np.finfo(np.float64).eps  # of a value, within which it is rounded
_ASKED = 1e-12  # the same of rows that others computed
_FAR = 8  # times as far off as the farthest training row


def normal_law(X):
    """The law of rows (n, d): a dict of the arrays that :func:`log_density` takes.

    `mean` (d,); `sd` (d,), the unit of each column; `basis` (k, d), the principal directions in these units along which
    rows vary by more than rounding, and `spread` (k,), their standard deviations; `most` (d,), how far rows lie off.
    """
    still, sd = X.min(axis=0) == X.max(axis=0), X.std(axis=0)
    mean = np.where(still, X[0], X.mean(axis=0))
    sd = np.where(still | (sd == 0), 1.0, sd)  # 0 where squares vanish
    Z = (X - mean) / sd
    values, vectors = np.linalg.eigh(Z.T @ Z / len(Z))
    spread, basis = np.sqrt(np.maximum(values, 0)), vectors.T
    if spread[0] < 1e-3 * spread[-1]:  # squares have lost half of the digits of what is so small
        _, spread, basis = np.linalg.svd(np.linalg.qr(Z, mode="r"), full_matrices=False)
        spread = spread / np.sqrt(len(Z))
    kept = spread > _SHORT * np.sqrt(basis**2 @ (1 + np.abs(mean) / sd) ** 2)
    return along(X, mean, basis[kept], spread[kept], sd)


def along(X, mean, basis, spread, sd=None):
    """The law that has these directions, as of :func:`normal_law`, and the mean and the farthest of rows `X`."""
    law = {"mean": mean, "sd": np.ones(len(mean)) if sd is None else sd, "basis": basis, "spread": spread}
    _, off = split(X, law)
    return law | {"most": np.abs(off).max(axis=0)}


def lies_within(X, law):
    """Whether rows lie off the subspace of a law by no more than they are rounded."""
    found, off = split(X, law)
    return bool((np.abs(off) <= _SHORT * _size(found, law)).all())


def root(law):
    """(d, k): what takes independent normal numbers to rows of the law, less its mean."""
    return (law["spread"][:, None] * law["basis"] * law["sd"]).T


def log_density(X, law):
    """The natural log of the density at each row (n,): in the subspace, by its own volume; off it, minus infinity."""
    found, off = split(X, law)
    outside = (np.abs(off) > _FAR * law["most"] + _ASKED * _size(found, law)).any(axis=1)
    if len(law["spread"]) == len(law["sd"]):
        volume = np.log(law["spread"]).sum() + np.log(law["sd"]).sum()
    else:
        volume = np.log(np.abs(np.diagonal(np.linalg.qr(root(law), mode="r")))).sum()
    squares = ((found / law["spread"]) ** 2).sum(axis=1)
    return np.where(outside, -np.inf, 0.0 - squares / 2 - found.shape[1] * np.log(2 * np.pi) / 2 - volume)


def _size(found, law):
    """Of what sums of such a size (n, d) rows are made, so that a part of it is rounding."""
    return np.abs(law["mean"]) / law["sd"] + np.abs(found) @ np.abs(law["basis"])


def split(X, law):
    """Rows in the units of a law: (n, k) along its directions, and (n, d), what is left of them."""
    Z = (X - law["mean"]) / law["sd"]
    found = Z @ law["basis"].T
    return found, Z - found @ law["basis"]
