"""Rademacher Coin Flipping, the raters that it replaces, and the statistics of a human study.

A rater sees pairs: one real picture and one generated, left and right as a fair coin fell, and says which is real.
Who cannot tell is right half the time, as is a coin, which is cheaper. Notebook 02 teaches what follows from that.

>>> coin = RademacherCoin(random_state=0)
>>> coin.flip(5)
array([ 1,  1,  1, -1, -1])
>>> raters_needed(0.6)  # to tell people who are right in 60 % of cases from a coin, in 80 % of studies
199
"""

import numpy as np

from .randomness import generator


class RademacherCoin:
    """A rater with no eyes: -1 or +1 with probability 1/2 each, whatever it is shown.

    Parameters
    ----------
    random_state : int, numpy Generator, RandomState or None.
    """

    def __init__(self, random_state=None):
        self.random_state = random_state
        self._rng = generator(random_state)

    def flip(self, n):
        """`n` independent flips, an int array (n,) of -1 and +1."""
        if n < 0:
            raise ValueError(f"n must be 0 or more, got {n}")
        return 2 * self._rng.integers(0, 2, n) - 1

    def judge(self, left, right):
        """Say of each of n pairs which picture is the real one: -1 the left, +1 the right; int array (n,).

        Parameters
        ----------
        left, right : arrays (n, ...) of the same shape, one pair a row, in the order in which they are shown.
        """
        if np.shape(left) != np.shape(right):
            raise ValueError(f"left and right must have the same shape, got {np.shape(left)} and {np.shape(right)}")
        return self.flip(len(left))


class Elephant(RademacherCoin):
    """A rater that forgets nothing it was shown: a picture seen before in the session is called generated.

    It has never seen the training set and knows nothing of quality; where nothing, or everything, repeats it flips a
    coin. A new session takes a new elephant. What it is right about is in :func:`elephant_accuracy`.
    """

    def __init__(self, random_state=None):
        super().__init__(random_state)
        self.seen = set()

    def judge(self, left, right):
        answers = super().judge(left, right)
        for pair, (one, other) in enumerate(zip(_keys(left), _keys(right), strict=True)):
            answers[pair] = _real_one(one in self.seen, other in self.seen, answers[pair])
            self.seen |= {one, other}
        return answers


class Librarian(RademacherCoin):
    """A rater that has read the training set, and calls a picture from it generated; otherwise it flips a coin.

    Parameters
    ----------
    train : array (N, ...), rows of the same shape as the pictures that it will judge.
    random_state : int, numpy Generator, RandomState or None.
    """

    def __init__(self, train, random_state=None):
        super().__init__(random_state)
        self.train = set(_keys(train))

    def judge(self, left, right):
        answers = super().judge(left, right)
        for pair, (one, other) in enumerate(zip(_keys(left), _keys(right), strict=True)):
            answers[pair] = _real_one(one in self.train, other in self.train, answers[pair])
        return answers


def _keys(pictures):
    # Equal pictures have equal bytes once their type is one; adding zero makes -0.0 and 0.0 the same.
    rows = np.ascontiguousarray(pictures, dtype=float) + 0.0
    return [row.tobytes() for row in rows]


def _real_one(left_suspect, right_suspect, flip):
    return flip if left_suspect == right_suspect else (1 if left_suspect else -1)


def session(rater, real, generated, random_state=None):
    """Show `rater` n pairs, each in the order that a fair coin gives it, and say where the answer was right.

    The sides are independent flips, not dealt half and half: who is told how well they do could count a balanced deck
    and beat the coin with closed eyes (Blackwell and Hodges, 1957).

    Parameters
    ----------
    rater : has `judge(left, right)`, like :class:`RademacherCoin`.
    real, generated : arrays (n, ...) of the same shape; row i of both makes pair i.
    random_state : of the sides; give the rater another one.

    Returns
    -------
    outcomes : bool array (n,).
    """
    real, generated = np.asarray(real), np.asarray(generated)
    if real.shape != generated.shape:
        raise ValueError(f"real and generated must have the same shape, got {real.shape} and {generated.shape}")
    sides = RademacherCoin(random_state).flip(len(real))
    on_left = (sides < 0).reshape(-1, *[1] * (real.ndim - 1))
    left, right = np.where(on_left, real, generated), np.where(on_left, generated, real)
    return rater.judge(left, right) == sides


def duplicate_probability(n_memories, draws):
    """Probability that `draws` uniform draws with replacement from `n_memories` hold a repeat: the birthday problem.

    `draws` may be an array. Drawing without replacement, as MemGEN-P does, makes it 0.

    >>> round(float(duplicate_probability(365, 23)), 4)
    0.5073
    """
    draws = np.asarray(draws)
    terms = np.log1p(-np.minimum(np.arange(draws.max(initial=0)), n_memories - 0.5) / n_memories)
    log_none = np.concatenate([[0.0], np.cumsum(terms)])[draws]
    return np.where(draws > n_memories, 1.0, -np.expm1(log_none))


def elephant_accuracy(n_memories, trial):
    """Probability that an :class:`Elephant` is right at `trial` (1, 2, ...; may be an array) of a session on MemGEN-U.

    The draw was seen before with probability 1 - (1 - 1/N)^(t - 1), and half of the rest is guessed. It assumes real
    pictures that do not repeat and are not in the memory.
    """
    return 1 - 0.5 * (1 - 1 / n_memories) ** (np.asarray(trial) - 1)


def binomial_interval(right, n, confidence=0.95):
    """Exact (Clopper and Pearson, 1934) interval (low, high) of the accuracy behind `right` right answers of `n`.

    It is valid for one look, at an `n` fixed beforehand.

    >>> low, high = binomial_interval(60, 100)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.497 to 0.697
    """
    from scipy.stats import binomtest

    interval = binomtest(int(right), int(n)).proportion_ci(confidence, method="exact")
    return float(interval.low), float(interval.high)


def power(accuracy, n, alpha=0.05):
    """Probability that `n` independent answers, each right with probability `accuracy`, are told from a coin's.

    By the exact two-sided binomial test at level `alpha`. Both may be arrays. It rises in steps and falls a little
    between them, because n answers can be right in n + 1 ways only: at 1/2 it is the test's true level, below `alpha`.
    """
    from scipy.stats import binom

    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    critical = binom.isf(alpha / 2, n, 0.5) + 1  # the fewest right answers, or wrong ones, that are rejected
    return binom.sf(critical - 1, n, accuracy) + binom.cdf(n - critical, n, accuracy)


def raters_needed(accuracy, power=0.8, alpha=0.05):
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


def betting_e_process(outcomes, null=0.5, alpha=0.05):
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


def confidence_sequence(outcomes, alpha=0.05, grid=1000):
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
    means = np.arange(grid + 1)[:, None] / grid
    for_more, for_less = _log_capitals(outcomes, means, alpha) >= np.log(1 / alpha)
    # What the first gambler proves too low are the smallest means, what the second proves too high are the largest.
    low = np.maximum(for_more.sum(axis=0) - 1, 0)
    high = np.minimum(grid + 1 - for_less.sum(axis=0), grid)
    return np.stack([low, high], axis=1) / grid


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
