"""The variational information bottleneck: a label is read through a noisy channel that is charged by the bit."""

from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin

from ..shared.all_or_nothing import all_or_nothing
from ..shared.randomness import generator
from ..shared.types import RandomState
from .base import Peer, checked_labels
from .perceptron import MLP
from .training import Networked, Objective
from .vae import send


class Channel(Objective):
    """Cross-entropy of the labels given a draw of the code, and beta times the code's divergence from N(0, I), in nats.

    A row comes with its label: `n_classes` numbers, one of them 1.
    """

    batch_size: int = 128
    learning_rate: float = 1e-3
    rounds: int = 1500
    beta: float = 1e-2
    latent: int = 16
    width: int = 256
    depth: int = 2

    def build(self, size, key):
        one, two = jax.random.split(key)
        (n_features,), (n_classes,) = size
        encoder = MLP(n_features, 2 * self.latent, self.width, self.depth, one)
        return {"model": (encoder, MLP(self.latent, n_classes, 1, 0, two))}

    def loss(self, player, networks, rows, key):
        encoder, decoder = networks["model"]
        x, labels = rows
        code, information = send(encoder, x, key)
        return self.beta * information.mean() - (labels * jax.nn.log_softmax(decoder(code))).sum(-1).mean()


class Bottleneck(ClassifierMixin, Networked, objective=Channel):
    """A classifier that sees a noisy code of each row, and pays for what the code says of the row.

    It is no sampler. What it pays, averaged over rows, is an upper bound of the mutual information of row and code.

    Parameters
    ----------
    beta : float, the price of a nat of the code, in nats of the label. latent : int, dimensions of the code.
    """

    save = Peer.save
    _check_fitted, _checked = Peer._check_fitted, Peer._checked

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn the labels `y` (n,), of 2 classes at least, of the rows `X` (n, d). Returns self."""
        self._check_parameters()
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            X = self._checked(X, y, fit=True)
            self.classes_, labels = checked_labels(y, len(X))
            if len(self.classes_) < 2:
                raise ValueError(f"y must hold labels of 2 classes at least, got {self.classes_.tolist()}")
            self._learn(X, self._stream, np.eye(len(self.classes_))[labels])
        return self

    def skeleton(self, key: jax.Array) -> Any:
        return self._objective().build(((self.n_features_in_,), (len(self.classes_),)), key)

    def predict(self, X: ArrayLike, random_state: RandomState = None) -> np.ndarray:
        """The label (n,) that is read from one draw of each row's code. As the code is noisy, two calls differ."""
        X = self._checked(X)
        rng = self._stream if random_state is None else generator(random_state)
        return self.classes_[self._send(X, jax.random.key(int(rng.integers(2**31))))[0]]

    def bits(self, X: ArrayLike) -> Any:
        """What the code says of each row, in bits: an array (n,)."""
        return self._send(self._checked(X), jax.random.key(0))[1] / np.log(2)

    def _send(self, X, key):
        label, information = _read(self.networks_["model"], jnp.asarray(self._scaled(X), jnp.float32), key)
        return np.asarray(label), np.asarray(information, dtype=float)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True  # a code is drawn for each prediction
        return tags


@eqx.filter_jit
def _read(model, x, key):
    code, information = send(model[0], x, key)
    return model[1](code).argmax(-1), information
