"""An order by chance among rows that are equally near, or equal, of which nothing is held.

A row's place in it is a number made of a seed and the row's index alone, by a counter-based hash (Salmon et al. 2011,
"Parallel random numbers: as easy as 1, 2, 3"). So it can be asked of any rows, in any parts and on any machine, where
an order that is drawn as a permutation takes 8 bytes a row, of all rows at once.
"""

from copy import deepcopy

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)  # Weyl's, of the golden ratio; it and what follows as in SplitMix64
_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))  # Stafford's variant 13 (2011)


class TieOrder:
    """A number for each row: the lesser one comes first, and of two rows it is either with a probability of 1/2.

    Parameters
    ----------
    rng : numpy.random.Generator, which goes on from here as after `rng.permutation(rows)`: what is drawn of it later
        is the same as if such a permutation had been the order. Where no two rows tie, so is every result.
    rows : int, how many there are.

    `order[index]` are the numbers of these rows, a uint64 array of the shape of `index`: different for different rows,
    as each step of the hash can be undone.

    >>> order = TieOrder(np.random.default_rng(0), 10**6)
    >>> bool((order[[3, 999_999]] == [order.after(3)[0], order[999_999]]).all())
    True
    """

    def __init__(self, rng: np.random.Generator, rows: int) -> None:
        # The seed is made of what the permutation would have taken, so from six rows on nothing that is drawn later
        # depends on it.
        self._seed, self._start = deepcopy(rng).integers(2**64, size=2, dtype=np.uint64), 0
        # An array of which each item is the same byte is shuffled by the same draws as one of `rows` numbers.
        rng.shuffle(np.lib.stride_tricks.as_strided(np.zeros(1, dtype=np.uint8), (rows,), (0,)))

    def after(self, start: int) -> "TieOrder":
        """The order of the rows from `start` on, counted from there."""
        rest = object.__new__(TieOrder)
        rest._seed, rest._start = self._seed, self._start + start
        return rest

    def __getitem__(self, index):
        found = np.asarray(index).astype(np.uint64)
        found += np.uint64(self._start)
        for seed in self._seed:
            found *= _STEP
            found += seed
            for shift, factor in _MIX:
                found ^= found >> np.uint64(shift)
                found *= np.uint64(factor)
            found ^= found >> np.uint64(31)
        return found

    def first_of(self, value: np.ndarray) -> np.ndarray:
        """Which rows come first among those of their `value`, an int array (rows,) from 0 on: a bool array (rows,)."""
        again = np.flatnonzero((np.bincount(value) > 1)[value])
        again = again[np.lexsort((self[again], value[again]))]
        first = np.ones(len(value), dtype=bool)
        first[again] = np.diff(value[again], prepend=-1) > 0
        return first
