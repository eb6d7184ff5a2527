"""Diffusion with its best denoiser, in closed form; nothing is trained.

Data x with noise, x + s n, have a best guess of x under squared error: the mean of the training rows, weighted by how
likely each is to have been the one, w = softmax(-|x + s n - x_i|^2 / 2 s^2). That is what a denoiser is trained to be,
and a sampler that follows it ends on a training row. (One that sees less than whole images is in
:mod:`.patch_denoiser`.)
"""

import numpy as np
from numpy.typing import ArrayLike

from ..shared.types import RandomState
from .diffusion_sampler import Diffusion, attend, closeness


class OptimalDenoiser(Diffusion):
    """Diffusion as it was meant: the minimizer of its training loss. It ends on training rows, bit for bit.

    Parameters
    ----------
    steps : int, noise levels of the sampler.

    >>> X = [[0.0, 1.0], [2.0, 0.5], [1.0, 3.0]]
    >>> model = OptimalDenoiser(random_state=0).fit(X)
    >>> all(any((row == x).all() for x in X) for row in model.sample(20))
    True
    """

    def __init__(self, steps: int = 18, random_state: RandomState = None) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        self._scale(X)
        self.rows_ = X

    def weights(self, x: ArrayLike, sigma: float) -> np.ndarray:
        """The share (n, N) of each training row in the guess."""
        from scipy.special import softmax

        return softmax(closeness(self._checked(x, name="x") - self.mean_, self.rows_ - self.mean_, sigma), axis=1)

    def _denoise(self, x, sigma):
        return attend(closeness(x - self.mean_, self.rows_ - self.mean_, sigma), self.rows_)
