"""MemGEN: Algorithm 1 of the paper as a scikit-learn estimator. Taught in notebook 01."""

import numbers
import warnings

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import NotFittedError

from . import archive
from .containers import unpack
from .memories import ALL, MEMORIES
from .randomness import generator


class MemGEN(DensityMixin, BaseEstimator):
    """A generative model that stores its training set and draws from it uniformly (Gelly et al. 2018, Algorithm 1).

    Parameters
    ----------
    memory : "array", "list" or "hash"
        Where examples are kept. "array": contiguous rows of one dtype and shape (arrays, frames of numbers, lists of text,
        bytes, numbers or equally sized images); a `numpy.memmap` stays in its file. "list": any Python objects, kept by
        reference as Python's lists do. "hash": distinct items with counts. All three have the same law, and with the
        same `random_state` "array" and "list" make the same draws.
    random_state : int, numpy Generator, RandomState or None
        With an int, every `fit` starts the same stream; successive calls of `sample` go on along it.

    Attributes
    ----------
    memory_ : the memory itself.
    classes_ : list of the labels seen, in order of first sight; None if it was fitted without y.
    n_features_in_, feature_names_in_ : as in scikit-learn, where X has columns.

    What went in comes out: `sample` and `recite` return the kind of container, dtype and shape of `X`, with NaN and
    infinities as they were. Examples are equal if they are equal byte for byte: 0.0 and -0.0 are two, NaN is itself.

    >>> model = MemGEN(memory="list", random_state=0).fit(["Beautiful", "Explicit", "Simple"])
    >>> model.recite()
    ['Beautiful', 'Explicit', 'Simple']
    >>> sorted(model.sample(3, replace=False))
    ['Beautiful', 'Explicit', 'Simple']
    >>> float(np.exp(model.score_samples(["Simple"])[0]).round(4)), "Ugly" in model
    (0.3333, False)
    """

    def __init__(self, memory="array", random_state=None):
        self.memory = memory
        self.random_state = random_state

    def fit(self, X, y=None):
        """Learn X by heart, in place of what was known before.

        Parameters
        ----------
        X : array (n, ...), DataFrame, Series, list, tuple or iterable of n > 0 examples. An iterable is read to its end
            first: if it fails, what was known before stays.
        y : n labels (hashable), or None. With labels, `sample` can be asked for one of them.

        Raises
        ------
        ValueError : for an empty X, a ragged one, or a y of another length.
        TypeError : for an X that is no collection, or that this kind of memory can't hold as it is.
        """
        if self.memory not in MEMORIES:
            raise ValueError(f"memory must be one of {', '.join(map(repr, MEMORIES))}, got {self.memory!r}")
        rng = generator(self.random_state)
        container, values, labels = self._read(X, y)
        memory = MEMORIES[self.memory]()
        memory.append(memory.prepare(values), labels)
        self.memory_, self._container, self._rng, self._labelled = memory, container, rng, labels is not None
        self._name_features(X)
        return self

    def partial_fit(self, X, y=None):
        """Learn more by heart: `X` (and `y`) as in :meth:`fit`, of the same kind, dtype and shape as before.

        It is all or nothing: after an error the memory is what it was before the call.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y)
        container, values, labels = self._read(X, y)
        if (reason := container.agrees(self._container)) is not None:
            raise ValueError(f"X is {reason}; nothing of it was kept, the memory still holds {len(self):,} examples")
        if (labels is not None) != self._labelled:
            before = "with" if self._labelled else "without"
            raise ValueError(f"y must be given always or never: the memory was fitted {before} it; nothing was kept")
        self.memory_.append(self.memory_.prepare(values), labels)
        return self

    def sample(self, n=1, y=None, *, replace=True, random_state=None):
        """Draw n examples uniformly from the memory.

        Parameters
        ----------
        n : int, 0 or more; with `replace=False` at most the number of examples (that have the label y).
        y : a label, to draw only from the examples that have it; None for all of them.
        replace : bool. True is the paper's sampler (MemGEN-U); False never returns the same position twice, so that a
            sample of everything is a shuffled copy (MemGEN-P).
        random_state : None to go on along the model's stream; anything else starts one anew for this call.

        Returns
        -------
        n examples in a container of the kind that was fitted.
        """
        size = self._size(y)
        n = _count(n)
        if not replace and n > size:
            having = "" if y is None else f" with y={y!r}"
            raise ValueError(
                f"n must be at most {size:,}, the number of examples{having}, without replacement, got {n:,}"
            )
        rng = self._rng if random_state is None else generator(random_state)
        positions = rng.integers(size, size=n) if replace else rng.permutation(size)[:n]
        return self._container.rebuild(self.memory_.take(positions, ALL if y is None else y))

    def recite(self):
        """Everything, once: in order of arrival (a hash-map: by first sight, each item as often as it was seen)."""
        return self._container.rebuild(self.memory_.take(np.arange(self._size(None))))

    def score_samples(self, X):
        """The natural log of the empirical probability of each example: log(count / N), -inf for what was never seen.

        Parameters
        ----------
        X : examples as in :meth:`fit`; numbers of another dtype are found if they are equal in the memory's dtype.

        Returns
        -------
        array (n,) of float64.
        """
        self._size(None)
        counts = self._counts(*unpack(X))
        with np.errstate(divide="ignore"):
            return np.log(counts / len(self))

    def score(self, X, y=None):
        """The mean of :meth:`score_samples`: -inf as soon as one example was never seen."""
        return float(np.mean(self.score_samples(X)))

    @property
    def classes_(self):
        return list(self.memory_.labels) if self._labelled else None

    def __len__(self):
        """The number of examples held; 0 before `fit`."""
        return self.memory_.size() if self.__sklearn_is_fitted__() else 0

    def __bool__(self):
        return True  # an estimator is one also while it is empty; len() tells the rest

    def __contains__(self, x):
        """Whether one example was seen, byte for byte."""
        if not len(self):
            return False
        if self._container.kind == "array":
            return bool(self._counts(*unpack(np.asarray(x)[None]))[0])
        return bool(self._counts(self._container, [x])[0])

    def save(self, path):
        """Write the memory to one file: atomically, with checksums, without pickle.

        A crash leaves the old file or the new one. Raises TypeError, naming the item, for objects that have no plain form.
        """
        self._size(None)
        state = self.random_state
        if state is not None and not isinstance(state, numbers.Integral):
            warnings.warn(
                f"random_state is a {type(state).__name__}, which is not saved: it loads as None", stacklevel=2
            )
            state = None
        archive.write(path, self.memory_, self._container, {"random_state": None if state is None else int(state)})

    @classmethod
    def load(cls, path, *, mmap=False, verify=True):
        """A model from a file of :meth:`save`.

        Parameters
        ----------
        mmap : bool; True leaves an array memory in its file, so that it can be larger than RAM.
        verify : bool; False skips the comparison of checksums, which reads the whole file once (as a stream).

        Raises
        ------
        ValueError : for a file that is damaged, cut off, or not from :meth:`save`.
        """
        memory, container, extra = archive.read(path, mmap=mmap, verify=verify)
        model = cls(memory=memory.name, random_state=extra["random_state"])
        model.memory_, model._container, model._labelled = memory, container, bool(list(memory.labels))
        model._rng = generator(model.random_state)
        if container.kind == "array" and len(container.shape) == 1:
            model.n_features_in_ = container.shape[0]
        elif container.kind == "frame":
            model._name_columns(container.columns)
        return model

    def _read(self, X, y):
        container, values = unpack(X)
        if not len(values):
            raise ValueError(
                f"X must hold at least one example, got {_shape(X)}: 0 sample(s), while a minimum of 1 is required"
            )
        if y is None:
            return container, values, None
        labels = [label.item() if isinstance(label, np.generic) else label for label in unpack(y, name="y")[1]]
        if len(labels) != len(values):
            raise ValueError(
                f"y must have one label for each of the {len(values):,} examples of X, got {len(labels):,}"
            )
        for i, label in enumerate(labels):
            if label != label or label is None:
                raise ValueError(f"y must hold labels, got {label!r} at position {i}")
            if getattr(label, "__hash__", None) is None:
                raise TypeError(f"y must hold hashable labels, got a {type(label).__name__} at position {i}")
        return container, values, labels

    def _size(self, y):
        if not self.__sklearn_is_fitted__():
            raise NotFittedError("this MemGEN knows nothing by heart yet: call fit(X) first")
        if y is None:
            return self.memory_.size()
        if not self._labelled:
            raise ValueError(f"y must be None for a model fitted without labels, got {y!r}; use fit(X, y)")
        known = self.classes_
        if y not in known:
            shown = ", ".join(map(repr, known[:10])) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
            raise ValueError(f"y must be a label that was seen ({shown}), got {y!r}")
        return self.memory_.size(y)

    def _counts(self, container, values):
        mine = self._container
        if not len(values):
            return np.zeros(0, dtype=np.int64)
        if isinstance(values, np.ndarray) and mine.dtype is not None and mine.dtype.names is None:
            if values.shape[1:] != mine.shape:
                raise ValueError(f"X must have rows of shape {mine.shape}, got {values.shape[1:]}")
            values, same = _cast(values, mine.dtype)
            return np.where(same, self.memory_.count(values), 0)
        if (reason := container.agrees(mine)) is not None:
            raise ValueError(f"X is {reason}")
        return self.memory_.count(values)

    def _name_features(self, X):
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
        if self._container.kind == "frame":
            self._name_columns(self._container.columns)
        elif getattr(X, "ndim", 0) == 2:
            self.n_features_in_ = X.shape[1]

    def _name_columns(self, columns):
        self.n_features_in_ = len(columns)
        if all(isinstance(column, str) for column in columns):
            self.feature_names_in_ = np.array(columns, dtype=object)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "memory_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = True  # numbers are stored as they are, whatever they are: there is nothing to validate
        # One dimension is fine too, but scikit-learn's checks read that tag as "one dimension only".
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


def _count(n):
    if isinstance(n, bool) or not isinstance(n, numbers.Integral):
        raise TypeError(f"n must be an int, got {n!r}")
    if n < 0:
        raise ValueError(f"n must be 0 or more, got {n}")
    return int(n)


def _cast(values, dtype):
    """Values in another dtype, and which rows are equal in it."""
    if values.dtype == dtype:
        return values, np.ones(len(values), dtype=bool)
    if values.dtype.names or dtype.hasobject:
        return np.zeros((len(values), *values.shape[1:]), dtype=dtype), np.zeros(len(values), dtype=bool)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a cast that loses something is what is looked for
        try:
            cast = values.astype(dtype)
        except (TypeError, ValueError):
            return np.zeros(values.shape, dtype=dtype), np.zeros(len(values), dtype=bool)
        same = (cast == values) | ((cast != cast) & (values != values))
    return cast, np.broadcast_to(same, values.shape).reshape(len(values), -1).all(axis=1)


def _shape(X):
    return f"shape {X.shape}" if hasattr(X, "shape") else f"an empty {type(X).__name__}"
