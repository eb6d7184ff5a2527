"""Runs of words that texts have in common, exactly: all places of all texts, sorted by the words that follow there.

The order is a suffix array, of which the ranks by the next 1, 2, 4, .. words are kept. Two places have an equal rank of
a length if and only if as many words that follow are equal, so that how far two places agree is found by asking from
the longest length down, and whether they agree for a given length by asking twice.
"""

from dataclasses import dataclass

import numpy as np

from ..shared.suffixes import sorted_suffixes

_AT_ONCE = 2**21  # places


class Runs:
    """All places of some texts, which are arrays of whole numbers from 0 on, one a word.

    Attributes
    ----------
    starts : int array (n + 1,), where each text begins; between two texts stands an end that is like no other word, so
        that no run goes on into the next text.
    ranks : int array (levels, places), the rank of each place by its next 2^level words.
    order : int array (places,), the places sorted.

    >>> runs = Runs([np.array([5, 7, 7]), np.array([7, 7, 5])])
    >>> runs.agree(np.array([1, 0]), np.array([4, 4]))
    array([2, 0])
    """

    def __init__(self, texts):
        sizes = np.array([len(text) + 1 for text in texts])
        self.starts = np.append(0, np.cumsum(sizes))
        words = np.empty(self.starts[-1], dtype=np.int64)
        ends = self.starts[1:] - 1
        inside = np.ones(len(words), dtype=bool)
        inside[ends] = False
        words[inside] = np.concatenate([*texts, np.empty(0, dtype=np.int64)])
        words[ends] = -1 - np.arange(len(texts))
        self.order, self.ranks = sorted_suffixes(words)

    def agree(self, one, two):
        """For how many words each of the places in `one` agrees with the (other) place in `two`, arrays of a shape."""
        length = np.zeros(np.broadcast_shapes(one.shape, two.shape), dtype=np.int64)
        for level in range(len(self.ranks) - 1, -1, -1):
            rank = self.ranks[level]
            # No place beyond the end is asked for: places agree on no end, and the last word is one.
            length += (rank[one + length] == rank[two + length]).astype(np.int64) << level
        return length

    def agree_for(self, length, one, two):
        """Whether places agree for `length` >= 1 words at the least."""
        # A run longer than any that occurs twice is of one place only, and so is its first half.
        level = np.minimum(np.frexp(length)[1] - 1, len(self.ranks) - 1)
        shift, last = length - (1 << level), self.ranks.shape[1] - 1
        ends = self.ranks[level, np.minimum(one + shift, last)], self.ranks[level, np.minimum(two + shift, last)]
        return (self.ranks[level, one] == self.ranks[level, two]) & (ends[0] == ends[1])


class Pool:
    """The search for the texts of a pool that have the longest runs in common with others.

    `runs` are those of the texts of the pool, `n` of them, and then the others.
    """

    def __init__(self, runs, n):
        self.runs, self.n = runs, n
        at_end = np.zeros(runs.starts[-1], dtype=bool)
        at_end[runs.starts[1:] - 1] = True
        places = runs.order[runs.order < runs.starts[n]]
        self.places = places[~at_end[places]]
        self.text = np.searchsorted(runs.starts, self.places, side="right").astype(np.int64) - 1
        self._rank = runs.ranks[-1][self.places]
        self._by_text = np.argsort(self.text, kind="stable")
        self._keys = self.text[self._by_text] * len(self.places) + self._by_text

    def longest(self, others, k):
        """The k texts of the pool that have the longest runs in common with each of some others, exactly.

        The places beside one in the order agree with it for longest, which bounds the k-th length from below. Then
        lengths are tried for which k texts may have a run. Fewer than k have a longer one, and are measured.

        Parameters
        ----------
        others : range of the numbers of these among all texts.
        k : int from 1 to n. Of texts with runs of equal length those that come first in the pool are taken.

        Returns
        -------
        texts, lengths : int arrays (len(others), k). alike : int array (n, 3), rows of an other, counted from the first
            of them, and the `places` from .. to .. that agree with it for as long as the last of the k texts does; none
            where that is for no word.
        """
        near, beside = self.near(others)
        k_th, longest = _least(_best(*beside, k, self.n), k, len(others)), np.zeros(len(others), dtype=np.int64)
        np.maximum.at(longest, near.owner, near.length)
        step = np.ones_like(k_th)
        while (open_ := k_th < longest).any():
            tried = np.where(open_, k_th + np.minimum(step, (longest - k_th + 1) // 2), 0)
            owner, text = self._sharing(self._alike(near, tried), k)
            enough = np.bincount(np.unique(owner * self.n + text) // self.n, minlength=len(others)) >= k
            k_th = np.where(open_ & enough, tried, k_th)
            longest = np.where(open_ & ~enough, tried - 1, longest)
            step = np.where(enough, 2 * step, 1)

        longer = self._measured(near, k_th, *self._sharing(self._alike(near, k_th + 1), k))
        alike = self._alike(near, k_th)
        owner, text = self._sharing(alike, k)
        # Who shares no word with the k-th longest, whichever it is, has the first texts.
        rest = np.repeat(np.flatnonzero(k_th == 0), k)
        owner, text = np.append(owner, rest), np.append(text, np.arange(len(rest)) % k)
        parts = zip(longer, (owner, text, k_th[owner]), strict=True)
        _, text, length = _best(*map(np.concatenate, parts), k, self.n)
        return text.reshape(-1, k), length.reshape(-1, k), alike

    def near(self, others):
        """The places of some texts, a :class:`Near`; and owners, texts and lengths of those beside them in order."""
        starts = self.runs.starts[others.start : others.stop + 1]
        place = np.arange(starts[0], starts[-1])
        owner = np.searchsorted(starts, place, side="right").astype(np.int64) - 1
        inside = place < starts[1:][owner] - 1
        place, owner = place[inside], owner[inside]
        before = np.searchsorted(self._rank, self.runs.ranks[-1][place])  # how many places of the pool come before it
        beside = []
        for slot in (before - 1, before):
            right = (slot >= 0) & (slot < len(self.places))
            length = np.zeros(len(place), dtype=np.int64)
            length[right] = self.runs.agree(place[right], self.places[slot[right]])
            beside.append((length, owner[right], self.text[slot[right]], length[right]))
        near = Near(place, owner, before, np.maximum(beside[0][0], beside[1][0]))
        return near, [np.concatenate(parts) for parts in zip(*(found[1:] for found in beside), strict=True)]

    def _alike(self, near, length):
        """Owners and intervals (n, 3) of the places that agree with a place of an owner for `length`, if not 0."""
        near = near.among((near.length >= length[near.owner]) & (length[near.owner] > 0))
        length = length[near.owner]
        low, high = (near.before + side * self._reach(near, length, side) for side in (-1, 1))
        found = np.stack([near.owner, low, high], axis=1)
        return found[np.unique(near.owner * (len(self.places) + 1) + low, return_index=True)[1]]

    def _reach(self, near, length, side):
        """How many of the slots before (side -1) or behind a place agree with it for `length` words."""
        reach, failed = np.zeros((2, len(length)), dtype=np.int64)
        on, step, up = np.arange(len(length)), 1, True  # few agree as a rule: steps double until one fails, then halve
        while step:
            slot = near.before[on] + side * (reach[on] + step) - (side > 0)
            right = (slot >= 0) & (slot < len(self.places))
            far = on[right]
            right[right] = self.runs.agree_for(length[far], near.place[far], self.places[slot[right]])
            reach[on[right]] += step
            failed[on[~right]] = step
            up = up and bool(right.any())
            step = 2 * step if up else step // 2
            on = on[right] if up else np.flatnonzero(failed > step)
        return reach

    def _sharing(self, alike, k):
        """Owners and texts: of each interval the k texts that come first.

        These are enough: where fewer than k texts have longer runs, whoever else is among the k is among these.
        """
        intervals, of = np.unique(alike[:, 1] * (len(self.places) + 1) + alike[:, 2], return_inverse=True)
        low, high = np.divmod(intervals, len(self.places) + 1)
        number, text = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for part in _parts(high - low):
            which, slot = _spread(low[part], high[part])
            which, texts = np.divmod(np.unique(which * self.n + self.text[slot]), self.n)
            first = np.arange(len(which)) - np.searchsorted(which, which) < k
            number.append(which[first] + part.start)
            text.append(texts[first])
        number, text = np.concatenate(number), np.concatenate(text)
        which, at = _spread(*(np.searchsorted(number, of, side=side) for side in ("left", "right")))
        return alike[which, 0], text[at]

    def _measured(self, near, length, owner, text):
        """Owners, texts and how long their longest runs are, which are known to be longer than `length`."""
        owner, text = np.divmod(np.unique(owner * self.n + text), self.n)
        near = near.among(near.length > length[near.owner])
        pair, at = _spread(*(np.searchsorted(near.owner, owner, side=side) for side in ("left", "right")))
        place, wanted = near.place[at], text[pair]
        # The places of a text that are beside this one, were there no other text.
        beside = np.searchsorted(self._keys, wanted * len(self.places) + near.before[at])
        longest = np.zeros(len(owner), dtype=np.int64)
        for slot in (beside - 1, beside):
            slot = self._by_text[np.clip(slot, 0, len(self.places) - 1)]
            right = self.text[slot] == wanted
            np.maximum.at(longest, pair[right], self.runs.agree(place[right], self.places[slot[right]]))
        return owner, text, longest


@dataclass(frozen=True)
class Near:
    """Places, whose they are, how many of the pool's come before them, and how long the nearest one agrees: (n,)."""

    place: np.ndarray
    owner: np.ndarray
    before: np.ndarray
    length: np.ndarray

    def among(self, chosen):
        return Near(self.place[chosen], self.owner[chosen], self.before[chosen], self.length[chosen])


def _best(owner, text, length, k, n):
    """Of each owner the k texts with the longest lengths, those that come first where equal."""
    key = owner * n + text
    sort = np.lexsort((-length, key))
    sort = sort[np.append(True, np.diff(key[sort]) > 0)[: len(sort)]]
    sort = sort[np.lexsort((text[sort], -length[sort], owner[sort]))]
    sort = sort[np.arange(len(sort)) - np.searchsorted(owner[sort], owner[sort]) < k]
    return owner[sort], text[sort], length[sort]


def _least(found, k, n):
    """The k-th length of each of n owners, 0 where there are fewer."""
    owner, _, length = found
    least = np.zeros(n, dtype=np.int64)
    last = np.flatnonzero(np.bincount(owner, minlength=n) == k)
    least[last] = length[np.searchsorted(owner, last, side="right") - 1]
    return least


def _spread(low, high):
    """All numbers from low to below high, of one pair of them after the other: which pair, and the number."""
    sizes = high - low
    which = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    return which, np.arange(len(which)) + np.repeat(low - (np.cumsum(sizes) - sizes), sizes)


def _parts(sizes):
    """Slices of what has these sizes, each of a bounded sum, or of one."""
    total, start = np.cumsum(sizes), 0
    while start < len(sizes):
        before = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + _AT_ONCE, side="right")))
        yield slice(start, stop)
        start = stop
