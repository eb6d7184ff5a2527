"""Whether two samples of one quantity seem to be in other units: where each lies, and what of it beyond the other."""

import numpy as np

from ..checks import least_and_most

_BEYOND = 0.4  # of one sample's values, beyond what the other spans, where some 2/n are expected of the same units
_MARGIN = 20  # of a range, within which a value that stands at its end is not beyond: the zeros of what is nearly black
_FEW = 20  # values of which the least and the greatest say little
_FEWEST = 5  # values that tell a range at all
_FAR = 2  # ranges beyond one, which few values of the same unit are not by chance
_SOME = 1000  # rows that tell a share
_TIMES = 10  # the one spans that many times the other


def apart(one, other, counts):
    """Whether two ranges (low, high), of more than a few values each, do not meet."""
    return min(counts) >= _FEW and bool(other[1] < one[0] or other[0] > one[1])


def scaled(one, other, counts):
    """Whether one of two ranges (low, high) of more than a few numbers is many times as wide as the other."""
    wide, own = (high - low for low, high in (one, other))
    return min(counts) >= _FEW and wide > 0 and not 1 / _TIMES < own / wide < _TIMES


def beyond(one, other, ranges, counts):
    """The larger share of one sample's values beyond the range of the other, where it is large; else 0.

    Where either is of a few values, of which some lie beyond by chance, only what lies far beyond counts.
    """
    shares, few = [0.0], min(counts) < _FEW
    for values, (low, high), count in ((one, ranges[1], counts[1]), (other, ranges[0], counts[0])):
        if isinstance(low, int | np.integer):  # of any size, without rounding
            low, high = int(low), int(high)
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is told elsewhere
            width = high - low
            margin = _FAR * width if few else width // _MARGIN if isinstance(width, int) else width / _MARGIN
            told = count >= _FEWEST and high > low if few else True
            shares += [float(((values < low - margin) | (values > high + margin)).mean())] if told else []
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
        counts = [len(flat[one]) * (1 if columns else flat[one].shape[1]) for one in (first, role)]
        share = beyond(some[first], some[role], (mine, its), counts)
        if apart(mine, its, counts) or (role == "generated" and scaled(mine, its, counts)) or share:
            (a, b), (c, d) = mine, its
            part = f", {share:.0%} of one beyond the other" if share else ""
            yield f"{first} lies in {a:.4g} to {b:.4g} and {role} in {c:.4g} to {d:.4g}{part}: the same units?"
        elif columns:
            (low, high), (from_, to) = ends[first], ends[role]
            gap, widths = np.maximum(from_ - high, low - to), np.array([high - low, to - from_])
            few = min(counts) < _FEW
            missed = (gap > _FAR * widths[np.argmax(counts)]) & (widths[np.argmax(counts)] > 0) if few else gap > 0
            for i in np.flatnonzero(missed & (few | (widths > 0).all(axis=0))):
                yield (
                    f"column {i}: {first} lies in {low[i]:.4g} to {high[i]:.4g} and {role} in {from_[i]:.4g} to "
                    f"{to[i]:.4g}: the same units?"
                )
