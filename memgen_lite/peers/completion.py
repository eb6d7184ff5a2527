"""Filling in by memory: of a row that is seen in part, what the stored rows say that look like it where it is seen."""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist
from scipy.special import softmax

from ..shared.checks import as_array, finite, shown
from ..shared.kinds.opening import opened
from ..shared.types import RandomState
from .base import Peer
from .diffusion_sampler import attend
from .parameters import RULES, allowing


class Completing:
    """What fills in the hidden numbers of rows. It has `_complete(X, visible)`, where both are arrays (n, d)."""

    def complete(self, X: ArrayLike, mask: ArrayLike) -> np.ndarray:
        """The rows `X` (n, d) with their hidden numbers filled in, and the visible ones as they were: array (n, d).

        `mask` is True where a number is **visible**, an array of bool: (n, d), or (d,) for all rows. What stands where
        it is False is not read, and may be NaN.
        """
        X, visible = self._seen(X, mask)
        return np.where(visible, X, self._complete(X, visible))

    def _seen(self, X, mask):
        # The rows, checked and with 0 where they are hidden, and the mask for each of them.
        self._check_fitted()
        X, visible = opened(X), as_array(mask, "mask")
        if visible.dtype != bool:
            raise TypeError(f"mask must be an array of bool, True where a number is visible, got dtype {visible.dtype}")
        if hasattr(mask, "columns") and hasattr(X, "columns") and list(mask.columns) != list(X.columns):
            raise ValueError(f"mask must have the columns of X in their order, got {shown(list(mask.columns))}")
        X = self._checked(_without_hidden(X, visible))
        finite(X, "X")
        if visible.shape not in (X.shape, X.shape[1:]):
            raise ValueError(f"mask must be of the shape of X, {X.shape}, or of a row, got {visible.shape}")
        visible = np.broadcast_to(visible, X.shape)
        return np.where(visible, X, 0.0), visible


def _without_hidden(X, visible):
    """An array or a frame of numbers with 0 for what is hidden; what does not fit is left as it is, for the checks."""
    rows = as_array(X, "X") if isinstance(X, list | tuple) else X
    shape = np.shape(rows)
    if visible.shape not in (shape, shape[1:]):
        return X
    if type(rows) is np.ndarray and rows.dtype.kind == "f":
        return np.where(visible, rows, 0)
    if hasattr(X, "columns") and all(kind.kind in "fiub" for kind in X.dtypes):
        return X.where(np.broadcast_to(visible, shape), 0)
    return X


class MemoryCompletion(Completing, Peer):
    """MemGEN with a condition: the stored rows that look like the visible part of a row say what its hidden part is.

    Stored rows are weighted by softmax(-beta d^2), where d is the distance in the visible numbers, in units of twice
    the standard deviation of what is stored. So beta runs from the mean of everything stored (0) to the nearest row
    alone (infinity: a hard lookup, of the first one among equals). It is kernel regression (Nadaraya 1964; Watson
    1964), and one step of a Hopfield network that compares what it can see. A sample is a row of which nothing is
    visible: a stored one, each as probable as any other.

    Parameters
    ----------
    beta : float, 0 or more, or infinity.

    >>> X = [[0.0, 1.0], [2.0, 5.0], [4.0, 9.0]]
    >>> MemoryCompletion(beta=float("inf")).fit(X).complete([[1.8, float("nan")]], [[True, False]])
    array([[1.8, 5. ]])
    >>> MemoryCompletion(beta=0).fit(X).complete([[1.8, float("nan")]], [[True, False]])
    array([[1.8, 5. ]])
    """

    _rules: ClassVar = {"beta": allowing(np.inf, RULES["beta"])}

    def __init__(self, beta: float = 2.0, random_state: RandomState = None) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        self.unit_ = float(np.sqrt(X.var(axis=0).mean()) * 2) or 1.0
        self.rows_ = X

    def weights(self, X: ArrayLike, mask: ArrayLike) -> np.ndarray:
        """The share (n, N) of each stored row in what is filled in, for rows and mask as of :meth:`complete`."""
        return self._recall(*self._seen(X, mask), None)

    def _complete(self, X, visible):
        return self._recall(X, visible, self.rows_)

    def _recall(self, X, visible, values):
        # Rows with one mask at a time: sums of squares of what is seen and no more, so that equal distances are equal.
        masks, which = np.unique(visible, axis=0, return_inverse=True)
        found = np.empty((len(X), len(self.rows_) if values is None else values.shape[1]))
        block = max(1, 2**24 // len(self.rows_))
        for count, seen in enumerate(masks):
            alike = np.flatnonzero(which.reshape(-1) == count)
            for part in (alike[i : i + block] for i in range(0, len(alike), block)):
                squares = cdist(X[part][:, seen], self.rows_[:, seen], "sqeuclidean")
                found[part] = self._weighted(squares, values)
        return found

    def _weighted(self, squares, values):
        # The values' means, or the weights themselves where there are no values.
        beta = self._parameter("beta")
        if beta == np.inf:
            nearest = squares.argmin(axis=1)
            return np.arange(squares.shape[1]) == nearest[:, None] if values is None else values[nearest]
        squares -= squares.min(axis=1, keepdims=True)
        with np.errstate(over="ignore"):  # what is so far away has no weight
            scores = -(beta * (squares / self.unit_**2))
        return softmax(scores, axis=1) if values is None else attend(scores, values)

    def _sample(self, n, rng):
        return self.rows_[rng.integers(len(self.rows_), size=n)]
