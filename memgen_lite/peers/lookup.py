"""MemGEN as a classifier: what was learned by heart is looked up by distance, and its label is read."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import able, numbers_in, one_of, resolved
from ..shared.neighbors import neighbors
from ..shared.points import unit_rows
from ..shared.randomness import generator
from ..shared.types import RandomState
from .base import Peer, checked_labels

_PAIRS = 2**20  # rows that are equally near, of so many at a time


class MemGENClassifier(ClassifierMixin, Peer):
    """A memory of rows with their labels: a row has the label of the stored one that is nearest (Cover and Hart 1967).

    Training rows are at distance 0 from themselves, so each gets its own label back, whatever the labels are. Where
    several stored rows are exactly the nearest, what most of them say counts, and of equally many the label that comes
    first in `classes_`. Stored rows can be drawn too, as by :class:`memgen_lite.MemGEN`.

    Parameters
    ----------
    metric : "euclidean" or "cosine", the distance.
    features : None, or a function of rows (n, d) to an array (n, k): distances are then taken between what it returns.
        It sees training rows and others by the same rule, and a model with one can't be saved.

    Attributes
    ----------
    classes_ : the labels, sorted. rows_ (n, d), labels_ (n,) : what is stored; labels by their place in `classes_`.
    points_ (n, k) : where the stored rows lie; of length 1 for cosines. metric_ : the distance of the fit.

    >>> model = MemGENClassifier().fit([[0.0], [1.0], [9.0]], ["low", "low", "high"])
    >>> model.predict([[0.4], [7.0]]).tolist(), model.predict_proba([[5.0]]).tolist()
    (['low', 'high'], [[0.5, 0.5]])
    """

    _rules: ClassVar = {"metric": partial(one_of, options=("euclidean", "cosine"))}

    def __init__(
        self,
        metric: str = "euclidean",
        features: Callable[[np.ndarray], ArrayLike] | None = None,
        random_state: RandomState = None,
    ) -> None:
        self._store(locals())

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Store the rows `X` (n, d) with their labels `y` (n,). Returns self.

        Raises
        ------
        ValueError : for rows as of other peers, and a `y` that is None, of another length, or of no classes.
        """
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self._check_parameters()
            self.metric_ = self.metric
            self.rows_ = self._checked(X, y, fit=True)
            self.classes_, self.labels_ = checked_labels(y, len(self.rows_))
            self.points_ = self._placed(self.rows_)
            resolved({"features(X)": self.points_})
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The label (n,) of the stored row that is nearest to each row of `X` (n, d)."""
        shares = self.predict_proba(X)
        return self.classes_[shares.argmax(axis=1)]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """The share (n, classes) of each label among the stored rows that are exactly nearest: mostly one of them.

        For a stored row these are the stored rows equal to it, and the shares are the law of the label, given the row,
        that the memory has.
        """
        points = self._placed(self._checked(X))
        *_, ties = neighbors(points, self.points_, return_ties=True)
        shares = np.zeros((len(points), len(self.classes_)))
        for count in np.unique(ties):
            (asked,) = np.nonzero(ties == count)
            for part in np.array_split(asked, -(-len(asked) * count // _PAIRS)):
                _, nearest = neighbors(points[part], self.points_, k=int(count))
                np.add.at(shares, (part[:, None], self.labels_[nearest]), 1 / count)
        return shares

    def _placed(self, X):
        """Where rows lie: in a space in which the metric is their distance."""
        name = "X"
        if self.features is not None:
            X, n_rows, name = able(self.features, "features", "__call__")(X.copy()), len(X), "features(X)"
            X = numbers_in(X, name).astype(float)
            if X.ndim != 2 or len(X) != n_rows:
                raise ValueError(f"features must return {n_rows} rows of numbers, (rows, k), got shape {X.shape}")
        return unit_rows(X, name) if self.metric_ == "cosine" else X

    def _sample(self, n, rng):
        return self.rows_[rng.integers(len(self.rows_), size=n)]
