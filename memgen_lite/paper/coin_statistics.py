"""The statistics of a study whose answers are right or wrong: intervals, power, and evidence that may be watched.

Notebook 16 teaches them. :mod:`memgen_lite.paper.coin` passes them on under its own name.
"""

from typing import Any

import numpy as np
import scipy  # its modules load when first used
from numpy.typing import ArrayLike

from ..shared.checks import fit_together, items, number, numbers_in, whole
from ..shared.points import slices

_AT_ONCE = 2**20  # means times answers that are looked at together
_LEAST = 1e-15  # level of a test; the quantiles of smaller ones are not found


def binomial_interval(right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact (Clopper and Pearson, 1934) interval (low, high) of the accuracy behind `right` right answers of `n`.

    It is valid for one look, at an `n` fixed beforehand.

    >>> low, high = binomial_interval(60, 100)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.497 to 0.697
    """
    n = whole(n, "n", 1)
    test = scipy.stats.binomtest(whole(right, "right", 0, n), n)
    interval = test.proportion_ci(number(confidence, "confidence", above=0, below=1), method="exact")
    return float(interval.low), float(interval.high)


def power(accuracy: ArrayLike, n: ArrayLike, alpha: float = 0.05) -> Any:
    """Probability that `n` independent answers, each right with probability `accuracy`, are told from a coin's.

    By the exact two-sided binomial test at level `alpha`. Both may be arrays. It rises in steps and falls a little
    between them, because n answers can be right in n + 1 ways only: at 1/2 it is the test's true level, below `alpha`.
    """
    accuracy, n = numbers_in(accuracy, "accuracy", 0, 1), numbers_in(n, "n", 1, kinds="iu")
    fit_together("accuracy", accuracy, "n", n)
    binom, critical = scipy.stats.binom, _critical(n, number(alpha, "alpha", _LEAST, below=1))
    return binom.sf(critical - 1, n, accuracy) + binom.cdf(n - critical, n, accuracy)


def _critical(n, alpha):
    """The fewest right answers, or wrong ones, that are rejected."""
    return scipy.stats.binom.isf(alpha / 2, n, 0.5) + 1


def raters_needed(accuracy: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """The smallest number of answers, one a rater, whose exact binomial test has this `power` against a coin.

    >>> [raters_needed(accuracy) for accuracy in (0.7, 0.9, 1.0)]
    [49, 12, 6]
    """
    accuracy, alpha = number(accuracy, "accuracy", 0, 1), number(alpha, "alpha", _LEAST, below=1)
    power = number(power, "power", above=0, below=1)
    # With a coin where this test can't reach its level it is the most powerful one that is unbiased, whose power grows
    # with n, as more answers may be left unread. So there is none below the first n at which that one is good enough.
    if accuracy == 0.5 or _with_a_coin(accuracy, MOST_RATERS, alpha) < power:
        raise ValueError(f"accuracy must be so far from 0.5 that {MOST_RATERS:,} raters tell it apart, got {accuracy}")
    most, above, step = 1, MOST_RATERS, 1024
    while most < above:  # by halving; `bisect` takes no places beyond 32 bits, which is all that a browser has
        middle = (most + above) // 2
        most, above = (most, middle) if _with_a_coin(accuracy, middle, alpha) >= power else (middle + 1, above)
    while True:
        sizes = np.arange(most, most + step)
        enough = _power(accuracy, sizes, alpha) >= power
        if enough.any():
            return int(sizes[enough.argmax()])
        most, step = most + step, 2 * step


_power = power  # raters_needed has an argument of this name
MOST_RATERS = 10**10  # more than there are people


def _with_a_coin(accuracy, n, alpha):
    """The power of the test that rejects by chance at the border, so that its level is `alpha` exactly."""
    binom, critical = scipy.stats.binom, _critical(n, alpha)
    accuracy = max(accuracy, 1 - accuracy)  # the same by symmetry; near 0 the law's own terms overflow
    border = critical - 1
    chance = (alpha / 2 - binom.sf(border, n, 0.5)) / binom.pmf(border, n, 0.5)
    if 2 * border <= n:  # nothing is left to reject by chance
        return 1.0
    certain = binom.sf(border, n, accuracy) + binom.cdf(n - critical, n, accuracy)
    return certain + chance * (binom.pmf(border, n, accuracy) + binom.pmf(n - border, n, accuracy))


def betting_e_process(outcomes: ArrayLike, null: ArrayLike = 0.5, alpha: float = 0.05) -> np.ndarray:
    """Evidence against "the next answer is right with probability `null`, whatever went before", after each answer.

    Two gamblers start with half a unit each. One bets that more than `null` are right, the other that fewer are, on
    every answer, at stakes set by the answers before it; the evidence is the richer one's money. If the null is true
    nobody gets rich at fair odds: the probability that it *ever* reaches 1/alpha is at most `alpha` (Ville, 1939), so
    one may look after every answer and stop at will. The stakes are the predictable plug-in of Waudby-Smith and Ramdas
    (2024, arXiv 2010.09686, hedged capital process), cut at half of what would risk ruin.

    Parameters
    ----------
    outcomes : array (..., n) of 0 and 1 or bool, in the order given; leading axes are separate studies.
    null : float in (0, 1), or an array that broadcasts against the leading axes.
    alpha : float, the level that the stakes are tuned to. The evidence is valid at every level.

    Returns
    -------
    evidence : float array like `outcomes`; inf beyond the largest float.
    """
    outcomes, null = _outcomes(outcomes), numbers_in(null, "null", above=0, below=1)
    alpha = number(alpha, "alpha", above=0, below=1)
    fit_together("null", null, "outcomes", outcomes.sum(axis=-1))
    with np.errstate(over="ignore"):
        return np.exp(_log_capitals(outcomes, null[..., None], alpha).max(axis=0))


def confidence_sequence(outcomes: ArrayLike, alpha: float = 0.05, grid: int = 1000) -> np.ndarray:
    """Interval of the accuracy after each answer; all of them hold at once with probability 1 - `alpha` or more.

    The accuracies that :func:`betting_e_process` does not reject, rounded outwards to a multiple of 1/`grid`. It
    presumes one accuracy throughout; against raters who learn only the test of a given null stays exact.

    Returns
    -------
    interval : float array (n, 2) of the lower and upper ends, for outcomes (n,).
    """
    outcomes, grid = _outcomes(outcomes), whole(grid, "grid", 1, 10**6)
    alpha = number(alpha, "alpha", above=0, below=1)
    if outcomes.ndim != 1:
        raise ValueError(f"outcomes must be one study, of shape (n,); got shape {outcomes.shape}")
    means, proven = np.arange(grid + 1)[:, None] / grid, np.zeros((2, len(outcomes)), dtype=int)
    for part in slices(grid + 1, max(1, _AT_ONCE // max(len(outcomes), 1))):
        proven += (_log_capitals(outcomes, means[part], alpha) >= np.log(1 / alpha)).sum(axis=1)
    # What the first gambler proves too low are the smallest means, what the second proves too high are the largest.
    low = np.maximum(proven[0] - 1, 0)
    high = np.minimum(grid + 1 - proven[1], grid)
    return np.stack([low, high], axis=1) / grid


def posterior(outcomes: ArrayLike, at: ArrayLike) -> np.ndarray:
    """Density, at the accuracies `at`, of what one believes of a rater's accuracy after `outcomes` and nothing before.

    From a flat prior: Beta(1 + right, 1 + wrong). Unlike :func:`confidence_sequence` it says what to believe now, not
    how often one will have been misled by then.

    >>> posterior([1, 1], [0.0, 0.5, 1.0])
    array([0.  , 0.75, 3.  ])
    """
    outcomes, at, special = _outcomes(outcomes), numbers_in(at, "at", 0, 1).astype(float), scipy.special
    right, wrong = outcomes.sum(), outcomes.size - outcomes.sum()
    return np.exp(special.xlogy(right, at) + special.xlog1py(wrong, -at) - special.betaln(1 + right, 1 + wrong))


def _outcomes(outcomes):
    outcomes = numbers_in(items(outcomes, "outcomes"), "outcomes").astype(float)
    if not np.isin(outcomes, (0, 1)).all():
        raise ValueError(f"outcomes must be 0 or 1 each, got {np.setdiff1d(outcomes, (0, 1))[:3]}")
    return outcomes


def _log_capitals(outcomes, null, alpha):
    # Log of the two gamblers' money after each answer, stacked: for more than `null`, for less than `null`.
    order = np.arange(1, outcomes.shape[-1] + 1)
    mean = (0.5 + np.cumsum(outcomes, axis=-1)) / (order + 1)
    variance = (0.25 + np.cumsum((outcomes - mean) ** 2, axis=-1)) / (order + 1)
    before = np.concatenate([np.full((*outcomes.shape[:-1], 1), 0.25), variance[..., :-1]], axis=-1)
    stake = np.sqrt(2 * np.log(2 / alpha) / (before * order * np.log(order + 1)))
    with np.errstate(divide="ignore"):  # nothing is risked by betting against 0 or 1
        more = np.log1p(np.minimum(stake, 0.5 / null) * (outcomes - null))
        less = np.log1p(-np.minimum(stake, 0.5 / (1 - null)) * (outcomes - null))
    return np.log(0.5) + np.cumsum(np.stack([more, less]), axis=-1)
