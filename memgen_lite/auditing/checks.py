"""What the test takes for granted, looked at in a sample, for less than the test itself costs."""

import numpy as np

from ..shared.neighbors import neighbors
from ..shared.row_bytes import values
from .walk import labelings

_ROWS, _COLUMNS, _PLACES, _LEAST = 1000, 32, 250, 50


def check(inputs, near, groups, metric, rng):
    """Lines, each a dict: `check`, `holds` (True, False, or None where it can't be told), `finding`.

    Three, and a fourth where rows come in no groups.
    """
    train, held_out = inputs.rows["train"], inputs.rows["held_out"]
    lines = [_exchangeable(train, held_out, groups, rng)]
    few = min(_PLACES, max(_LEAST, len(near.rows) // 8))  # so that looking them up costs less than the search did
    hits = near.row[np.argsort(near.ratio, kind="stable")]
    hits = hits[np.sort(np.unique(hits, return_index=True)[1])][:few]
    drawn = rng.permutation(len(train) + len(held_out))[:few]
    around = _Around(train, held_out, np.unique(np.concatenate([hits, drawn])), metric, rng)
    lines.append(_across(around, hits))
    equal = int(np.isin(inputs.same["held_out"], inputs.same["train"]).sum())
    own = len(train) - len(np.unique(inputs.same["train"]))
    finding = f"{equal:,} of {len(held_out):,} held-out rows equal a training row"
    if equal:
        finding += f" (within train, {own:,} of {len(train):,} repeat another). Leave them in: they are accounted for, "
        finding += "and a split from which they were taken on one side is no split by chance any more"
    # What repeats within train as often is a property of the data, and no fault of the split.
    lines.append(_line("no held-out row stands in train", equal / len(held_out) <= 2 * own / len(train), finding))
    if groups is None:
        lines.append(_one_by_one(around, drawn, rng))
    return lines


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


class _Around:
    """What lies around some rows of the pool, given by ascending number: the k nearest of either side, 7 at most."""

    def __init__(self, train, held_out, rows, metric, rng):
        self.n, self.sizes, self.rows = len(train), (len(train), len(held_out)), rows
        self.k = min(7, *self.sizes)
        self.order = rng.permutation(sum(self.sizes))  # of what is equally far, the first in it is the nearest
        queries = np.concatenate([train[rows[rows < self.n]], held_out[rows[rows >= self.n] - self.n]])
        self._found = [
            neighbors(queries, X, self.k, metric=metric, order=self.order[start : start + len(X)])
            for X, start in ((train, 0), (held_out, self.n))
        ]

    def sides(self, rows):
        """Distances (rows, 2, k) to training and to held-out rows, and which rows of the pool these are."""
        place = np.searchsorted(self.rows, rows)
        distances, others = (np.stack([found[i][place] for found in self._found], axis=1) for i in (0, 1))
        return distances, others + np.array([0, self.n])[:, None]


def _across(around, hits):
    """At the hits that are sat on most closely: has the other side a row that is almost the same?"""
    name, k = "no near-duplicates across the split", around.k
    if k < 5:
        return _line(name, None, "too few rows to tell")
    sides = around.sides(hits)[0]
    distances = np.sort(sides.reshape(len(hits), -1), axis=1)
    other = np.where(hits < around.n, sides[:, 1, 0], sides[:, 0, 0])
    reach = distances[:, k - 1]  # after the row itself, the (k - 1)-th
    # The number of rows within r grows as r^d: from the third neighbor on, so that a twin or two change nothing. The
    # nearest of k - 1 is within r times the farthest with probability about (k - 2) r^d, and r is such that it is 1 %.
    third = distances[:, 3]
    logs = np.log(reach[third > 0] / third[third > 0])
    dimension = (1 / np.arange(3, k - 1)).sum() / max(logs.mean(), 1e-3) if len(logs) else 1.0
    radius = min(0.3, (0.01 / (k - 2)) ** (1 / dimension))
    count = int(np.count_nonzero(other <= radius * reach))
    finding = (
        f"{count:,} of the {len(hits):,} rows sat on most closely have a near-duplicate on the other side (nearer than "
        f"{radius:.2g} of the distance to their neighbor number {k - 1})"
    )
    return _line(name, count <= max(0.05 * len(hits), 1), finding)


def _one_by_one(around, drawn, rng):
    """Does the nearest other row stand on the same side too often? Exact, as the audit is: by relabeling the pool.

    Where pairs, or whole clusters, were put on a side together, one label is not as good as any other.
    """
    name = "rows were put on the sides one by one"
    if around.k < 5:
        return _line(name, None, "too few rows to tell")
    distances, others = (part.reshape(len(drawn), -1) for part in around.sides(drawn))
    distances = np.where(others == drawn[:, None], np.inf, distances)
    nearest = others[np.arange(len(drawn)), np.lexsort((around.order[others], distances))[:, 0]]
    rows, place = np.unique([drawn, nearest], return_inverse=True)
    one, other = place.reshape(2, -1)
    dealt = np.concatenate(list(labelings(rows < around.n, around.sizes, 999, rng)))
    same = (dealt[:, one] == dealt[:, other]).sum(axis=1)
    p = np.mean(same >= same[0])
    finding = f"{same[0]:,} of {len(drawn):,} rows stand on the side of the row nearest to them, where chance puts "
    finding += f"{same[1:].mean():,.0f} (p = {p:.2g})" + ("" if p > 0.01 else "; do some belong together? See groups=")
    return _line(name, p > 0.01, finding)
