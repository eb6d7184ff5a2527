"""Whether two samples of one quantity seem to be in other units: where each lies, and what of it beyond the other."""

import numpy as np

from ..checks import least_and_most

_BEYOND = 0.4  # of one sample's values, beyond what the other spans, where some 2/n are expected of the same units
_MARGIN = 20  # of a range, within which a value that stands at its end is not beyond: the zeros of what is nearly black
_FEW = 20  # values of which the least and the greatest say little
_SOME = 1000  # rows that tell a share
_TIMES = 10  # the one spans that many times the other


def apart(one, other, fewest):
    """Whether two ranges (low, high) do not meet, in which at least so many values lie.

    Few values may miss the others by chance; so they must lie further from them than the longer range is long.
    """
    if not (other[1] < one[0] or other[0] > one[1]):
        return False
    return fewest >= _FEW or max(other[0] - one[1], one[0] - other[1]) > max(one[1] - one[0], other[1] - other[0])


def scaled(one, other, fewest):
    """Whether one of two ranges (low, high) of numbers, of more than a few, is many times as wide as the other."""
    wide, own = (high - low for low, high in (one, other))
    return fewest >= _FEW and wide > 0 and not 1 / _TIMES < own / wide < _TIMES


def beyond(one, other, ranges, fewest):
    """The larger share of one sample's values beyond the range of the other, where it is large; else, and of few, 0."""
    if fewest < _FEW:
        return 0.0
    shares = []
    for values, (low, high) in ((one, ranges[1]), (other, ranges[0])):
        if isinstance(low, int | np.integer):  # of any size, without rounding
            low, high = int(low), int(high)
            margin = (high - low) // _MARGIN
        else:
            with np.errstate(invalid="ignore"):  # what is not finite is told elsewhere
                margin = (high - low) / _MARGIN
        shares.append(float(((values < low - margin) | (values > high + margin)).mean()))
    return max(shares) if max(shares) > _BEYOND else 0.0


def doubts_of_units(samples, columns):
    """Sentences about arrays, by role, of which the first is asked about each other one; of columns too if asked."""
    first, *others = samples
    flat = {role: X if X.ndim == 2 else X.reshape(len(X), -1) for role, X in samples.items()}
    ends = {role: [end.astype(float) for end in least_and_most(X)] for role, X in flat.items()}
    ranges = {role: (float(low.min()), float(high.max())) for role, (low, high) in ends.items()}
    some = {role: X[:: -(-len(X) // _SOME)] for role, X in samples.items()}
    for role in others:
        mine, its = ranges[first], ranges[role]
        fewest = min(len(flat[one]) * (1 if columns else flat[one].shape[1]) for one in (first, role))
        share = beyond(some[first], some[role], (mine, its), fewest)
        if apart(mine, its, fewest) or (role == "generated" and scaled(mine, its, fewest)) or share:
            (a, b), (c, d) = mine, its
            part = f", {share:.0%} of one beyond the other" if share else ""
            yield f"{first} lies in {a:.4g} to {b:.4g} and {role} in {c:.4g} to {d:.4g}{part}: the same units?"
        elif columns:
            (low, high), (from_, to) = ends[first], ends[role]
            for i in np.flatnonzero((high > low) & (to > from_)):
                if not apart((low[i], high[i]), (from_[i], to[i]), fewest):
                    continue
                yield (
                    f"column {i}: {first} lies in {low[i]:.4g} to {high[i]:.4g} and {role} in {from_[i]:.4g} to "
                    f"{to[i]:.4g}: the same units?"
                )
