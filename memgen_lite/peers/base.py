"""What all peers share: `fit(X)`, then `sample(n)` along a stream, and a card that says what they are."""

import numbers
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import finite, resolved, shown, unmasked
from ..shared.kinds.opening import opened
from ..shared.randomness import generator
from ..shared.types import FilePath, RandomState
from .cards import CARDS
from .parameters import RULES, Rule


class Carded:
    """What has a `card`, from `cards.toml`, under the name of its class; a subclass that has none shares it."""

    _rules: ClassVar[dict[str, Rule]] = {}  # of its parameters, where they are others than those of the name

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        cls.card = CARDS.get(cls.__name__, getattr(cls, "card", None))
        cls._rules = getattr(super(cls, cls), "_rules", {}) | vars(cls).get("_rules", {})

    def _check_parameters(self):
        """Raise TypeError or ValueError for one that is not what it must be."""
        for name in self._get_param_names():
            self._parameter(name)

    def _parameter(self, name):
        """One of the parameters, checked, as the number that it is: it may have been set since the fit.

        In a class that is not of this package a name means what its author says, so that its own rules alone hold.
        """
        ours = type(self).__init__.__module__.startswith("memgen_lite.")
        rule, value = ((RULES if ours else {}) | self._rules).get(name), getattr(self, name)
        return value if rule is None else rule(value, name)


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
        """Learn from `X`, array (n, d) or frame of 2 or more rows of finite numbers. `y` is not used. Returns self.

        A fit that fails or is interrupted leaves the peer as it was, with what it had learned before. (A training by
        gradients that is interrupted ends early instead, with a warning.)

        Raises
        ------
        TypeError, ValueError : for other rows, and for a parameter that is not what it must be.
        """
        self._check_parameters()
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self._fit(self._checked(X, fit=True), self._stream)
        return self

    def sample(self, n: int = 1, random_state: RandomState = None) -> np.ndarray:
        """`n` new rows, float array (n, d)."""
        self._check_fitted()
        if not isinstance(n, numbers.Integral) or isinstance(n, bool) or n < 0:
            raise ValueError(f"n must be a whole number, 0 or more, got {n!r}")
        if n * self.n_features_in_ >= 2**48:  # no machine has room for so many
            raise ValueError(f"n must be below {2**48 // self.n_features_in_:,}, got {shown(n)}")
        rng = self._stream if random_state is None else generator(random_state)
        return self._sample(int(n), rng) if n else np.empty((0, self.n_features_in_))

    def save(self, path: FilePath) -> None:
        """Write what was learnt to one file, without pickle; :func:`memgen_lite.peers.load` reads it.

        A loaded peer goes on sampling where the saved one was.
        """
        from .saving import save

        self._check_fitted()
        save(self, path)

    def _checked(self, X, y=None, *, name="X", fit=False):
        """Rows to learn, or to ask a fitted one about; these have as many columns, of the same names in one order."""
        if not fit:
            self._check_fitted()
            y = "no_validation"
        X = opened(X, name)
        rows = checked_rows(X, name, at_least=2 if fit else 1)
        if fit:  # of larger numbers, and of smaller differences, squares are infinite or 0
            finite(rows, name)
            resolved({name: rows})
        validate_data(self, X if hasattr(X, "columns") else rows, y, reset=fit, skip_check_array=True)
        return rows

    def _check_fitted(self):
        check_is_fitted(self, "_stream", msg="this %(name)s is not fitted yet: call fit(X) first")


def checked_rows(X, name="X", *, at_least=2):
    """An array, a list or a frame of finite real numbers as float64 (n, d), a copy. In errors it is called `name`."""
    unmasked(X, name)
    try:
        shape = tuple(X.shape if hasattr(X, "shape") else np.asarray(X).shape)
    except ValueError:
        raise ValueError(f"{name} must be 2-D (rows, features), got rows that differ in shape") from None
    if len(shape) != 2:
        raise ValueError(
            f"{name} must be 2-D (rows, features), got shape {shape}. Reshape your data: images by "
            f"{name}.reshape(len({name}), -1), one feature by {name}.reshape(-1, 1)"
        )
    if shape[1] == 0:
        raise ValueError(
            f"{name} must have columns, got 0 feature(s) (shape={shape}) while a minimum of 1 is required."
        )
    if shape[0] < at_least:
        few = "2 rows at least, as 1 sample has no spread to learn" if at_least == 2 else "a row at least"
        raise ValueError(f"{name} must have {few}, got {shape[0]}")
    try:
        rows = check_array(X, ensure_all_finite=False, ensure_min_samples=0)
        given = np.asarray(X)
        if given.dtype == object and any(isinstance(value, str | bytes) for value in given.flat):
            raise ValueError("some are text that reads as numbers")
        if rows.dtype.kind not in "fiub":
            raise ValueError(f"got dtype {rows.dtype}")
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} must hold real numbers: {str(error).splitlines()[0]}") from None
    rows = np.array(rows, dtype=np.float64, order="C")  # so that a frame is learned to the same bit
    finite(rows, name, limit=np.inf)
    return rows


def checked_labels(y, n_rows):
    """The classes of labels `y` (n_rows,), sorted, and the place (n_rows,) of each label among them."""
    import pandas as pd

    given, y = y, column_or_1d(unmasked(y, "y"), warn=True)
    if len(y) != n_rows:
        raise ValueError(f"y must hold a label for each of {n_rows} rows, got {len(y)}")
    labels = given if isinstance(given, list | tuple) else y.tolist()  # NumPy makes texts of numbers beside texts
    if len(missing := np.flatnonzero(pd.isna(np.array(labels, dtype=object)))):
        raise ValueError(f"y must hold a label for each row, got {shown(labels[missing[0]])} for row {missing[0]}")
    if len({isinstance(label, str) for label in labels}) == 2:
        raise ValueError("y must hold labels of one kind, got texts and others")
    check_classification_targets(y)
    return np.unique(y, return_inverse=True)


class Density(DensityMixin, Peer):
    """A peer that has the density of its law, as `_log_density(X)`."""

    def score_samples(self, X: ArrayLike) -> np.ndarray:
        """The natural log of the density at each row of `X` (n, d): array (n,)."""
        return self._log_density(self._checked(X))

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """The mean of :meth:`score_samples`, so that the peer's settings can be searched. `y` is not used."""
        return float(np.mean(self.score_samples(X)))


def seed(rng):
    """An int for a library that takes no Generator, drawn from the stream."""
    return int(rng.integers(2**31))
