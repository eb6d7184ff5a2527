"""A vector for each picture that tells its places from those of other pictures: Deep InfoMax, and Su's variant."""

from functools import partial
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import TransformerMixin

from ..shared.checks import finite, one_of, whole
from .base import Peer
from .parameters import check_image_shape
from .perceptron import MLP
from .training import Networked, Objective
from .vae import send

_MOST, _BATCH = 1e15, 256  # of numbers in single precision, and rows that are transformed together
BOUNDS = ("infonce", "jsd")


def infonce(scores: jax.Array) -> jax.Array:
    """A lower bound in nats of the mutual information of two things, from a batch of B pairs (van den Oord et al. 2018,
    arXiv 1807.03748, eq. 5).

    `scores` (B, B, ...) has at [i, j] how well the first thing of pair i goes with the second one of pair j. The bound
    is the mean log of the share that the own first thing has among all B, plus log B; so it is never above log B.
    """
    own = jnp.moveaxis(jnp.diagonal(jax.nn.log_softmax(scores, axis=0)), -1, 0)
    return own.mean() + jnp.log(scores.shape[0])


def jsd(scores: jax.Array) -> jax.Array:
    """A lower bound in nats of twice the Jensen-Shannon divergence of pairs from strangers: Nowozin et al. 2016 (arXiv
    1606.00709), as Deep InfoMax maximizes it (eq. 4) and more by 2 log 2; from scores as of :func:`infonce`.

    It is 0 where the two are independent and 2 log 2 at most. The scores for which it is largest are the logarithm of
    the density of pairs over that of strangers, whose mean over pairs is the mutual information.
    """
    own = jnp.moveaxis(jnp.diagonal(scores), -1, 0)
    b = scores.shape[0]
    strangers = (jax.nn.softplus(scores).mean((0, 1)) * b**2 - jax.nn.softplus(own).mean(0) * b) / (b * (b - 1))
    return 2 * jnp.log(2.0) - jax.nn.softplus(-own).mean() - strangers.mean()


class Squares(eqx.Module):
    """Filters of 4 x 4 numbers at every second place, rectified: (n, height, width, in) to half the sides, rounded up.

    As a product of matrices, which rounds alike on all processors; a convolution of XLA's may not.
    """

    weight: jax.Array
    bias: jax.Array

    def __init__(self, n_in: int, n_out: int, key: jax.Array) -> None:
        self.weight = jnp.sqrt(2 / (16 * n_in)) * jax.random.normal(key, (16 * n_in, n_out))
        self.bias = jnp.zeros(n_out)

    def __call__(self, x: jax.Array) -> jax.Array:
        down, across = (-(-side // 2) for side in x.shape[1:3])
        after = [2 * out + 1 - side for out, side in zip((down, across), x.shape[1:3], strict=True)]
        x = jnp.pad(x, ((0, 0), (1, after[0]), (1, after[1]), (0, 0)))
        seen = [x[:, i : i + 2 * down : 2, j : j + 2 * across : 2] for i in range(4) for j in range(4)]
        return jax.nn.relu(jnp.concatenate(seen, axis=-1) @ self.weight + self.bias)


class Encoder(eqx.Module):
    """Rows (n, d) to a map (n, places, features), and its vector, or a vector's mean and log deviation."""

    layers: list
    head: MLP
    shape: tuple = eqx.field(static=True)
    places: int = eqx.field(static=True)

    def __init__(self, shape: tuple[int, int, int], n_out: int, width: int, key: jax.Array) -> None:
        one, two, three = jax.random.split(key, 3)
        self.shape = shape
        self.layers = [Squares(shape[2], width, one), Squares(width, 2 * width, two)]
        self.places = -(-shape[0] // 4) * -(-shape[1] // 4)
        self.head = MLP(self.places * 2 * width, n_out, 8 * width, 1, three)

    def map(self, x: jax.Array) -> jax.Array:
        x = x.reshape(len(x), *self.shape)
        for layer in self.layers:
            x = layer(x)
        return x.reshape(len(x), -1, x.shape[-1])

    def read(self, found: jax.Array) -> jax.Array:
        return self.head(found.reshape(len(found), -1))

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.read(self.map(x))


class Infomax(Objective):
    """Minus a bound of the information that a vector has of each place of its map, times `local`, and of the whole map,
    times `together`. Scores are products of what two linear maps make of both ("encode and dot")."""

    batch_size: int = 64
    learning_rate: float = 1e-3
    rounds: int = 500
    latent: int = 32
    width: int = 16
    image_shape: tuple[int, ...] | None = None
    bound: str = "infonce"
    local: float = 1.0
    together: float = 0.0
    noisy: bool = False
    prior: float = 0.01
    moved: int = 0

    def build(self, n_features: int, key: jax.Array) -> dict[str, Any]:
        one, *keys = jax.random.split(key, 5)
        shape = picture_shape(n_features, self.image_shape)
        encoder = Encoder(shape, (1 + self.noisy) * self.latent, self.width, one)
        n_places, n_found = encoder.places, 2 * self.width
        sizes = (n_found, self.latent, n_places * n_found, self.latent)
        pairs = [0.5 * jax.random.normal(own, (n, 64)) / np.sqrt(n) for n, own in zip(sizes, keys, strict=True)]
        return {"model": (encoder, pairs)}

    def loss(self, player: str, networks: dict[str, Any], x: jax.Array, key: jax.Array) -> jax.Array:
        encoder, (place, to_place, all_places, to_all) = networks["model"]
        bound = {"infonce": infonce, "jsd": jsd}[self.bound]
        move, noise = jax.random.split(key)
        found = encoder.map(x)
        seen = moved(x.reshape(len(x), *encoder.shape), self.moved, move) if self.moved else None
        head = encoder.read(found) if seen is None else encoder(seen)
        vector, paid = send(lambda given: given, head, noise) if self.noisy else (head, jnp.zeros(()))
        each = jnp.einsum("ipk,jk->ijp", found @ place, vector @ to_place)
        all_in_one = (found.reshape(len(x), -1) @ all_places) @ (vector @ to_all).T
        return self.prior * paid.mean() - self.local * bound(each) - self.together * bound(all_in_one)


def moved(x: jax.Array, most: int, key: jax.Array) -> jax.Array:
    """Pictures (n, height, width, channels), each moved by up to so many pixels down and across: what leaves it on one
    side comes in on the other."""
    steps = jax.random.randint(key, (len(x), 2), -most, most + 1)
    return jax.vmap(lambda picture, step: jnp.roll(picture, step, axis=(0, 1)))(x, steps)


def picture_shape(n_features: int, image_shape: Any) -> tuple[int, int, int]:
    """(height, width, channels) of a row: a square gray picture or a single line, where it is not said."""
    side = round(n_features**0.5)
    height, width, *channels = image_shape or ((side, side) if side**2 == n_features else (1, n_features))
    return height, width, *(channels or [1])


class InfomaxEncoder(TransformerMixin, Networked, objective=Infomax):
    """Deep InfoMax: an encoder whose vector of a picture has all the information that it can of the picture's places.

    Two layers of filters make a map of a picture, and a vector is made of the map. It is trained by pairs: places of a
    map have to be told from those of other pictures' maps, given the vector (Hjelm et al. 2019, arXiv 1808.06670). The
    vector is a space to compare pictures in, as `mg.audit(..., features=encoder.transform)`; then fit the encoder to
    other rows, or to training and held-out rows together, for to one that was fitted to one side the sides differ.

    The paper lets an adversary bring the vectors to a law that was said before; here nothing does. In Su's variant
    (2018, github.com/bojone/infomax), `noisy`, vectors are drawn from a normal law whose divergence from N(0, I) is
    paid for. It has local = 1.5, together = 0.5, prior = 0.01, bound = "jsd".

    Parameters
    ----------
    latent : int, numbers of the vector. width : int, filters of the first layer; the second has twice as many.
    image_shape : (height, width) or (height, width, channels) of a row; None for a square gray picture, or for a
        single line where the number of columns is no square.
    bound : "infonce", a bound of mutual information in nats; or "jsd", of twice a Jensen-Shannon divergence.
    local, together : floats, the weights of the bound of single places, and of the map as a whole.
    noisy : bool, whether a vector is drawn in training. prior : float, the price of a nat of its divergence.
    moved : int, pixels by which a picture is moved at most, down and across, before its vector is made in training; the
        map is that of the picture where it was (other views: Bachman et al. 2019, arXiv 1906.00910).

    Attributes
    ----------
    history_ : `model` is minus the weighted bounds, and the price, if any: means since the last entry.

    >>> X = np.random.default_rng(0).normal(size=(50, 16))
    >>> InfomaxEncoder(rounds=10, width=4, latent=3, random_state=0).fit(X).transform(X).shape
    (50, 3)
    """

    # One picture alone has no strangers.
    _rules: ClassVar = {"batch_size": partial(whole, least=2), "bound": partial(one_of, options=BOUNDS)}
    fit, save = Peer.fit, Peer.save
    _check_fitted, _checked = Peer._check_fitted, Peer._checked

    def _fit(self, X, rng):
        finite(X, "X", limit=_MOST)
        check_image_shape(self.image_shape, "image_shape", X.shape[1])
        self._learn(X, rng)

    def transform(self, X: ArrayLike) -> np.ndarray:
        """The vector of each row of `X` (n, d), its mean where it is noisy: float array (n, latent)."""
        X = self._scaled(self._checked(X))
        finite(X, "X", limit=_MOST)
        found = []
        for start in range(0, len(X), _BATCH):  # one shape, compiled once, and no row knows which ones are beside it
            part = X[start : start + _BATCH].astype(np.float32)
            filled = jnp.asarray(np.pad(part, [(0, _BATCH - len(part)), (0, 0)]))
            found.append(np.asarray(_encoded(self.networks_["model"][0], filled))[: len(part), : self.latent])
        return np.concatenate(found).astype(np.float64)


@eqx.filter_jit
def _encoded(encoder, x):
    return encoder(x)
