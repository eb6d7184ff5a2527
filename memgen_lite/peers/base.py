"""What all peers share: `fit(X)`, then `sample(n)` along a stream, and a card that says what they are."""

import numbers
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ..shared.checks import finite
from ..shared.randomness import generator
from ..shared.types import FilePath, RandomState
from .cards import CARDS


class Carded:
    """What has a `card`, from `cards.toml`, under the name of its class; a subclass that has none shares it."""

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        cls.card = CARDS.get(cls.__name__, getattr(cls, "card", None))


class Peer(Carded, BaseEstimator):
    """A generative model of rows of numbers. A subclass has a card, and defines `_fit(X, rng)` and `_sample(n, rng)`.

    A fitted peer's `sample()` goes on along its own stream, so that two calls differ and a refit with the same int as
    `random_state` repeats both; `sample(n, random_state=...)` starts anew.
    """

    def _store(self, given):
        """Keep the arguments of `__init__`, its `locals()`, under their own names, as scikit-learn expects."""
        for name in self._get_param_names():
            setattr(self, name, given[name])

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn from `X`, array (n, d) of 2 or more rows of finite numbers. `y` is not used. Returns self.

        A fit that fails or is interrupted leaves the peer as it was, with what it had learned before. (A training by
        gradients that is interrupted ends early instead, with a warning.)
        """
        X = checked_rows(X)
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self.n_features_in_ = X.shape[1]
            self._fit(X, self._stream)
        return self

    def sample(self, n: int = 1, random_state: RandomState = None) -> np.ndarray:
        """`n` new rows, float array (n, d)."""
        self._check_fitted()
        if not isinstance(n, numbers.Integral) or isinstance(n, bool) or n < 0:
            raise ValueError(f"n must be a whole number, 0 or more, got {n!r}")
        rng = self._stream if random_state is None else generator(random_state)
        return self._sample(int(n), rng) if n else np.empty((0, self.n_features_in_))

    def save(self, path: FilePath) -> None:
        """Write what was learnt to one file, without pickle; :func:`memgen_lite.peers.load` reads it.

        A loaded peer goes on sampling where the saved one was.
        """
        from .saving import save

        self._check_fitted()
        save(self, path)

    def _columns(self, X, name):
        """Rows that are asked about, as an array of as many columns as were learned."""
        self._check_fitted()
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or X.shape[1] != self.n_features_in_:
            raise ValueError(f"{name} must be an array (rows, {self.n_features_in_}), got shape {X.shape}")
        return X

    def _check_fitted(self):
        check_is_fitted(self, "_stream", msg="this %(name)s is not fitted yet: call fit(X) first")


@contextmanager
def all_or_nothing(model: Any, stream: np.random.Generator) -> Iterator[np.random.Generator]:
    """Where the block ends with an error or an interrupt, the model and the stream are what they were before it."""
    before, place = dict(vars(model)), stream.bit_generator.state
    try:
        yield stream
    except BaseException:
        model.__dict__, stream.bit_generator.state = before, place
        raise


def checked_rows(X):
    X = np.asarray(X)
    if X.dtype.kind not in "fiub":
        raise ValueError(f"X must hold real numbers, got dtype {X.dtype}")
    if X.ndim != 2 or X.shape[1] == 0:
        raise ValueError(
            f"X must be 2-D (rows, features), got shape {X.shape}; flatten images by X.reshape(len(X), -1)"
        )
    if len(X) < 2:
        raise ValueError(f"X must have 2 rows at least, as one row has no spread to learn, got {len(X)}")
    X = X.astype(np.float64)
    finite(X, "X", limit=np.inf)
    return X


def seed(rng):
    """An int for a library that takes no Generator, drawn from the stream."""
    return int(rng.integers(2**31))
