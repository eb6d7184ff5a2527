"""What the test takes for granted, looked at in a sample, for less than the test itself costs."""

import numpy as np

from ..neighbors import neighbors
from .nearness import values

_ROWS, _HITS, _COLUMNS = 1000, 500, 32


def check(inputs, near, groups, metric, rng):
    """Three lines, each a dict: `check`, `holds` (True, False, or None where it can't be told), `finding`."""
    train, held_out = inputs.rows["train"], inputs.rows["held_out"]
    lines = [_exchangeable(train, held_out, groups, rng), _across(train, held_out, near, metric)]
    equal = int(np.isin(inputs.same["held_out"], inputs.same["train"]).sum())
    own = len(train) - len(np.unique(inputs.same["train"]))
    finding = f"{equal:,} of {len(held_out):,} held-out rows equal a training row"
    if equal:
        finding += f" (within train, {own:,} of {len(train):,} repeat another)"
    # What repeats within train as often is a property of the data, and no fault of the split.
    natural = equal / len(held_out) <= max(2 * own / len(train), 0)
    return [*lines, _line("no held-out row stands in train", natural, finding)]


def _line(check, holds, finding):
    return {"check": check, "holds": None if holds is None else bool(holds), "finding": finding}


def _exchangeable(train, held_out, groups, rng):
    """A classifier on half of a sample of both, tested on the other half: the test's own null hypothesis."""
    from scipy.stats import norm
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    name = "held-out rows are like training rows"
    both = len(train) + len(held_out)
    group = np.arange(both) if groups is None else groups
    order = rng.permutation(both)
    order = order[np.unique(group[order], return_index=True)[1]]  # a row of each group
    sides = [rng.permutation(order[side])[:_ROWS] for side in (order < len(train), order >= len(train))]
    X = np.concatenate([train[np.sort(sides[0])], held_out[np.sort(sides[1]) - len(train)]]).astype(np.float64)
    y = np.repeat([0, 1], [len(side) for side in sides])
    X = StandardScaler().fit_transform(X / (np.abs(X).max() or 1))
    if X.shape[1] > 8 * _COLUMNS:
        X = X @ rng.normal(size=(X.shape[1], 8 * _COLUMNS))
    if X.shape[1] > _COLUMNS and len(X) > _COLUMNS:
        X = PCA(_COLUMNS, svd_solver="covariance_eigh").fit_transform(X)
    X = StandardScaler().fit_transform(X)
    X = StandardScaler().fit_transform(np.hstack([X, X**2]))
    same = values(X)
    fitted = rng.permutation(same.max() + 1)[same] % 2 == 0
    tested = np.bincount(y[~fitted], minlength=2)
    if tested.min() < 10 or len(np.unique(y[fitted])) < 2:
        return _line(name, None, f"too few different rows to tell: {len(np.unique(same)):,} in the sample")
    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=200).fit(X[fitted], y[fitted])
    right = model.predict(X[~fitted]) == y[~fitted]
    accuracy = np.mean([right[y[~fitted] == label].mean() for label in (0, 1)])
    p = float(norm.sf((accuracy - 0.5) / np.sqrt((1 / tested).sum() / 16)))
    finding = f"a classifier tells them apart in {accuracy:.0%} of cases, where 50% is chance (p = {p:.2g})"
    return _line(name, p > 0.01, finding)


def _across(train, held_out, near, metric):
    """At the hits that are sat on most closely: has the other side a row that is almost the same?"""
    name = "no near-duplicates across the split"
    n = len(train)
    hits = near.row[np.argsort(near.ratio, kind="stable")]
    hits = hits[np.sort(np.unique(hits, return_index=True)[1])][:_HITS]
    k = min(7, n, len(held_out))
    if k < 5:
        return _line(name, None, "too few rows to tell")
    apart = np.empty((len(hits), 2 * k))
    other = np.empty(len(hits))
    for own, rows in ((hits < n, lambda i: train[i]), (hits >= n, lambda i: held_out[i - n])):
        if not own.any():
            continue
        queries = rows(hits[own])
        to_train, to_held = (neighbors(queries, X, k, metric=metric)[0] for X in (train, held_out))
        apart[own] = np.sort(np.concatenate([to_train, to_held], axis=1), axis=1)
        other[own] = (to_held if hits[own][0] < n else to_train)[:, 0]
    reach = apart[:, k - 1]  # after the row itself, the (k - 1)-th
    # The number of rows within r grows as r^d: from the third neighbor on, so that a twin or two change nothing. The
    # nearest of k - 1 is within r times the farthest with probability about (k - 2) r^d, and r is such that it is 1 %.
    third = apart[:, 3]
    logs = np.log(reach[third > 0] / third[third > 0])
    dimension = (1 / np.arange(3, k - 1)).sum() / max(logs.mean(), 1e-3) if len(logs) else 1.0
    radius = min(0.3, (0.01 / (k - 2)) ** (1 / dimension))
    count = int(np.count_nonzero(other <= radius * reach))
    finding = (
        f"{count:,} of the {len(hits):,} rows sat on most closely have a near-duplicate on the other side (nearer than "
        f"{radius:.2g} of the distance to their neighbor number {k - 1})"
    )
    return _line(name, count <= max(0.05 * len(hits), 1), finding)
