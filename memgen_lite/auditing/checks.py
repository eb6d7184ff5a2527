"""What the test takes for granted, looked at in a sample, for less than the test itself costs."""

import numpy as np

from ..shared import engines
from ..shared.neighbors import neighbors
from ..shared.points import Facts, Subset
from ..shared.row_bytes import keys
from ..shared.spread_search import spread_nearest
from ..shared.tie_order import TieOrder
from .walk import labelings

ALIKE = "held-out rows are like training rows"
NONE_TAKEN = "no row was taken from one side because it stands on the other"
KNOWING = "features know which sample a row is of"
CLEARED = "one side was cleared of rows of the other"
UNLIKE = "held-out rows are not like training rows"

_ROWS, _COLUMNS, _PLACES, _ROUNDS = 1000, 32, 250, 5
_LEVEL = 0.01  # of each check
_EQUAL = 2**14  # rows that repeat another, looked at at most
_CIRCLE, _FAR, _CLUSTERED = 24, 1.5, 0.1


def check(inputs, near, groups, metric, rng, facts=None):
    """Lines, each a dict: `check`, `holds` (True, False, or None where it can't be told), `finding`.

    Four, and two more where rows come in no groups. `facts` are those of the search, a
    :class:`~memgen_lite.shared.points.Facts`, or None.
    """
    train, held_out, facts = inputs.rows["train"], inputs.rows["held_out"], facts or Facts()
    lines = [_exchangeable(train, held_out, groups, rng)]
    hits = near.row[np.argsort(near.ratio, kind="stable")]
    hits = hits[np.sort(np.unique(hits, return_index=True)[1])][:_PLACES]
    drawn = rng.permutation(len(train) + len(held_out))[:_PLACES].copy()  # a copy, so that the others are not held
    around = _Around(train, held_out, np.unique(np.concatenate([hits, drawn])), metric, rng, facts)
    lines.append(_across(around, hits))
    lines += _equal(inputs.same["train"], inputs.same["held_out"], groups, rng)
    if groups is None:
        lines += [_one_by_one(around, drawn, rng), _clusters(inputs, metric, rng, facts)]
    return lines


def broken(inputs, lines):
    """Why p-values, and what rests on them, do not hold, after the `lines` of :func:`check`; None where they may."""
    if inputs.knowing:
        return KNOWING
    failed = {line["check"] for line in lines if line["holds"] is False}
    if NONE_TAKEN in failed:
        return CLEARED
    return UNLIKE if ALIKE in failed else None


def _line(check, holds, finding):
    return {"check": check, "holds": None if holds is None else bool(holds), "finding": finding}


def _exchangeable(train, held_out, groups, rng):
    """A classifier on half of a sample of both, tested on the other half: the test's own null hypothesis.

    Twice the median of the p-values of several halvings is one (Meinshausen, Meier and Buehlmann 2009), which depends
    less on the seed than that of one halving. Before it, a rank test of how far out rows lie: features that were fitted
    to one side gather its rows, too little in any one direction for the classifier, and a lot in all together.
    """
    from scipy.stats import mannwhitneyu
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    both = len(train) + len(held_out)
    order = rng.permutation(both)
    if groups is None:
        order.sort()
    else:
        order = order[np.unique(groups[order], return_index=True)[1]]  # a row of each group
    sides = [rng.permutation(order[side])[:_ROWS] for side in (order < len(train), order >= len(train))]
    X = np.concatenate([train[np.sort(sides[0])], held_out[np.sort(sides[1]) - len(train)]]).astype(np.float64)
    y = np.repeat([0, 1], [len(side) for side in sides])
    typical = min(
        np.median(size[size > 0]) if size.any() else np.inf for size in (np.abs(X[y == 0]), np.abs(X[y == 1]))
    )
    if np.abs(X).max() > 1e6 * typical:  # else what is near 0 on one side would be 0 beside the other
        X = np.arcsinh(X / typical)
    X = StandardScaler().fit_transform(X / (np.abs(X).max() or 1))
    if X.shape[1] > 8 * _COLUMNS:
        X = X @ rng.normal(size=(X.shape[1], 8 * _COLUMNS))
    if X.shape[1] > _COLUMNS and len(X) > _COLUMNS:
        X = PCA(_COLUMNS, svd_solver="covariance_eigh").fit_transform(X)
    X = StandardScaler().fit_transform(X)
    out = np.linalg.norm(X, axis=1)
    apart = mannwhitneyu(out[y == 0], out[y == 1], method="asymptotic").pvalue if np.ptp(out) > 0 else 1.0
    if apart <= _LEVEL:
        farther = ("training", "held-out")[int(out[y == 0].mean() < out[y == 1].mean())]
        return _line(ALIKE, False, f"{farther} rows lie farther out than the others (p = {apart:.2g})")
    X = StandardScaler().fit_transform(np.hstack([X, X**2]))
    same = np.unique(keys(X), return_inverse=True)[1]
    halvings = [_told_apart(X, y, rng.permutation(same.max() + 1)[same] % 2 == 0) for _ in range(_ROUNDS)]
    if None in halvings:
        return _line(ALIKE, None, f"too few different rows to tell: {len(np.unique(same)):,} in the sample")
    accuracy, p = np.median(halvings, axis=0)
    p = min(1.0, 2 * float(p))
    finding = f"a classifier tells them apart in {accuracy:.0%} of cases, where 50% is chance (p = {p:.2g})"
    return _line(ALIKE, p > _LEVEL, finding)


def _told_apart(X, y, fitted):
    """Balanced accuracy on the rows that were not fitted, and its p-value; None where these are too few."""
    from scipy.stats import norm
    from sklearn.linear_model import LogisticRegression

    tested = np.bincount(y[~fitted], minlength=2)
    if tested.min() < 10 or len(np.unique(y[fitted])) < 2:
        return None
    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=200).fit(X[fitted], y[fitted])
    right = model.predict(X[~fitted]) == y[~fitted]
    accuracy = np.mean([right[y[~fitted] == label].mean() for label in (0, 1)])
    return accuracy, norm.sf((accuracy - 0.5) / np.sqrt((1 / tested).sum() / 16))


def _equal(train, held_out, groups, rng):
    """Do held-out rows equal training rows as often as they would had chance put them there? Two lines, one a side.

    Exact, as the audit is: by relabeling the rows, or groups, of the pool.
    """
    n, both = len(train), len(train) + len(held_out)
    value = np.concatenate([train, held_out])
    count = np.bincount(value)
    equal = int(np.isin(held_out, train).sum())
    finding = f"{equal:,} of {len(held_out):,} held-out rows equal a training row"
    names = "no more held-out rows stand in train than by chance", NONE_TAKEN
    repeated = rng.permutation(np.flatnonzero(count > 1))
    repeated = repeated[np.cumsum(count[repeated]) <= max(_EQUAL, count.max())]
    rows = np.flatnonzero(np.isin(value, repeated))
    if not len(rows):
        return [_line(name, True, finding) for name in names]
    rows = rows[np.argsort(value[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(value[rows], prepend=-1))
    unit = np.arange(both) if groups is None else groups
    of_train = np.zeros(unit.max() + 1, dtype=bool)
    of_train[unit[:n]] = True
    units, place = np.unique(unit[rows], return_inverse=True)
    sizes = int(of_train.sum()), int((~of_train).sum())
    sums = []
    for labels in labelings(of_train[units], sizes, 999, rng):
        there = np.add.reduceat(labels[:, place], starts, axis=1, dtype=np.int32)
        sums.append(((there > 0) * (count[value[rows[starts]]] - there)).sum(axis=1))
    sums = np.concatenate(sums)
    many, few = np.mean(sums >= sums[0]), np.mean(sums <= sums[0])
    chance = f"{finding}; of those looked at {sums[0]:,}, where chance puts {sums[1:].mean():,.0f}"
    leave = "" if few <= _LEVEL else ". Leave them in: they are accounted for"
    ask = (
        "" if few > _LEVEL else ". Was one side cleared of rows of the other? Then it is no split by chance any more: "
    )
    ask += "" if few > _LEVEL else "put them back, or drop repeated rows before the split"
    return [
        _line(names[0], many > _LEVEL, f"{chance} (p = {many:.2g}){leave}"),
        _line(names[1], few > _LEVEL, f"{chance} (p = {few:.2g}){ask}"),
    ]


class _Around:
    """What lies around some rows of the pool, given by ascending number: the k nearest of either side."""

    def __init__(self, train, held_out, rows, metric, rng, facts=None, k=7):
        facts = facts or Facts()
        self.n, self.sizes, self.rows = len(train), (len(train), len(held_out)), rows
        self.k = min(k, *self.sizes)
        self.order = TieOrder(rng, sum(self.sizes))  # of what is equally far, the first in it is the nearest
        queries = np.concatenate([train[rows[rows < self.n]], held_out[rows[rows >= self.n] - self.n]])
        self._found = [self._nearest(queries, X, start, metric, facts) for X, start in ((train, 0), (held_out, self.n))]

    def _nearest(self, queries, X, start, metric, facts):
        if engines.elsewhere():
            numbers = start + np.arange(len(X)) if isinstance(X, Subset) else start
            found = spread_nearest(queries, X, self.k, order=self.order, numbers=numbers, metric=metric)
            return found[0], found[1] - start
        return neighbors(queries, facts.points(X, metric), self.k, metric=metric, order=self.order.after(start))

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
    return _line(name, p > _LEVEL, finding)


def _clusters(inputs, metric, rng, facts=None):
    """Have rows a circle of others, on both sides of the split, far nearer than what comes after it? A question.

    Where rows lie evenly in p dimensions, j p log(d_{j+1}/d_j) is exponential with mean 1 for each j: the volumes
    within the distances are arrival times. A row has a circle where the largest of these is so large by chance in one
    of 50, and the distance grows by half there. p is estimated from all but the largest of each row. No label is
    looked at but to ask whether a circle spans the split. Rows of one value count as one.
    """
    name = "no circles of near rows span the split"
    n = len(inputs.same["train"])
    same = np.concatenate([inputs.same["train"], inputs.same["held_out"]])
    single = TieOrder(rng, len(same)).first_of(same)
    del same
    train, held_out = inputs.rows["train"], inputs.rows["held_out"]
    if not single.all():
        train, held_out = Subset(train, np.flatnonzero(single[:n])), Subset(held_out, np.flatnonzero(single[n:]))
    n, both = len(train), len(train) + len(held_out)
    if min(n, both - n) <= _CIRCLE:
        return _line(name, None, "too few rows to tell")
    drawn = rng.permutation(both)[:_PLACES].copy()
    around = _Around(train, held_out, np.sort(drawn), metric, rng, facts, _CIRCLE + 1)
    distances, others = (part.reshape(len(drawn), -1) for part in around.sides(drawn))
    distances = np.where(others == drawn[:, None], np.inf, distances)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :_CIRCLE]
    distances, others = (np.take_along_axis(part, nearest, axis=1) for part in (distances, others))
    inner, outer = distances[:, :-1], distances[:, 1:]
    logs = np.log(np.where(inner > 0, outer, 1) / np.where(inner > 0, inner, 1))
    j = np.arange(1, _CIRCLE)
    gaps = j * logs
    last = gaps.argmax(axis=1)
    rest = gaps.sum() - gaps.max(axis=1).sum()
    p = len(gaps) * (len(j) - (1 / j).sum()) / rest if rest > 0 else 1.0
    rare = -np.log(-np.expm1(np.log1p(-0.02) / len(j)))
    span = ((others < n) != (drawn < n)[:, None]) & (np.arange(_CIRCLE) <= last[:, None])
    circle = (gaps.max(axis=1) * p > rare) & (logs[np.arange(len(logs)), last] > np.log(_FAR)) & span.any(axis=1)
    holds = circle.mean() <= _CLUSTERED
    finding = (
        f"{circle.sum():,} of {len(drawn):,} rows have others far nearer than what comes next, some on the other side"
    )
    if not holds:
        finding += (
            ": do they belong together, as several rows of one person do? Then pass groups=, or split by group, for "
            "near rows on the other side hide copies. If they are alike for no such reason, leave them"
        )
    return _line(name, holds, finding)
