"""The memory of Hopfield and its dense successors: states of two values fall to what is stored near them.

A memory is an energy that has the stored rows as its valleys. With the overlap m_i = x_i.s / d of a state s with each
stored row, all of them of -1 and 1, it is E(s) = -sum_i F(m_i): the steeper F is, the less the other rows disturb the
nearest one, and the more of them can be stored.
"""

import math
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..shared.checks import number, one_of
from ..shared.types import RandomState
from .base import Peer
from .parameters import allowing

_CELLS = 2**22  # numbers of scratch: queries times stored rows
_MOST = 10**6  # the greatest power; at any one that is greater, the nearest rows alone count
_TIE = 1e-12  # of the largest term of a sum; what is below is rounding, and the cell stays


class AssociativeMemory(Peer):
    """Rows of two values, stored as the valleys of an energy (Hopfield 1982; Krotov and Hopfield 2016).

    Rows, and whatever is asked, are of -1 and 1, or of 0 and 1, as those to `fit` were; what comes back is of the same.

    Parameters
    ----------
    power : number from 2 on, or infinity. 2 is the classical memory, E = -s'Ws/2 with W = sum x_i x_i' / d and a
        diagonal of 0, which keeps about 0.14 d random rows, and with each row its negative. Above 2 it is dense,
        E = -d sum max(0, m_i)^power, and keeps of the order of d^(power - 1). Infinity is E = -log sum exp(d m_i), with
        as many as exp(c d) (Demircigil et al. 2017).
    updates : "asynchronous", cell after cell in the order of the columns, so that the energy never rises; or
        "synchronous", all cells at once, which may end in a circle of two states.
    sweeps : int, how often all cells are looked at, at the most. It ends earlier where none of them changes.

    Attributes
    ----------
    rows_ : the stored rows, of -1 and 1. weights_ : W (d, d), made of them at each look. low_ : -1.0 or 0.0, which
        stands for -1.

    >>> memory = AssociativeMemory().fit([[1, 1, 1, 1, -1, -1], [1, -1, 1, -1, 1, -1]])
    >>> memory.retrieve([[1, 1, 1, -1, -1, -1]])
    array([[ 1.,  1.,  1.,  1., -1., -1.]])
    >>> memory.energy([[1, 1, 1, -1, -1, -1], [1, 1, 1, 1, -1, -1]]).round(2)
    array([-0.67, -2.  ])
    """

    _rules: ClassVar = {
        "power": allowing(math.inf, partial(number, least=2, most=_MOST)),
        "updates": partial(one_of, options=("asynchronous", "synchronous")),
    }

    def __init__(
        self,
        power: float = 2,
        updates: str = "asynchronous",
        sweeps: int = 100,
        random_state: RandomState = None,
    ) -> None:
        self._store(locals())

    @property
    def weights_(self) -> np.ndarray:
        self._check_fitted()
        weights = self.rows_.T @ self.rows_ / self.n_features_in_
        np.fill_diagonal(weights, 0)
        return weights

    def _fit(self, X, rng):
        self.low_ = 0.0 if (X == 0).any() else -1.0
        self.rows_ = self._signs(X, "-1 and 1 or 0 and 1, in all rows the same")

    def retrieve(self, X: ArrayLike) -> np.ndarray:
        """The state (n, d) at which each row of `X` (n, d) comes to rest."""
        return self._values(self._rest(self._asked(X)))

    def energy(self, X: ArrayLike) -> np.ndarray:
        """The energy (n,) of each row of `X` (n, d)."""
        s, power = self._asked(X), self._parameter("power")
        if power == 2:
            return -np.einsum("ij,ij->i", s @ self.weights_, s) / 2
        found = np.empty(len(s))
        for part in self._parts(s):
            overlaps = s[part] @ self.rows_.T
            if power == math.inf:
                found[part] = -np.logaddexp.reduce(overlaps, axis=1)
            else:
                shares = np.maximum(overlaps, 0) / s.shape[1]
                found[part] = -s.shape[1] * (shares**power).sum(axis=1)
        return found

    def _sample(self, n, rng):
        return self._values(self._rest(rng.choice([-1.0, 1.0], size=(n, self.n_features_in_))))

    def _asked(self, X):
        return self._signs(self._checked(X), f"{self.low_:g} and 1, as the stored rows do")

    def _signs(self, X, pair):
        if not (right := np.isin(X, (self.low_, 1))).all():
            raise ValueError(f"X must hold two values, {pair}, got {X[~right][0]:g}")
        return np.where(X == 1, 1.0, -1.0)

    def _values(self, s):
        return np.where(s > 0, 1.0, self.low_)

    def _parts(self, s):
        step = max(1, _CELLS // len(self.rows_))
        return [slice(start, start + step) for start in range(0, len(s), step)]

    def _rest(self, s):
        """Where states (n, d) end. Those that have come to rest are looked at no more."""
        power, d = self._parameter("power"), s.shape[1]
        matrix = self.weights_ if power == 2 else _gains(d, power)
        swept = self._classical if power == 2 else self._dense
        s, moving = s.copy(), np.arange(len(s))
        for _ in range(self._parameter("sweeps")):
            if not len(moving):
                break
            before = s[moving]
            s[moving] = np.concatenate([swept(before[part], matrix) for part in self._parts(before)])
            moving = moving[(s[moving] != before).any(axis=1)]
        return s

    def _classical(self, before, weights):
        s, d = before.copy(), before.shape[1]
        seen = before if self._parameter("updates") == "synchronous" else s
        for cell in range(d):
            field = np.rint(d * (seen @ weights[:, cell]))  # a whole number, so that a tie is one
            s[:, cell] = np.where(field == 0, s[:, cell], np.sign(field))
        return s

    def _dense(self, before, gains):
        s, rows, d = before.copy(), self.rows_, before.shape[1]
        overlaps, in_turn = s @ rows.T, self._parameter("updates") == "asynchronous"
        for cell in range(d):
            others = overlaps - s[:, cell, None] * rows[:, cell]
            gain = gains[others.astype(np.intp) + d - 1]
            most = gain.max(axis=1, keepdims=True)
            gain -= np.where(np.isfinite(most), most, 0)
            pull = np.exp(gain, out=gain) @ rows[:, cell]
            new = np.where(np.abs(pull) <= _TIE, s[:, cell], np.sign(pull))
            if in_turn:
                overlaps = others + new[:, None] * rows[:, cell]
            s[:, cell] = new
        return s


def _gains(d, power):
    """log(F(k + 1) - F(k - 1)) for the overlap k of all other cells, from 1 - d to d - 1: what agreement there brings.

    A cell that agrees with a stored row has F(k + 1) of that row, and one that does not, F(k - 1). In logarithms, and
    up to a factor that is one for all, as powers of many cells are beyond all floats.
    """
    k = np.arange(1 - d, d, dtype=float)
    if power == math.inf:
        return k
    gains = np.full(2 * d - 1, -np.inf)  # for k < 0 both are 0
    k = k[d - 1 :]
    gains[d - 1 :] = power * np.log(k + 1) + np.log1p(-((np.maximum(k - 1, 0) / (k + 1)) ** power))
    return gains
