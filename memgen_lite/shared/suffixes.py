"""A suffix array: all places of a sequence, sorted by what follows there.

It is made by doubling (Manber and Myers 1993, SIAM J. Comput. 22): places are ranked by the next 1, 2, 4, .. words, and
only those that are still alike are sorted again. Two places have an equal rank of a length if and only if as many words
that follow are equal.
"""

import numpy as np


def sorted_suffixes(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places of a sequence in order, and their ranks by each length.

    Parameters
    ----------
    words : int array (n,), of which the last one comes nowhere else.

    Returns
    -------
    order : int array (n,), the places, sorted. ranks : int array (levels, n), the rank of each place by its next
        2^level words: that of the first in order of those that are alike.

    >>> sorted_suffixes(np.array([2, 1, 2, 1, 0]))[0]
    array([4, 3, 1, 2, 0], dtype=int32)
    """
    whole = np.int32 if len(words) < 2**31 else np.int64
    order = np.argsort(words, kind="stable").astype(whole)
    slots = np.arange(len(words), dtype=whole)  # of the order: where it is not settled yet
    rank, ranks, keys, length = np.empty(len(words), dtype=whole), [], words[order], 1
    while True:
        first = np.append(True, keys[1:] != keys[:-1])
        rank[order[slots]] = slots[first][np.cumsum(first) - 1]
        ranks.append(rank.copy())
        slots = slots[~(first & np.append(first[1:], True))]
        if not len(slots):
            return order, np.stack(ranks)
        places = order[slots]
        # What is alike for so many words does not reach the last one, so that there is a place behind.
        keys = rank[places].astype(np.int64) * len(words) + rank[places + length]
        sort = np.argsort(keys)
        order[slots], keys = places[sort], keys[sort]
        length *= 2
