"""A convolutional network with random weights, of which nothing is ever trained: one picture in, pictures out."""

import warnings
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from sklearn.base import BaseEstimator

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import items, numbers_in, whole
from ..shared.progress import bar
from ..shared.randomness import generator
from ..shared.types import RandomState
from .base import Carded, Peer


class RandomNetwork(Carded, BaseEstimator):
    """A network of random filters, and pictures that it can't tell from the one that it was shown.

    Layers are 3 x 3 filters with rectified outputs, drawn as in He et al. 2015 (arXiv 1502.01852); before every second
    layer but the first, squares of 2 x 2 are averaged. A picture is found by descent (L-BFGS) from noise. Either all
    features of one layer have to be those of the picture, which brings it back, or their products, averaged over all
    places, which keeps what the texture is and forgets where.

    Parameters
    ----------
    channels : filters of each layer. steps : int, steps of the descent at most.

    Attributes
    ----------
    picture_ : array (height, width, channels), the picture in 0-1. kernels_ : list of arrays (3, 3, in, out).
    """

    save = Peer.save
    _check_fitted = Peer._check_fitted

    def __init__(
        self,
        channels: tuple[int, ...] = (32, 32, 64, 64, 128, 128),
        steps: int = 150,
        random_state: RandomState = None,
    ) -> None:
        self.channels, self.steps, self.random_state = channels, steps, random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Draw the weights, and look at the one picture `X`, (height, width) or (height, width, channels).

        It is of uint8, or of floats from 0 to 1. `y` is not used. Returns self.
        """
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self._check_parameters()
            sizes = [whole(size, "channels", 1) for size in items(self.channels, "channels")]
            if not sizes:
                raise ValueError("channels must have a layer at least, got none")
            picture = _in_unit(X, "X")
            least = 2 ** ((len(sizes) - 1) // 2)
            if min(picture.shape[:2]) < least:
                raise ValueError(f"X must be {least} pixels high and wide for {len(sizes)} layers, got {picture.shape}")
            self.flat_, self.picture_, self.kernels_ = np.ndim(X) == 2, picture, []
            for n_in, n_out in zip([picture.shape[2], *sizes], sizes, strict=False):
                drawn = self._stream.normal(size=(3, 3, n_in, n_out)) * np.sqrt(2 / (9 * n_in))
                self.kernels_.append(drawn.astype(np.float32))
        return self

    def features(self, X: ArrayLike) -> list[np.ndarray]:
        """What each layer says of a picture like the one of `fit`: a list of arrays (height, width, filters).

        Heights and widths are those of the picture for the first two layers, and half as many for each further two.
        """
        picture = jnp.asarray(self._like(X), jnp.float32)
        return [np.asarray(layer) for layer in _layers(self.kernels_, picture)]

    def texture_loss(self, X: ArrayLike) -> float:
        """How far a picture is from the texture of the picture: 0 for the same one, about 1 for none.

        The squared distance of the Gram matrices (filters, filters), means over all places of products of two features,
        as a share of the squared length of the picture's own; and the mean of that over layers (Gatys et al. 2015). Of
        a picture that is of the middle gray all over a network says nothing, and others are as far from that as can be.
        """
        picture = jnp.asarray(self._like(X), jnp.float32)
        return float(_texture(picture, self.kernels_, self._aims(True)))

    def invert(self, depth: int, random_state: RandomState = None) -> np.ndarray:
        """A picture whose features of layer `depth`, from 1 on, are those of the picture, found from noise."""
        self._check_fitted()
        depth = whole(depth, "depth", 1, len(self.kernels_))
        kernels, aims = self.kernels_[:depth], self._aims(False)[depth - 1 : depth]
        rng = self._stream if random_state is None else generator(random_state)
        return self._descend(_content_slope, kernels, aims, rng)[0]

    def sample(self, n: int = 1, random_state: RandomState = None) -> np.ndarray:
        """`n` pictures of the texture of the picture, each from other noise: (n, height, width[, channels]) in 0-1."""
        self._check_fitted()
        rng = self._stream if random_state is None else generator(random_state)
        aims, shape, made = self._aims(True), self.picture_.shape[:2] if self.flat_ else self.picture_.shape, []
        for i in range(whole(n, "n", 0)):
            picture, whole_way = self._descend(_texture_slope, self.kernels_, aims, rng)
            made.append(picture)
            if not whole_way:
                warnings.warn(f"interrupted: {i + 1} of {n} pictures, and the last is not done", stacklevel=2)
                break
        return np.array(made).reshape(-1, *shape)

    def _like(self, X):
        self._check_fitted()
        picture = _in_unit(X, "X")
        if picture.shape != self.picture_.shape:
            raise ValueError(f"X must be of the shape of the picture, {self.picture_.shape}, got {picture.shape}")
        return picture

    def _aims(self, texture):
        layers = _layers(self.kernels_, jnp.asarray(self.picture_, jnp.float32))
        return [_gram(layer) for layer in layers] if texture else layers

    def _descend(self, loss_and_slope, kernels, aims, rng):
        """The picture of the least loss on the way from noise, cut to 0-1, and whether it went all the way."""
        steps = self._parameter("steps")
        x, done, whole_way = 0.5 + 0.1 * rng.normal(size=self.picture_.shape), 0, True

        def slope(flat):
            value, gradient = loss_and_slope(jnp.asarray(flat.reshape(x.shape), jnp.float32), kernels, aims)
            return float(value), np.asarray(gradient, dtype=np.float64).ravel()

        with bar(steps, "painting from noise", "step") as progress:

            def reached(flat):
                nonlocal x, done
                x, done = flat.reshape(x.shape).copy(), done + 1
                progress.update()

            limits = {"maxiter": steps, "maxfun": 20 * steps, "maxcor": 20, "ftol": 0, "gtol": 0}
            try:
                minimize(slope, x.ravel(), jac=True, method="L-BFGS-B", callback=reached, options=limits)
            except KeyboardInterrupt:
                whole_way = False
                warnings.warn(f"interrupted: the picture is that of step {done} of {steps}", stacklevel=3)
        picture = np.clip(x, 0, 1)
        return picture[..., 0] if self.flat_ else picture, whole_way


def _in_unit(X, name):
    """A picture as float (height, width, channels) from 0 to 1."""
    picture = numbers_in(X, name, 0, 255, kinds="iuf")
    if picture.ndim not in (2, 3) or not picture.size:
        raise ValueError(f"{name} must be a picture (height, width) or (height, width, channels), got {picture.shape}")
    if picture.dtype != np.uint8 and picture.max() > 1:
        raise ValueError(f"{name} must be of uint8, or of numbers from 0 to 1, got {picture.max()}")
    picture = picture / 255 if picture.dtype == np.uint8 else picture.astype(np.float64)
    return picture if picture.ndim == 3 else picture[..., None]


def _layers(kernels, x):
    x, found = x[None] - 0.5, []
    for i, kernel in enumerate(kernels):
        if i and i % 2 == 0:
            x = jax.lax.reduce_window(x, 0.0, jax.lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4
        axes = ("NHWC", "HWIO", "NHWC")
        x = jax.nn.relu(jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=axes))
        found.append(x[0])
    return found


def _gram(layer):
    return jnp.einsum("ijc,ijd->cd", layer, layer) / (layer.shape[0] * layer.shape[1])


def _apart(found, aims):
    shares = [((a - b) ** 2).sum() / jnp.maximum((b**2).sum(), 1e-12) for a, b in zip(found, aims, strict=True)]
    return sum(shares) / len(shares)


def _content(x, kernels, aims):
    return _apart(_layers(kernels, x)[-1:], aims)


def _texture(x, kernels, aims):
    return _apart([_gram(layer) for layer in _layers(kernels, x)], aims)


_content_slope = jax.jit(jax.value_and_grad(_content))
_texture_slope = jax.jit(jax.value_and_grad(_texture))
