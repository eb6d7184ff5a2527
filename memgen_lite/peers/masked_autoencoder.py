"""Filling in by a network that was trained to: patches of pictures are hidden from it, and it is graded on those."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..shared.checks import finite, number, shown
from .base import Peer
from .completion import Completing
from .parameters import check_image_shape
from .perceptron import MLP
from .training import Networked, Objective


class Masking(Objective):
    """Mean squared error of the numbers that are hidden; those that are visible count for nothing.

    For each row of a batch a number of patches is drawn, and then which ones are visible, all choices alike.
    """

    batch_size: int = 128
    learning_rate: float = 1e-3
    rounds: int = 5000
    width: int = 256
    depth: int = 2
    patch: int = 2
    image_shape: tuple[int, ...] | None = None
    visible: float | tuple[float, float] = 0.25

    def build(self, n_features, key):
        return {"model": MLP(2 * n_features, n_features, self.width, self.depth, key)}

    def loss(self, player, networks, x, key):
        visible = self.draw(key, *x.shape)
        missed = jnp.where(visible, 0.0, (fill_in(networks["model"], x, visible) - x) ** 2)
        return missed.sum() / jnp.maximum((~visible).sum(), 1)

    def draw(self, key, n, n_features):
        """Which numbers of `n` rows are visible: bool (n, n_features), the same for all numbers of a patch."""
        patches = patch_numbers(n_features, self.image_shape, self.patch)
        total = int(patches.max()) + 1
        low, high = (jnp.round(total * share) for share in bounds(self.visible))
        one, two = jax.random.split(key)
        count = jnp.minimum(low + jnp.floor((high - low + 1) * jax.random.uniform(one, (n, 1))), high)
        place = jax.random.uniform(two, (n, total)).argsort(axis=1).argsort(axis=1)
        return (place < count)[:, patches]


def bounds(visible):
    """The least and the largest share of the patches that are visible."""
    return visible if isinstance(visible, tuple | list) and len(visible) == 2 else (visible, visible)


def patch_numbers(n_features, image_shape, patch):
    """Which patch each number of a row is in, int array (n_features,); those at the right and below may be smaller."""
    side = round(n_features**0.5)
    height, width, *channels = image_shape or ((side, side) if side**2 == n_features else (1, n_features))
    down, across = (np.arange(size) // patch for size in (height, width))
    numbers = down[:, None] * (across[-1] + 1) + across
    return np.repeat(numbers.ravel(), int(np.prod(channels)))


def fill_in(network, x, visible):
    """What the network makes of rows (n, d) and of where they are visible; it is given 0 for what is hidden."""
    return network(jnp.concatenate([jnp.where(visible, x, 0.0), visible.astype(x.dtype)], axis=-1))


class MaskedAutoencoder(Completing, Networked, objective=Masking):
    """A masked autoencoder: a perceptron that sees some patches of a picture and is trained to tell the others.

    In place of the transformer of He et al. 2022 (arXiv 2111.06377) there is a perceptron that is given the visible
    numbers, 0 for the hidden ones, and which is which. So it can be asked about any mask, of patches or not.

    Parameters
    ----------
    patch : int, side of a patch in pixels.
    image_shape : (height, width) or (height, width, channels) of a row; None for a square gray picture, or for a
        single line where the number of columns is no square.
    visible : float from 0 to 1, the share of patches that are visible in training; or a pair (low, high), and each row
        has another number of them, all from `low` to `high` equally often.
    """

    fit, save = Peer.fit, Peer.save
    _check_fitted, _checked = Peer._check_fitted, Peer._checked

    def _fit(self, X, rng):
        finite(X, "X", limit=_MOST)
        check_image_shape(self.image_shape, "image_shape", X.shape[1])
        patches = int(patch_numbers(X.shape[1], self.image_shape, self.patch).max()) + 1
        low, high = (number(share, "visible", 0, 1) for share in bounds(self.visible))
        if low > high or round(patches * low) == patches:
            raise ValueError(
                f"visible must be a share, or the least and the largest one, that leaves one of {patches} patches "
                f"hidden, got {shown(self.visible)}"
            )
        self._learn(X, rng)

    def _complete(self, X, visible):
        finite(self._scaled(X), "X", limit=_MOST)
        x = jnp.asarray(self._scaled(X), dtype=jnp.float32)
        found = _filled(self.networks_["model"], x, jnp.asarray(visible))
        return self.mean_ + self.unit_ * np.asarray(found, dtype=np.float64)


_MOST = 1e15  # of numbers that are squared and multiplied in single precision
_filled = eqx.filter_jit(fill_in)
