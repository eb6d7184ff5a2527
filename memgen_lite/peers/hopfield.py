"""Associative memory: a query goes to what is stored near it, which is attention, and a denoiser, and a memorizer."""

from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..shared.checks import whole
from ..shared.types import RandomState
from .base import Peer
from .diffusion_sampler import attend


class Hopfield(Peer):
    """A modern Hopfield network: rows are stored as directions, and a random direction is taken to one of them.

    With all keys of one length, one retrieval step is :meth:`OptimalDenoiser.denoise` with sigma = 1 / sqrt(beta), so
    that beta runs from the mean of everything stored (0) to single rows.

    Parameters
    ----------
    beta : float, 0 or more: how steeply likeness counts, for keys of length 1; physics calls it inverse temperature.
    steps : int, 0 or more, steps before the last one at most.

    >>> memory = Hopfield(beta=50, random_state=0).fit([[3.0, 0.0], [0.0, 1.0], [-2.0, -2.0]])
    >>> memory.retrieve([[2.5, 0.5]]).round(6)
    array([[3., 0.]])
    """

    _rules: ClassVar = {"steps": partial(whole, least=0)}

    def __init__(self, beta: float = 1000.0, steps: int = 100, random_state: RandomState = None) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        self.mean_ = X.mean(axis=0)
        self.rows_ = X
        self.keys_ = _directions(X - self.mean_)

    def retrieve(self, X: ArrayLike) -> np.ndarray:
        """What each query, a row of `X` (n, d), becomes: the stored rows' mean, weighted by where it comes to rest."""
        return self._retrieve(_directions(self._checked(X) - self.mean_))

    def _retrieve(self, q):
        beta = self._parameter("beta")
        for _ in range(self._parameter("steps")):
            before, q = q, attend(beta * q @ self.keys_.T, self.keys_)
            if np.allclose(before, q, rtol=0, atol=1e-12):
                break
        return attend(beta * q @ self.keys_.T, self.rows_)

    def _sample(self, n, rng):
        return self._retrieve(_directions(rng.normal(size=(n, self.n_features_in_))))


def _directions(X):
    lengths = np.sqrt(np.einsum("ij,ij->i", X, X))[:, None]
    return np.divide(X, lengths, out=np.zeros_like(X), where=lengths > 0)
