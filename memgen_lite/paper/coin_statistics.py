"""The statistics of a study whose answers are right or wrong: intervals, power, and evidence that may be watched.

Notebook 02 teaches them. :mod:`memgen_lite.paper.coin` passes them on under its own name.
"""

from typing import Any

import numpy as np
import scipy  # its modules load when first used
from numpy.typing import ArrayLike


def binomial_interval(right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact (Clopper and Pearson, 1934) interval (low, high) of the accuracy behind `right` right answers of `n`.

    It is valid for one look, at an `n` fixed beforehand.

    >>> low, high = binomial_interval(60, 100)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.497 to 0.697
    """
    interval = scipy.stats.binomtest(int(right), int(n)).proportion_ci(confidence, method="exact")
    return float(interval.low), float(interval.high)


def power(accuracy: ArrayLike, n: ArrayLike, alpha: float = 0.05) -> Any:
    """Probability that `n` independent answers, each right with probability `accuracy`, are told from a coin's.

    By the exact two-sided binomial test at level `alpha`. Both may be arrays. It rises in steps and falls a little
    between them, because n answers can be right in n + 1 ways only: at 1/2 it is the test's true level, below `alpha`.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    binom = scipy.stats.binom
    critical = binom.isf(alpha / 2, n, 0.5) + 1  # the fewest right answers, or wrong ones, that are rejected
    return binom.sf(critical - 1, n, accuracy) + binom.cdf(n - critical, n, accuracy)


def raters_needed(accuracy: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """The smallest number of answers, one a rater, whose exact binomial test has this `power` against a coin.

    >>> [raters_needed(accuracy) for accuracy in (0.7, 0.9, 1.0)]
    [49, 12, 6]
    """
    if not 0 <= accuracy <= 1 or accuracy == 0.5:
        raise ValueError(
            f"accuracy must be from 0 to 1 and not 0.5, which no number of raters tells apart; got {accuracy}"
        )
    if not 0 < power < 1:
        raise ValueError(f"power must be between 0 and 1, got {power}")
    start, stop = 1, 1025
    while True:
        sizes = np.arange(start, stop)
        enough = _power(accuracy, sizes, alpha) >= power
        if enough.any():
            return int(sizes[enough.argmax()])
        start, stop = stop, 2 * stop


_power = power  # raters_needed has an argument of this name


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
    evidence : float array like `outcomes`.
    """
    outcomes = _outcomes(outcomes)
    return np.exp(_log_capitals(outcomes, np.asarray(null, dtype=float)[..., None], alpha).max(axis=0))


def confidence_sequence(outcomes: ArrayLike, alpha: float = 0.05, grid: int = 1000) -> np.ndarray:
    """Interval of the accuracy after each answer; all of them hold at once with probability 1 - `alpha` or more.

    The accuracies that :func:`betting_e_process` does not reject, rounded outwards to a multiple of 1/`grid`. It
    presumes one accuracy throughout; against raters who learn only the test of a given null stays exact.

    Returns
    -------
    interval : float array (n, 2) of the lower and upper ends, for outcomes (n,).
    """
    outcomes = _outcomes(outcomes)
    if outcomes.ndim != 1:
        raise ValueError(f"outcomes must be one study, of shape (n,); got shape {outcomes.shape}")
    for_more, for_less = _log_capitals(outcomes, np.arange(grid + 1)[:, None] / grid, alpha) >= np.log(1 / alpha)
    # What the first gambler proves too low are the smallest means, what the second proves too high are the largest.
    low = np.maximum(for_more.sum(axis=0) - 1, 0)
    high = np.minimum(grid + 1 - for_less.sum(axis=0), grid)
    return np.stack([low, high], axis=1) / grid


def posterior(outcomes: ArrayLike, at: ArrayLike) -> np.ndarray:
    """Density, at the accuracies `at`, of what one believes of a rater's accuracy after `outcomes` and nothing before.

    From a flat prior: Beta(1 + right, 1 + wrong). Unlike :func:`confidence_sequence` it says what to believe now, not
    how often one will have been misled by then.

    >>> posterior([1, 1], [0.0, 0.5, 1.0])
    array([0.  , 0.75, 3.  ])
    """
    outcomes, at, special = _outcomes(outcomes), np.asarray(at, dtype=float), scipy.special
    right, wrong = outcomes.sum(), outcomes.size - outcomes.sum()
    return np.exp(special.xlogy(right, at) + special.xlog1py(wrong, -at) - special.betaln(1 + right, 1 + wrong))


def _outcomes(outcomes):
    outcomes = np.asarray(outcomes, dtype=float)
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
