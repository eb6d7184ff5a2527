"""The walk: from how closely something sits on each hit, and only then its label, to a p-value, rows and a dose.

A *hit* is a row of train or held-out that is the nearest one to some generated row; its score says, without a look at
labels, how closely (small: something sits on it). If the generator is *blind*, not having looked at train more than at
held-out, then, given the scores, every assignment of the labels to the pool of rows is as likely as the true one. So

* any statistic of the labels has an exact p-value: its rank among relabelings (Barnard's Monte Carlo test; ties count
  against it). Here it is the largest excess of train labels going down from the closest hit, and what other evidence
  is handed in;
* among the closest A + B hits, A of train and B held out, about B N/K of the A would be there had they been held out.
  The longest prefix with (N/K)(1 + B)/max(A, 1) <= q has a false discovery rate of q at most, by the argument of
  knockoffs+ (Barber and Candes 2015, arXiv 1404.5609) and of target-decoy competition. Going backward, V/(1 + B), with
  V of the A named by chance, has mean N/K at most wherever one stops by what was met until then (the labels behind, and
  how many are left of each). So (N/K)(1 + B)/A at the stop is a *level* that was not chosen beforehand and is honest
  all the same: the mean of the false share over the level is 1 at most. If no prefix has a rate of q, the walk
  therefore goes on to where no held-out row is left: the rows above the first decoy are *suspects*, at their level;
* the share of generated rows nearest to train, rescaled so that a blind generator has mean 0 and a copier 1, is the
  dose, and relabeling says how far chance takes it.

Where rows come in groups, a group is what is hit, and what is relabeled.
"""

from dataclasses import dataclass

import numpy as np

from .evidence import Weighed, combined, divergence

FEWEST = 19  # relabelings: p-values reach 1/20
LEVEL = 0.05  # the p-value above which nobody is accused
AT_MOST = 0.25  # the level of suspects: one in four of them may be there by chance
TOO_LOW = 0.01  # the p-value of a dose so low that something other than copying is to be explained
_LABELS = 2**22  # that are dealt at a time


@dataclass(frozen=True)
class Walk:
    """What :func:`walk` found.

    Attributes
    ----------
    order : int array, the hits from the closest on.
    p_value : float. statistic : float, the combined score. null : array (n_relabelings,), that of the relabelings; the
        p-value is (1 + how many of them reach the statistic) / (1 + n_relabelings). Fewer after an interrupt.
    parts : dict by name of arrays (1 + n_relabelings,), what was combined; the true labels' first.
    named, suspects : bool arrays (n,), by row as given: the training rows of the longest prefix of rate q; and if there
        is none, and p is .05 or less, those above the first held-out row, where their level is 1/4 or less.
    level : float, of the rows named, or of the suspects: E[false share / level] <= 1. NaN if there are neither.
    p_swapped : float, the p-value of the same hits with the roles of train and held-out swapped.
    dose : float. dose_interval : (low, high). null_dose : array (n_relabelings,).
    resolution : int, the fewest rows that can be named at the rate asked for. sizes : (N, K), as given.
    steps : dict of arrays, one entry a step of the walk: `hits` so far, `train` among them, their standardized
        `excess`, the `evidence` that the statistic takes the largest of, and `rate`, of false discoveries.
    space : int, the number of the space that the dose is of: the first, or where p is .05 or less the one in which most
        of the rows named are, or else the most telling.
    """

    order: np.ndarray
    p_value: float
    statistic: float
    null: np.ndarray
    parts: dict
    p_swapped: float
    named: np.ndarray
    suspects: np.ndarray
    level: float
    dose: float
    dose_interval: tuple
    null_dose: np.ndarray
    resolution: int
    sizes: tuple
    steps: dict
    space: int = 0

    @property
    def p_low(self):
        """The exact p-value of so low a dose, which is small where generated rows lean on held-out rows."""
        return float((1 + np.sum(self.null_dose <= self.dose)) / (1 + len(self.null_dose)))


def walk(
    scores,
    train,
    weights,
    sizes,
    *,
    evidence=None,
    closest_in=None,
    q=0.1,
    n_relabelings=999,
    confidence=0.95,
    rng,
    progress=None,
):
    """Go through the hits from the closest on.

    An interrupt (Ctrl-C) ends the relabelings, and those done until then are what is compared with, which is as exact;
    it is raised where fewer than 19 are done.

    Parameters
    ----------
    scores : array (n,), small where a generated row is close, inf for a row that is no hit. Hits of equal score are one
        step.
    train : bool array (n,), which rows are of train.
    weights : array (n,), how many generated rows each was nearest to; (spaces, n) where rows are compared in several.
    sizes : (N, K), how many rows there are of train and held out, touched or not.
    evidence : None, or a dict by name of (stake, array (n,)[, number of a space]): weights whose sum over the rows of
        train is a statistic, and its share of the error rate. The walk has what they leave of 1.
    closest_in : None, or int array (n,), the number of the space in which something sits most closely on each row.
    q : the false discovery rate at which rows are named. confidence : of the interval.
    rng : numpy.random.Generator, for the relabelings.
    progress : None, or called with the number of labelings done since its last call.

    Returns
    -------
    :class:`Walk`

    >>> found = walk([0.1, 0.2, 0.9], [True, True, False], [1, 1, 2], (9, 9), rng=np.random.default_rng(0))
    >>> found.steps["train"], found.dose, found.resolution
    (array([1, 2, 2]), 0.0, 10)
    """
    scores, train, weights = np.asarray(scores), np.asarray(train, dtype=bool), np.asarray(weights)
    n_train, n_held = sizes
    share = n_train / (n_train + n_held)
    order = np.argsort(scores, kind="stable")
    n_hits = np.count_nonzero(np.isfinite(scores))
    hit = order[:n_hits]
    ends = np.flatnonzero(np.append(np.diff(scores[hit]) > 0, True))
    hits = ends + 1

    evidence = {name: Weighed(*given) for name, given in (evidence or {}).items()}
    weights = np.atleast_2d(weights)
    columns = np.stack([*weights, *(one.values for one in evidence.values())], axis=1)[order].astype(np.float64)
    done = []
    try:
        for labels in labelings(train[order], sizes, n_relabelings, rng):
            found = np.cumsum(labels[:, :n_hits], axis=1, dtype=np.int32)[:, ends]
            ways = divergence(found, hits, share), divergence(hits - found, hits, 1 - share)
            done.append((*(way.max(axis=1) for way in ways), labels @ columns))
            if progress is not None:
                progress(len(labels))
    except KeyboardInterrupt:
        if sum(len(sums) for *_, sums in done) < 1 + FEWEST:
            raise
    largest, swapped, sums = (np.concatenate(part) for part in zip(*done, strict=True))
    others = list(sums.T[len(weights) :])
    parts = {"walk": largest, **dict(zip(evidence, others, strict=True))}
    paid = [one.stake for one in evidence.values()]
    paid = [1 - sum(paid), *paid]
    score = combined(list(parts.values()), paid)
    swapped = combined([swapped, *(-part for part in others)], paid)

    found = np.cumsum(train[hit])[ends]
    rate = n_train / n_held * (1 + hits - found) / np.maximum(found, 1)
    p_value = float(np.mean(score >= score[0]))
    named, suspects = np.zeros((2, len(scores)), dtype=bool)
    stop = np.flatnonzero((rate <= q + 1e-12) & (found > 0))
    chosen = named
    if not len(stop) and p_value <= LEVEL:
        stop = np.flatnonzero((found == hits) & (rate <= AT_MOST + 1e-12))
        chosen = suspects
    if len(stop):
        chosen[hit[: hits[stop[-1]]]] = True
        chosen &= train
    seen = 0
    if len(weights) > 1 and p_value <= LEVEL:
        seen = int(np.bincount(closest_in[chosen]).argmax()) if chosen.any() else most_telling(parts, evidence)
    doses = (sums[:, seen] / weights[seen].sum() - share) / (1 - share)
    return Walk(
        order=hit,
        p_value=p_value,
        p_swapped=float(np.mean(swapped >= swapped[0])),
        statistic=float(score[0]),
        null=score[1:],
        parts=parts,
        named=named,
        suspects=suspects,
        level=float(rate[stop[-1]]) if len(stop) else np.nan,
        dose=float(doses[0]),
        dose_interval=interval(doses[0], doses[1:], weights[seen][~train], weights[seen], share, confidence),
        null_dose=doses[1:],
        resolution=resolution(sizes, q),
        sizes=tuple(sizes),
        steps={
            "hits": hits,
            "train": found,
            "excess": standardized_excess(found, hits, share),
            "evidence": divergence(found, hits, share),
            "rate": rate,
        },
        space=seen,
    )


def most_telling(parts, evidence):
    """The number of the space whose evidence is least like that of relabelings, for its stake; of several such, the one
    that is farthest from their mean."""
    found = {}
    for name, one in evidence.items():
        if one.space is not None:
            values = np.round(parts[name], 9)
            p = np.mean(values >= values[0]) / one.stake
            far = (values[0] - values.mean()) / (values.std() or 1)
            found[one.space] = min(found.get(one.space, (np.inf, 0)), (p, -far))
    return min(found, key=found.get)


def standardized_excess(found, hits, share):
    """(A - pi i) / sqrt(i pi (1 - pi)) for A train rows among the first i, of which a share pi is due to chance."""
    return (found - share * hits) / np.sqrt(hits * share * (1 - share))


def resolution(sizes, q):
    """The fewest rows that can be named: the least A with (N/K)/A <= q.

    >>> resolution((900, 900), 0.1), resolution((1000, 100), 0.1)
    (10, 100)
    """
    return int(np.ceil(min(sizes[0] / (sizes[1] * q), 2.0**62) - 1e-9))


def smallest_p(n, sizes, n_relabelings):
    """The least p-value that n hits can have: when all are of train, or as many as there are relabelings for.

    >>> round(smallest_p(3, (10, 2), 999), 3)
    0.545
    """
    from scipy.stats import hypergeom

    n = min(n, sizes[0])  # of more hits the first may be all of train
    return float(max(1 / (1 + n_relabelings), hypergeom.pmf(n, sum(sizes), sizes[0], n)))


def labelings(train, sizes, count, rng):
    """Bool arrays (some, n): the labels as they are, then, `count` times, as they are if the pool's are dealt anew."""
    yield train[None]
    n = len(train)
    step = max(1, _LABELS // n)
    for start in range(0, count, step):
        found = rng.hypergeometric(sizes[0], sizes[1], n, size=min(step, count - start))
        yield rng.permuted(np.arange(n) < found[:, None], axis=1)


def interval(dose, null_dose, held_out, weights, share, confidence):
    """Of the share that was copied: the dose less what chance may have added to it.

    Chance is in the labels of the rows that blind generated rows hit, copies have none. Relabeling all hits is exact
    where nothing was copied, and too wide where much was. So its quantiles are shrunk if the hits of held-out, all of
    them blind, say that blind hits vary less: their squared weights w^2, over 1 - pi, estimate those of all blind hits.
    A Wilson-like term, z^2 times the largest w^2, stands for the few that may have been missed.
    """
    from scipy.stats import norm

    tail = (1 - confidence) / 2
    squares = np.sum(held_out**2.0) + norm.ppf(tail) ** 2 * weights.max() ** 2
    blind = share * squares / ((1 - share) * weights.sum()) ** 2
    spread = np.var(null_dose)
    shrink = np.sqrt(min(1.0, blind / spread)) if spread > 0 else 1.0
    low, high = shrink * np.quantile(null_dose, [tail, 1 - tail], method="inverted_cdf")
    return float(np.clip(dose - high, 0, 1)), float(np.clip(dose - low, 0, 1))
