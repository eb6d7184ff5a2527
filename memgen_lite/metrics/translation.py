"""How much of a translation is right, by its characters."""

from collections import Counter
from collections.abc import Sequence

from ..shared.checks import texts_in

ORDER, BETA = 6, 2.0


def chrf(said: Sequence[str], meant: Sequence[str]) -> float:
    """The character n-gram F-score of translations `said` beside those `meant`, both lists of str, from 0 to 100.

    Popovic 2015 (WMT, W15-3049): of all runs of n characters that were said the share P that was meant, and of those
    meant the share R that was said, each the mean over n = 1 to 6; then (1 + b^2) P R / (b^2 P + R) with b = 2, so that
    what is missing counts more than what is too much. White space does not count. Runs are counted over the whole list,
    as SacreBLEU does (Post 2018), whose numbers these are.

    Raises
    ------
    TypeError, ValueError : for what is no list of str, an empty one, or lists of different lengths.

    >>> round(chrf(["the cat sat"], ["the cat is sitting"]), 2), chrf(["a rose"], ["a rose"])
    (31.79, 100.0)
    """
    said, meant = texts_in(said, "said"), texts_in(meant, "meant")
    if len(said) != len(meant):
        raise ValueError(f"meant must hold a text for each of the {len(said)} said, got {len(meant)}")
    shares = []
    for n in range(1, ORDER + 1):
        pairs = [(_runs(a, n), _runs(b, n)) for a, b in zip(said, meant, strict=True)]
        right = sum((a & b).total() for a, b in pairs)
        # A text that was meant and is shorter than n has nothing to compare with, and what is said is not held against.
        told, wanted = sum(a.total() for a, b in pairs if b), sum(b.total() for _, b in pairs)
        if told and wanted:
            shares.append((right / told, right / wanted))
    if not shares or not any(map(sum, shares)):
        return 0.0
    precision, recall = (sum(column) / len(shares) for column in zip(*shares, strict=True))
    return 100 * (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def _runs(text, n):
    text = "".join(text.split())
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))
