"""Two generators before one pool of real rows: does one sit on training rows more than the other?

Each generated row scores how closely it sits on its nearest row, with the sign of that row's side, scaled so that a
blind generator has mean 0 and one that gives exact copies mean 1. The statistic is the difference of the two means over
its standard error, and chance has several ways to make it large, each with a p-value of its own:

* *rows*: both generators are the same, and their rows came out unequal. So rows are dealt anew to the two, which is
  exact. Divided by its standard error the statistic is right, if not exact, for two that differ but have one mean
  (Janssen 1997; Chung and Romano 2013).
* *labels*: both are blind, but one is drawn to other places than the other, and at these places training rows happen to
  be more. However many rows they give, that luck of the split stays. So the labels of the pool are dealt anew, as in
  :mod:`.walk`, which is exact.
* *both*: they copy as often as each other, and where they do not copy they are of different quality. Neither way of
  dealing is exact for that. So the variances of the two kinds of luck are estimated and added, and normal law is asked.

"One copies more" denies all three, so that all must be rejected, and the largest p-value counts (an intersection-union
test, Berger 1982, which needs no correction).
"""

from dataclasses import dataclass

import numpy as np

from .evidence import closeness, exponent
from .walk import interval, labelings

_SURE = np.log(101)  # the closeness that counts as a whole copy: where chance comes as near once in a thousand rows
# How often the largest hit is added in the test; in the interval it is z^2 times, as Wilson has it. Other p-values
# stand beside this one: with half of one the test's size is 5 % at most in simulations, and with more its power falls.
_MISSED = 0.5


@dataclass(frozen=True)
class Contrast:
    """What :func:`contrast` found; pairs are of a and of b.

    Attributes
    ----------
    statistic : float, positive where a sits on training rows more. scores : pair of floats, the two means.
    rows, labels, both : pairs of floats, the p-values of so large a statistic, and of so small a one.
    doses : pair of floats. dose_intervals : pair of (low, high), as of :class:`~memgen_lite.auditing.walk.Walk`.
    difference : float, the first dose less the second. interval : (low, high), of that.
    """

    statistic: float
    scores: tuple
    rows: tuple
    labels: tuple
    both: tuple
    doses: tuple
    dose_intervals: tuple
    difference: float
    interval: tuple

    @property
    def p_values(self):
        """That a copies more than b, and that it copies less: the largest of three each."""
        return tuple(map(max, zip(self.rows, self.labels, self.both, strict=True)))


def contrast(near, of_a, sizes, *, n_relabelings=999, confidence=0.95, rng, progress=None):
    """Compare two generators.

    Parameters
    ----------
    near : :class:`~memgen_lite.auditing.nearness.Nearness` of the rows of both. of_a : bool array (M,), which are of a.
    sizes : (N, K). n_relabelings : of rows, and of labels. confidence : of the intervals.
    rng : numpy.random.Generator. progress : None, or called with the number of labelings done since its last call.

    Returns
    -------
    :class:`Contrast`

    >>> from memgen_lite.auditing.nearness import nearness
    >>> rng = np.random.default_rng(0)
    >>> T, H, G = rng.normal(size=(3, 60, 4))
    >>> near = nearness(T, H, np.concatenate([T, G]), rng=rng)
    >>> found = contrast(near, np.arange(120) < 60, (60, 60), rng=rng)
    >>> found.rows, found.labels, found.doses[0]
    ((0.001, 1.0), (0.001, 1.0), 1.0)
    """
    from scipy.stats import norm

    share, sides = sizes[0] / sum(sizes), np.stack([of_a, ~of_a])
    many, z = sides.sum(axis=1)[:, None], norm.ppf(0.5 + confidence / 2)
    closest = closeness(near.ratio, exponent(near.distances), near.distances.shape[1])
    weight = np.minimum(closest, _SURE) / _SURE
    score = weight * ((near.row < sizes[0]) - share) / (1 - share)

    dealt, powers = [], np.stack([score, score**2], axis=1)
    for chosen in labelings(of_a, many[:, 0], n_relabelings, rng):
        dealt.append(np.stack([chosen @ powers, ~chosen @ powers], axis=1))
        if progress is not None:
            progress(len(chosen))
    sums, squares = np.concatenate(dealt).transpose(2, 1, 0)
    rows = _p_values(_studentized(*_apart(sums, squares, many)))

    hits, place = np.unique(near.row, return_inverse=True)
    powers = (weight, weight**2, np.ones(len(weight)))
    weights, weights2, times = (
        np.stack([np.bincount(place, power * side, minlength=len(hits)) for side in sides]) for power in powers
    )
    dealt, columns = [], np.concatenate([weights, weights2, times]).T
    for labels in labelings(hits < sizes[0], sizes, n_relabelings, rng):
        dealt.append(labels @ columns)
        if progress is not None:
            progress(len(labels))
    # Of train, (2, 1 + n_relabelings) each. (L - share)^2 is linear in L, which is 0 or 1, as L - share is.
    sums, squares, nearest = np.split(np.concatenate(dealt).T, 3)
    sums = (sums - share * weights.sum(axis=1, keepdims=True)) / (1 - share)
    squares = (1 - 2 * share) * squares + share**2 * weights2.sum(axis=1, keepdims=True)
    apart, error = _apart(sums, squares / (1 - share) ** 2, many)
    statistic = _studentized(apart, error)

    held = hits >= sizes[0]
    split = _luck_of_split(weights / many, weights2 / many**2, held, share, _MISSED)
    far = _studentized(apart[:1], np.sqrt(error[:1] ** 2 + split))[0]
    doses = (nearest / many - share) / (1 - share)
    intervals = [
        interval(dose[0], dose[1:], time[held], time, share, confidence)
        for dose, time in zip(doses, times, strict=True)
    ]
    first, second = doses[:, 0].tolist()
    rate = (nearest[:, :1] + 1) / (many + 2)  # with one row more of either kind (Agresti and Caffo 2000)
    drawn = np.sum(rate * (1 - rate) / (many + 2)) / (1 - share) ** 2
    reach = float(z * np.sqrt(drawn + _luck_of_split(times / many, times / many**2, held, share, z**2)))
    return Contrast(
        statistic=float(statistic[0]),
        scores=tuple((sums / many)[:, 0].tolist()),
        rows=rows,
        labels=_p_values(statistic),
        both=(float(norm.sf(far)), float(norm.cdf(far))),
        doses=(first, second),
        dose_intervals=tuple(intervals),
        difference=first - second,
        interval=(max(first - second - reach, -1.0), min(first - second + reach, 1.0)),  # of shares that were copied
    )


def _apart(sums, squares, many):
    """Differences of means, and their standard errors, from sums and sums of squares (2, B) of so many rows (2, 1)."""
    variance = np.maximum(squares - sums**2 / many, 0) / np.maximum(many - 1, 1)
    return -np.diff(sums / many, axis=0)[0], np.sqrt((variance / many).sum(axis=0))


def _studentized(apart, error):
    """The one over the other, rounded, since rounding errors break no ties; where nothing differs it is 0."""
    apart = np.where(np.abs(apart) < 1e-9, 0.0, apart)
    certain = np.where(apart == 0, 0.0, np.copysign(np.inf, apart))
    return np.round(np.divide(apart, error, out=certain, where=error > 1e-9), 9)


def _p_values(statistic):
    """Of so large a value as the first, and of so small a one, among all."""
    return float(np.mean(statistic >= statistic[0])), float(np.mean(statistic <= statistic[0]))


def _luck_of_split(means, own, held, share, missed):
    """The variance that labels add to a difference of means, beside that of rows which are drawn from the generators.

    It comes from the rows that blind rows hit, where the two generators differ in how much they do. `means`, (2, hits),
    say how much, and `own` what the draw alone adds to their squares. Squared differences less that are summed over the
    hits of held-out, all of them blind; over 1 - pi they estimate the sum over all blind hits. The largest of all,
    `missed` times, stands for the few that were not seen there.
    """
    apart = np.diff(means, axis=0)[0] ** 2 - own.sum(axis=0)
    return max(apart[held].sum() + missed * apart.max(), 0.0) * share / (1 - share) ** 2
