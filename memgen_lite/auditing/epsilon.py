"""A lower bound for the epsilon of differential privacy, from the one run that was audited.

Under pure epsilon-differential privacy nobody who sees all that was published can raise the odds that a row was trained
on by more than a factor e^epsilon, whatever else he knows. So whoever guesses "train" of some rows, by what was
published and by no label, is right at each of them with odds of e^epsilon pi/(1 - pi) at most, given the rows guessed
before, where pi is the share of train. If he is right more often than that, epsilon is larger (Steinke, Nasr and
Jagielski 2023, arXiv 2305.08846; theirs is a fair coin, pi = 1/2).

Here the guesses are the hits, from the closest on. How many of them to make is not known beforehand, so four numbers
are tried, each at a quarter of the error rate (Bonferroni), and each a third of the next: a copier of few rows shows in
the first, one that recites in the last.
"""

import zlib
from typing import Any

import numpy as np

from ..shared.checks import number

SHARES = (1 / 27, 1 / 9, 1 / 3, 1)  # of the hits, that are guessed


class EpsilonBound(float):
    """A lower bound for epsilon: a float that knows how it was come by, and says so.

    NaN where what it rests on does not hold. 0 says nothing: it holds of every generator.

    Attributes
    ----------
    confidence : float, of the bound.
    guesses : int, how many hits were guessed to be of train, the closest ones. right : int, how many of them are.
    share : float, pi, that of train among all rows (or groups): how many of them are right by chance.
    unit : "row" or "group", whose privacy it is.
    reason : why there is no bound, a str; None where there is one.
    """

    confidence: float
    guesses: int
    right: int
    share: float
    unit: str
    reason: str | None

    def __repr__(self):
        return sentence(self)

    def to_dict(self) -> dict[str, Any]:
        """The bound as plain numbers and strings; None for NaN."""
        return {"epsilon": None if self.reason else float(self), **vars(self), "sentence": sentence(self)}


def epsilon_bound(audit: Any, confidence: float = 0.95) -> EpsilonBound:
    """What :meth:`memgen_lite.CopyAudit.epsilon_lower_bound` gives, for an audit; see there."""
    confidence = number(confidence, "confidence", above=0, below=1)
    groups, n_train = audit._measured.groups, audit.stamp["rows"]["train"]
    near = next(iter(audit._measured.nears.values()))  # of the first space: which one `near` is of, labels have chosen
    unit = near.row if groups is None else groups[near.row]
    hits, place, times = np.unique(unit, return_inverse=True, return_counts=True)
    of_train = hits < n_train if groups is None else np.isin(hits, groups[:n_train])
    closest = np.full(len(hits), np.inf)
    np.minimum.at(closest, place, near.ratio)
    # Among equally close hits those come first that are hit more often, and then chance decides. In the order of rows
    # those of train would be first, and an innocent generator on a grid would be convicted.
    chance = np.random.default_rng(zlib.crc32(str(audit.stamp["random_state"]).encode()))
    right = of_train[np.lexsort((chance.permutation(len(hits)), -times, closest))]
    ways = 1
    if groups is not None and len(sizes := np.unique(np.bincount(groups))) > 1:
        ways += len(sizes)  # labels may have chosen the size to which groups were cut, or none: one more guess each
    n, k = audit.walk.sizes
    bounds = prefix_bounds(right, n / (n + k), (1 - confidence) / ways)
    guesses = max(bounds, key=bounds.get)
    found = EpsilonBound(np.nan if audit.broken else max(bounds[guesses], 0.0))
    found.confidence, found.guesses, found.right = confidence, guesses, int(right[:guesses].sum())
    found.share, found.unit, found.reason = n / (n + k), "row" if groups is None else "group", audit.broken
    return found


def prefix_bounds(right, share, error):
    """By number of guesses, what so many of the first ones say of epsilon; together they err with probability `error`.

    Parameters
    ----------
    right : bool array (n,), which guesses are right, the surest first. share : of train. error : above 0, below 1.

    Returns
    -------
    Dict of floats, -inf where no guess is right: logit(p) - logit(share), with p the bound of Clopper and Pearson
    (1934) for the probability of being right, at an equal part of the error.

    >>> {guesses: round(bound, 1) for guesses, bound in prefix_bounds(np.ones(100, dtype=bool), 0.5, 0.05).items()}
    {4: -0.7, 12: 0.8, 34: 2.0, 100: 3.1}
    """
    from scipy.special import logit
    from scipy.stats import beta

    counts = np.unique(np.ceil(np.array(SHARES) * len(right) - 1e-9).astype(int))
    found = np.cumsum(right)[counts - 1]
    least = np.where(found > 0, beta.ppf(error / len(counts), np.maximum(found, 1), counts - found + 1), 0.0)
    return dict(zip(counts.tolist(), (logit(least) - logit(share)).tolist(), strict=True))


def sentence(bound: EpsilonBound) -> str:
    """The bound, and what it takes for granted, in plain words: for a report, or a page."""
    if bound.reason:
        return f"No bound for epsilon can be told: {bound.reason}."
    of_train = "of train" if bound.unit == "row" else "groups of train"
    seen = f"of the {bound.guesses:,} {bound.unit}s sat on most closely {bound.right:,} are {of_train}"
    seen += f", where chance puts {bound.share:.0%}"
    if not bound:
        return (
            f"No epsilon above 0 is shown at {bound.confidence:.4g} confidence: {seen}. That is no proof of privacy, "
            "as other attacks may see more."
        )
    return (
        f"Epsilon is {np.floor(100 * bound) / 100:.2f} or more, at {bound.confidence:.4g} confidence: {seen}. It is "
        f"that of pure differential privacy for one {bound.unit}, of the whole training with all that was published; "
        f"this takes for granted that an independent coin put each {bound.unit} into train or held it out."
    )
